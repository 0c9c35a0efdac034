import { scalarStyle } from './yaml-scalar.ts'
import { isMap, pythonFloat, type YamlMap, type YamlValue } from './yaml-value.ts'

/* Writes YAML byte for byte as DVC does: block style, two spaces, folded at 80 columns. */

const width = 80
const escapes: Readonly<Record<string, string>> = {
  '\0': '0',
  '\u0007': 'a',
  '\b': 'b',
  '\t': 't',
  '\n': 'n',
  '\v': 'v',
  '\f': 'f',
  '\r': 'r',
  '\u001b': 'e',
  '"': '"',
  '\\': '\\',
  '\u0085': 'N',
  '\u00a0': '_',
  '\u2028': 'L',
  '\u2029': 'P',
}

/** A map as a YAML document. */
export function writeYaml(value: YamlMap): string {
  const writer = new Writer()
  if (value.size === 0) writer.write('{}')
  else writeMap(writer, value, 0, true)
  return `${writer.text}\n`
}

class Writer {
  text = ''
  column = 0

  write(part: string): void {
    this.text += part
    this.column += [...part].length
  }

  newLine(indent: number): void {
    if (this.text !== '') this.text += '\n'
    this.text += ' '.repeat(indent)
    this.column = indent
  }
}

function writeMap(writer: Writer, map: YamlMap, indent: number, onNewLine: boolean): void {
  let first = true
  for (const [key, value] of map) {
    if (!first || onNewLine) writer.newLine(indent)
    first = false
    if (isSimpleKey(key)) {
      writeText(writer, key, indent, true)
      writer.write(':')
    } else {
      writer.write('? ')
      writeText(writer, key, indent + 2, false)
      writer.newLine(indent)
      writer.write(':')
    }
    writeMember(writer, value, indent)
  }
}

function isSimpleKey(key: string): boolean {
  return [...key].length + '!!str'.length < 128 && !/[\n\u0085\u2028\u2029]/.test(key)
}

/** What comes after `key:`. A list under a key stands at the key's own column. */
function writeMember(writer: Writer, value: YamlValue, indent: number): void {
  if (isMap(value) && value.size > 0) return writeMap(writer, value, indent + 2, true)
  if (Array.isArray(value) && value.length > 0) return writeList(writer, value, indent, true)
  if (value === null) return
  writer.write(' ')
  writeLeaf(writer, value, indent + 2)
}

function writeList(
  writer: Writer,
  items: readonly YamlValue[],
  indent: number,
  onNewLine: boolean,
): void {
  items.forEach((item, index) => {
    if (index > 0 || onNewLine) writer.newLine(indent)
    writer.write('- ')
    if (item === null) return
    if (isMap(item) && item.size > 0) writeMap(writer, item, indent + 2, false)
    else if (Array.isArray(item) && item.length > 0) writeList(writer, item, indent + 2, false)
    else writeLeaf(writer, item, indent + 2)
  })
}

function writeLeaf(writer: Writer, value: YamlValue, indent: number): void {
  if (isMap(value)) writer.write('{}')
  else if (Array.isArray(value)) writer.write('[]')
  else if (typeof value === 'string') writeText(writer, value, indent, false)
  else writePlain(writer, plainText(value), indent, false)
}

function plainText(value: null | boolean | bigint | number): string {
  if (typeof value !== 'number') return String(value)
  if (Number.isNaN(value)) return '.nan'
  if (!Number.isFinite(value)) return value > 0 ? '.inf' : '-.inf'
  return pythonFloat(value)
}

function writeText(writer: Writer, text: string, indent: number, isKey: boolean): void {
  const style = scalarStyle(text, isKey)
  if (style === 'plain') writePlain(writer, text, indent, isKey)
  else if (style === 'single') writeSingle(writer, text, indent, isKey)
  else writeDouble(writer, text, indent, isKey)
}

/** Words go to the next line when they would end past the width; the space before them stays. */
function writePlain(writer: Writer, text: string, indent: number, isKey: boolean): void {
  for (const part of text.match(/ +|[^ ]+/g) ?? []) {
    const length = [...part].length
    if (part[0] !== ' ') {
      if (length + writer.column > width && writer.column > indent) writer.newLine(indent)
      writer.write(part)
    } else if (length === 1 && writer.column >= width && !isKey) writer.newLine(indent)
    else writer.write(part)
  }
}

/** A single space past the width becomes a line break. Never has line breaks of its own. */
function writeSingle(writer: Writer, text: string, indent: number, isKey: boolean): void {
  writer.write("'")
  let at = 0
  for (const part of text.match(/ +|[^ ]+/g) ?? []) {
    const inside = at > 0 && at + part.length < text.length
    at += part.length
    if (part === ' ' && writer.column > width && inside && !isKey) writer.newLine(indent)
    else writer.write(part)
  }
  writer.write("'")
}

function writeDouble(writer: Writer, text: string, indent: number, isKey: boolean): void {
  writer.write('"')
  const characters = [...text]
  let start = 0
  for (let end = 0; end <= characters.length; end++) {
    const c = characters[end]
    if (c === undefined || needsEscape(c)) {
      if (start < end) writer.write(characters.slice(start, end).join(''))
      start = Math.max(start, end)
      if (c !== undefined) {
        writer.write(escapeOf(c))
        start = end + 1
      }
    }
    const splits =
      end > 0 &&
      end < characters.length - 1 &&
      (c === ' ' || start >= end) &&
      writer.column + (end - start) > width &&
      !isKey
    if (splits) start = splitDouble(writer, characters, start, end, indent)
  }
  writer.write('"')
}

/** Breaks the line inside a double-quoted text and gives where the rest begins. */
function splitDouble(
  writer: Writer,
  characters: readonly string[],
  start: number,
  end: number,
  indent: number,
): number {
  const keepsSpace = needsBackslash(characters, start, end)
  writer.write(characters.slice(start, end).join('') + (keepsSpace ? '\\' : ''))
  let rest = Math.max(start, end)
  writer.newLine(indent)
  if (characters[rest] === ' ') {
    if (!keepsSpace) rest++
    else writer.write('\\')
  }
  return rest
}

/** Whether the break must be escaped, lest reading it adds a space. */
function needsBackslash(characters: readonly string[], start: number, end: number): boolean {
  const space = characters.indexOf(' ', end)
  if (space < 0) return true
  const newLine = characters.slice(end, space).indexOf('\n')
  const stop = newLine < 0 ? space : end + newLine
  const after = characters[stop + 1]
  if (after === undefined) return true
  if (characters[stop] === '\n' && after !== ' ') return true
  const between = characters.slice(end, stop)
  const foldable =
    !between.includes('"') &&
    !between.includes("'") &&
    after !== ' ' &&
    after !== '\n' &&
    !(characters[end - 1] === ' ' && characters[end] === ' ') &&
    start !== end
  return !foldable
}

function needsEscape(c: string): boolean {
  if ('"\\\u0085\u2028\u2029\ufeff'.includes(c)) return true
  if (c >= ' ' && c <= '~') return false
  const code = c.codePointAt(0) ?? 0
  const shown =
    (code >= 0xa0 && code <= 0xd7ff) || (code >= 0xe000 && code <= 0xfffd) || code >= 0x10000
  return !shown
}

function escapeOf(c: string): string {
  const short = escapes[c]
  if (short !== undefined) return `\\${short}`
  const code = c.codePointAt(0) ?? 0
  const hex = code.toString(16).toUpperCase()
  if (code <= 0xff) return `\\x${hex.padStart(2, '0')}`
  return code <= 0xffff ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`
}
