import { randomBytes, scryptSync } from 'node:crypto'
import { link, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { GyreError, invalid } from '#kernel/errors'

/** What a data directory calls the key that its secrets are sealed with. */
export const keyFileName = 'secrets.key'

const keyBytes = 32

/**
 * The keys of an installation, to be derived when needed: those named, else the one of the data
 * directory, which is made with mode 0600 when it is not there.
 *
 * `named` holds keys separated by commas, the one that seals first. A key is 32 bytes in hexadecimal
 * or base64; anything else of at least 12 characters is a passphrase and goes through scrypt (N =
 * 2^15, r = 8). Errors: `invalid` for a short passphrase, `unavailable` for a key file that cannot
 * be read.
 */
export async function installationKeys(
  directory: string,
  named: string | undefined,
): Promise<() => Uint8Array[]> {
  const texts = (named ?? '').split(',').filter((text) => text !== '')
  if (texts.length > 0) {
    for (const text of texts) checkLength(text)
    return () => texts.map(keyOf)
  }
  const key = await keyFile(join(directory, keyFileName))
  return () => [key]
}

function checkLength(text: string): void {
  if (text.length >= 12) return
  throw invalid(
    'GYRE_SECRETS_KEY is too short to protect anything. Give 32 random bytes as base64: `openssl rand -base64 32`.',
  )
}

function keyOf(text: string): Uint8Array {
  if (/^[0-9a-f]{64}$/i.test(text)) return Buffer.from(text, 'hex')
  if (/^[A-Za-z0-9+/_-]{43}=?$/.test(text)) return Buffer.from(text, 'base64')
  // The same passphrase must give the same key in every process, so its salt is ours and fixed.
  return scryptSync(text, 'gyre installation key', keyBytes, { N: 2 ** 15, maxmem: 2 ** 26 })
}

async function keyFile(path: string): Promise<Uint8Array> {
  return (await readKey(path)) ?? makeKey(path)
}

async function readKey(path: string): Promise<Uint8Array | undefined> {
  const text = await readFile(path, 'utf8').catch((thrown: NodeJS.ErrnoException) => {
    if (thrown.code === 'ENOENT') return undefined
    throw unreadable(path, thrown)
  })
  if (text === undefined) return undefined
  const key = Buffer.from(text.trim(), 'base64')
  if (key.length === keyBytes) return key
  throw unreadable(path, new Error(`${key.length} bytes`))
}

/** Two processes may start at once in one directory: the first whole file stays. */
async function makeKey(path: string): Promise<Uint8Array> {
  const draft = `${path}.${randomBytes(6).toString('hex')}`
  try {
    const text = `${randomBytes(keyBytes).toString('base64')}\n`
    await writeFile(draft, text, { mode: 0o600, flag: 'wx', flush: true })
    await link(draft, path).catch((thrown: NodeJS.ErrnoException) => {
      if (thrown.code !== 'EEXIST') throw thrown
    })
  } catch (thrown) {
    throw unreadable(path, thrown as Error)
  } finally {
    await rm(draft, { force: true })
  }
  const key = await readKey(path)
  if (key !== undefined) return key
  throw unreadable(path, new Error('it vanished'))
}

function unreadable(path: string, cause: Error): GyreError {
  return new GyreError({
    code: 'unavailable',
    public:
      `The key of this installation, ${path}, cannot be used: ${cause.message}. Without it what was sealed ` +
      'cannot be opened: restore it from a backup. Nothing was changed.',
    cause,
    retryable: false,
  })
}
