/** Letters whose other case Unicode 16 and 17 added: they stay as they are. */
const RECENT =
  /[\u019b\u0264\u1c89\u1c8a\ua7cb-\ua7cf\ua7d2-\ua7d5\ua7da-\ua7dc\u{10d50}-\u{10d85}\u{16ea0}-\u{16ed3}]/u
const ASCII = /^[\0-\x7f]*$/

/**
 * Lower case character by character, as DuckDB's `lower`: the simple case mapping of Unicode 15.1.
 * Independent of the language, of neighbours and of the Unicode version of the JavaScript engine.
 */
export function lowerCase(text: string): string {
  if (ASCII.test(text)) return text.toLowerCase()
  return mapCharacters(text, (character) => {
    if (character === 'İ') return 'i'
    return character.toLowerCase()
  })
}

/** Upper case character by character, as DuckDB's `upper`; see `lowerCase`. */
export function upperCase(text: string): string {
  if (ASCII.test(text)) return text.toUpperCase()
  return mapCharacters(text, (character) => simpleUpper(character) ?? character.toUpperCase())
}

function mapCharacters(text: string, map: (character: string) => string): string {
  let mapped = ''
  for (const character of text) {
    const other = RECENT.test(character) ? character : map(character)
    mapped += isOneCharacter(other) ? other : character
  }
  return mapped
}

/** Simple mappings of letters whose full mapping is several characters. */
function simpleUpper(character: string): string | undefined {
  const point = character.codePointAt(0)!
  if (character === 'ß') return 'ẞ'
  // Greek letters with an iota below: to those with an iota beside.
  if (point >= 0x1f80 && point <= 0x1faf && (point & 8) === 0)
    return String.fromCodePoint(point + 8)
  if (point === 0x1fb3 || point === 0x1fc3 || point === 0x1ff3) {
    return String.fromCodePoint(point + 9)
  }
  return undefined
}

function isOneCharacter(text: string): boolean {
  return text.length === 1 || (text.length === 2 && text.codePointAt(0)! > 0xffff)
}
