export interface Notice {
  url: string
  headers: Readonly<Record<string, string>>
  body: string
  signal?: AbortSignal
}

export interface NoticeAnswer {
  /** The HTTP status, whatever it is. */
  status: number
  /** The beginning of what was answered, as text. */
  body: string
  /** How long the receiver asks to be left alone. */
  retryAfterMs: number | undefined
}

/**
 * Tells somebody outside of something, by an HTTP POST.
 *
 * - `check` refuses an address that is never told, with `invalid` that says why: a scheme that is
 *   not allowed, no host, a host that is private as it stands. It asks no name server.
 * - `send` connects to public addresses only, unless the installation allows others: it looks at the
 *   very address that it connects to, so that a name which means another host a moment later gains
 *   nothing. It follows no redirect, and reads only the beginning of an answer.
 * - Any status is an answer. `send` throws `refused` for an address that is not told, and
 *   `unavailable` when nobody answers in time.
 */
export interface Notify {
  /** How often a notice is sent at most before it is given up. */
  readonly attempts: number
  check(url: string): void
  send(notice: Notice): Promise<NoticeAnswer>
}
