import type { FunctionName, Value } from './ast.ts'
import { compareValues } from './order.ts'
import { lowerCase, upperCase } from './text-case.ts'

/** From here up, `exp` is infinite: its float32 soon would be. */
export const EXPONENT_LIMIT = 88.72283
const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000

/** A function of one value of its checked type, never null. */
type Unary = (value: Exclude<Value, null>) => Value

/**
 * The implementation of a function over several values.
 *
 * Null in, null out, but for `least` and `greatest`, which ignore nulls, and `coalesce`. `log` and
 * `exp` are rounded to float32, so that the last bits of different math libraries cannot show; `log`
 * of what is not positive and `sqrt` of a negative are null. Timestamps that are infinite give null.
 */
export function functionOf(name: FunctionName): (values: readonly Value[]) => Value {
  if (name === 'least') return (values) => extreme(values, -1)
  if (name === 'greatest') return (values) => extreme(values, 1)
  if (name === 'coalesce') return (values) => values.find((value) => value !== null) ?? null
  const unary = unaryOf(name)
  return ([value]) => (value === null || value === undefined ? null : unary(value))
}

function unaryOf(name: Exclude<FunctionName, 'least' | 'greatest' | 'coalesce'>): Unary {
  switch (name) {
    case 'hour':
      return onNumber((at) => calendar(at, () => Math.floor(floorModulo(at, DAY_MS) / HOUR_MS)))
    case 'weekday':
      // 1970-01-01 was a Thursday.
      return onNumber((at) => calendar(at, () => floorModulo(Math.floor(at / DAY_MS) + 4, 7)))
    case 'day':
      return onNumber((at) => calendar(at, (date) => date.getUTCDate()))
    case 'month':
      return onNumber((at) => calendar(at, (date) => date.getUTCMonth() + 1))
    case 'abs':
      return onNumber(Math.abs)
    case 'floor':
      return onNumber(Math.floor)
    case 'ceil':
      return onNumber(Math.ceil)
    case 'round':
      return onNumber(roundHalfAway)
    case 'log':
      return onNumber((x) => (x <= 0 ? null : Math.fround(Math.log(x))))
    case 'exp':
      return onNumber((x) => (x >= EXPONENT_LIMIT ? Infinity : Math.fround(Math.exp(x))))
    case 'sqrt':
      return onNumber((x) => (x < 0 ? null : Math.sqrt(x)))
    case 'length':
      return onText(countCharacters)
    case 'lower':
      return onText(lowerCase)
    case 'upper':
      return onText(upperCase)
  }
}

/** Index of the band of a value between ascending edges: 0 below the first, each edge in the upper. */
export function bandOf(value: number, edges: readonly number[]): number {
  const band = edges.findIndex((edge) => compareValues(value, edge) < 0)
  return band < 0 ? edges.length : band
}

function onNumber(implementation: (value: number) => number | null): Unary {
  return (value) => implementation(value as number)
}

function onText(implementation: (value: string) => Value): Unary {
  return (value) => implementation(value as string)
}

/** The largest (sign 1) or smallest (-1) value that is not null; the first of equal ones. */
function extreme(values: readonly Value[], sign: 1 | -1): Value {
  let best: Value = null
  for (const value of values) {
    if (value === null) continue
    if (best === null || sign * compareValues(value, best) > 0) best = value
  }
  return best
}

function calendar(at: number, read: (date: Date) => number): number | null {
  return Number.isFinite(at) ? read(new Date(Math.floor(at))) : null
}

function floorModulo(value: number, modulus: number): number {
  return ((value % modulus) + modulus) % modulus
}

function roundHalfAway(x: number): number {
  const whole = Math.trunc(x)
  return Math.abs(x - whole) >= 0.5 ? whole + Math.sign(x) : whole
}

/** Code points: a surrogate pair is one character. */
function countCharacters(text: string): number {
  let count = 0
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index)
    if (unit < 0xdc00 || unit > 0xdfff) count++
  }
  return count
}
