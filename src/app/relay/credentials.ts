import { scryptSync } from 'node:crypto'

/**
 * Credentials of clients, in memory only. The journal knows them by a salted, slow fingerprint:
 * after a restart an entry waits until its client, or the relay's own configuration, brings the
 * same credential again. Nobody's entry ever travels under another name.
 */
export class Credentials {
  readonly #salt: string
  readonly #own: string | undefined
  readonly #byFingerprint = new Map<string, string>()
  readonly #fingerprints = new Map<string, string>()
  #onNew: () => void = () => undefined

  /** `own` is the `Authorization` for clients that send none. */
  constructor(salt: string, own: string | undefined) {
    this.#salt = salt
    this.#own = own
    if (own !== undefined) this.fingerprint(own)
  }

  /** The name of a credential, which is remembered; empty for none. */
  fingerprint(header: string | undefined): string {
    if (header === undefined || header === '') return ''
    const known = this.#fingerprints.get(header)
    if (known !== undefined) return known
    const made = scryptSync(header, this.#salt, 24).toString('base64url')
    this.#fingerprints.set(header, made)
    this.#byFingerprint.set(made, header)
    this.#onNew()
    return made
  }

  /** Calls back when one comes that was not known. */
  onNew(listener: () => void): void {
    this.#onNew = listener
  }

  /** Whether requests with this fingerprint can be sent. */
  has(fingerprint: string): boolean {
    return fingerprint === '' || this.#byFingerprint.has(fingerprint)
  }

  /** The `Authorization` header for a fingerprint. */
  header(fingerprint: string): string | undefined {
    return fingerprint === '' ? this.#own : this.#byFingerprint.get(fingerprint)
  }
}

/** What the environment says, by the names that MLflow's and Gyre's own clients use. */
export function ownCredential(
  environment: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const { GYRE_TOKEN: gyre, MLFLOW_TRACKING_TOKEN: token } = environment
  const { MLFLOW_TRACKING_USERNAME: user, MLFLOW_TRACKING_PASSWORD: password } = environment
  if (user && password) return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
  if (token) return `Bearer ${token}`
  return gyre ? `Bearer ${gyre}` : undefined
}
