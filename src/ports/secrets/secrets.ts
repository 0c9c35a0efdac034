/**
 * Seals what must be kept but not read by whoever sees the tables: a webhook's signing key, the key
 * of a model provider. What is sealed is text that a column can hold.
 *
 * - `seal` of the same text gives another result each time.
 * - `open` gives the text back only for the `purpose` that it was sealed for, so that a sealed text
 *   copied into another row opens nothing. Name the row: `webhook:<id>`.
 * - Sealing and opening wait for no one. The plain text belongs in no log, record or error.
 * - Errors: `unavailable` when the key of this installation is not the one that sealed it, or the
 *   text was changed. Both say which.
 */
export interface Secrets {
  seal(plain: string, purpose: string): string
  open(sealed: string, purpose: string): string
}
