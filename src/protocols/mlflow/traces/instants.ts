import { type Field, invalidValue } from '../fields.ts'

const instantForm = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/

/** A `google.protobuf.Timestamp` as milliseconds; more digits are cut off. */
export const instant: Field<number, false> = {
  required: false,
  inQuery: 'text',
  read(value, path) {
    const at = typeof value === 'string' && instantForm.test(value) ? Date.parse(value) : NaN
    if (Number.isNaN(at))
      throw invalidValue(path, value, ' It is no time such as 2026-11-28T16:00:00Z.')
    return at
  },
}

/** A `google.protobuf.Duration`, as milliseconds. */
export const duration: Field<number, false> = {
  required: false,
  inQuery: 'text',
  read(value, path) {
    const seconds =
      typeof value === 'string' ? /^(-?\d{1,12}(?:\.\d{1,9})?)s$/.exec(value)?.[1] : undefined
    if (seconds === undefined) throw invalidValue(path, value, ' It is no duration such as 1.5s.')
    return Math.round(Number(seconds) * 1000)
  },
}

/** As protocol buffers write it: no fraction, or three digits of it. */
export function instantText(at: number): string {
  return new Date(at).toISOString().replace('.000Z', 'Z')
}

export function durationText(ms: number): string {
  return ms % 1000 === 0 ? `${ms / 1000}s` : `${(ms / 1000).toFixed(3)}s`
}
