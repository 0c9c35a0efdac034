/**
 * Order of two values of one type, as DuckDB has it: negative, 0 or positive. NaN equals itself and
 * is above every number, -0 equals 0; texts are ordered by code point; false is below true.
 */
export function compareValues<T extends number | string | boolean>(left: T, right: T): number {
  if (left === right) return 0
  if (typeof left === 'string') return compareTexts(left, right as string)
  if (left < right) return -1
  if (left > right) return 1
  return Number(Number.isNaN(left)) - Number(Number.isNaN(right))
}

function compareTexts(left: string, right: string): number {
  const length = Math.min(left.length, right.length)
  for (let index = 0; index < length; index++) {
    const a = left.charCodeAt(index)
    const b = right.charCodeAt(index)
    if (a !== b) return rankOfUnit(a) - rankOfUnit(b)
  }
  return left.length - right.length
}

/** Puts surrogates above all other UTF-16 units, as the characters they stand for are. */
function rankOfUnit(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit
}
