import { GyreError } from '#kernel/errors'

export interface ScanLimit {
  /** How long one statement of a scan may take. */
  timeoutMs: number
}

export const usualScanLimit: ScanLimit = { timeoutMs: 30_000 }

/** What a scan says that took too long. Asking again would not help, so clients must not do so. */
export function tookTooLong(sql: string, cause?: unknown): GyreError {
  return new GyreError({
    code: 'too_large',
    public:
      'Reading took too long and was given up. ' +
      'Ask for less: a narrower filter, fewer experiments, or another order.',
    internal: `Given up: ${sql}`,
    ...(cause === undefined ? {} : { cause }),
  })
}
