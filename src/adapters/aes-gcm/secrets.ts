import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'
import { GyreError } from '#kernel/errors'
import type { Secrets } from '#ports/secrets/secrets'

const scheme = 'g1'
const nonceBytes = 12
const tagBytes = 16

/**
 * Secrets by AES-256-GCM with a random nonce each and the purpose as authenticated data. The first
 * key seals; all of them open, so that a key can be replaced. A sealed text is
 * `g1.<key id>.<base64url of nonce, ciphertext, tag>`; the id is of the key's digest and tells
 * nothing of it. `keys` is asked for when it is first needed; each is 32 bytes.
 */
export function createSecrets(keys: () => readonly Uint8Array[]): Secrets {
  let known: ReadonlyMap<string, Uint8Array> | undefined
  const byId = () => (known ??= new Map(keys().map((key) => [idOf(key), key])))
  return {
    seal(plain, purpose) {
      const [[id, key] = [], ...rest] = byId()
      if (id === undefined || key === undefined) throw new Error(`no key among ${rest.length}`)
      const nonce = randomBytes(nonceBytes)
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(purpose))
      // UTF-16 code units: any text comes back, also one that is no valid Unicode.
      const body = [cipher.update(Buffer.from(plain, 'utf16le')), cipher.final()]
      const parts = Buffer.concat([nonce, ...body, cipher.getAuthTag()])
      return `${scheme}.${id}.${parts.toString('base64url')}`
    },
    open(sealed, purpose) {
      const [form, id = '', text = '', ...more] = sealed.split('.')
      const bytes = Buffer.from(text, 'base64url')
      const whole = bytes.toString('base64url') === text && bytes.length >= nonceBytes + tagBytes
      if (form !== scheme || more.length > 0 || !whole) throw damaged()
      const key = byId().get(id)
      if (key === undefined) throw otherKey(id)
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, nonceBytes))
      decipher.setAAD(Buffer.from(purpose)).setAuthTag(bytes.subarray(-tagBytes))
      const content = decipher.update(bytes.subarray(nonceBytes, -tagBytes))
      try {
        return Buffer.concat([content, decipher.final()]).toString('utf16le')
      } catch (thrown) {
        throw damaged(thrown)
      }
    },
  }
}

function idOf(key: Uint8Array): string {
  return createHash('sha256').update('gyre key id').update(key).digest('hex').slice(0, 8)
}

function otherKey(id: string): GyreError {
  return new GyreError({
    code: 'unavailable',
    public:
      `A secret was sealed with the key ${id.slice(0, 8)}, which this server does not have. Give it the ` +
      'installation\'s "secrets.key", or name the key in GYRE_SECRETS_KEY.',
    retryable: false,
  })
}

function damaged(cause?: unknown): GyreError {
  return new GyreError({
    code: 'unavailable',
    public: 'A stored secret was changed or belongs to something else. Set it again.',
    retryable: false,
    ...(cause === undefined ? {} : { cause }),
  })
}
