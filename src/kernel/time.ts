import { invalid } from './errors.ts'

/** Milliseconds since 1970-01-01T00:00:00Z. All instants in Gyre are UTC. */
export type Millis = number

const units: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
}

/** Reads a duration such as `90s`, `12h`, `28d`, `2w` into milliseconds. */
export function parseDuration(text: string): Millis {
  const match = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h|d|w)$/.exec(text.trim())
  const unit = match?.[2] === undefined ? undefined : units[match[2]]
  if (match?.[1] === undefined || unit === undefined) {
    throw invalid(`"${text}" is not a duration. Write a number and one of ms, s, m, h, d, w: 28d.`)
  }
  return Number(match[1]) * unit
}

/** Reads an ISO 8601 instant; a text without a zone is UTC. */
export function parseInstant(text: string): Millis {
  const zoned = /(z|[+-]\d\d:?\d\d)$/i.test(text) || !text.includes(':') ? text : `${text}Z`
  const at = Date.parse(zoned.replace(' ', 'T'))
  if (Number.isNaN(at)) throw invalid(`"${text}" is not a time. Write it as 2001-06-30T12:00:00Z.`)
  return at
}

/** Writes an instant as ISO 8601 in UTC, without milliseconds when they are zero. */
export function formatInstant(at: Millis): string {
  return new Date(at).toISOString().replace('.000Z', 'Z')
}
