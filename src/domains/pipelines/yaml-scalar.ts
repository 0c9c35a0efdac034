/* How the library that DVC writes dvc.lock with (ruamel.yaml, YAML 1.2) chooses a scalar's style. */

/** Plain texts that would be read back as something else. */
const implicit = [
  /^(?:true|True|TRUE|false|False|FALSE)$/,
  /^(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+]?[0-9]+)?|[-+]?[0-9][0-9_]*[eE][-+]?[0-9]+|[-+]?\.[0-9_]+(?:[eE][-+][0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/,
  /^(?:[-+]?0b[01_]+|[-+]?0o?[0-7_]+|[-+]?[0-9_]+|[-+]?0x[0-9a-fA-F_]+)$/,
  /^(?:<<|=|~|null|Null|NULL|!|&|\*)$/,
  /^[0-9]{4}-[0-9]{2}-[0-9]{2}$/,
  /^[0-9]{4}-[0-9][0-9]?-[0-9][0-9]?(?:[Tt]|[ \t]+)[0-9][0-9]?:[0-9]{2}:[0-9]{2}(?:\.[0-9]*)?(?:[ \t]*(?:Z|[-+][0-9][0-9]?(?::[0-9]{2})?))?$/,
]

/** Only these first characters make the writer look for an implicit meaning at all. */
const implicitStart = /^[tTfF+\-0-9.<=~nN!&*]/

export type ScalarStyle = 'plain' | 'single' | 'double'

const breaks = '\n\u0085\u2028\u2029'
const blanks = `\0 \t\r${breaks}`

export function scalarStyle(text: string, isKey: boolean): ScalarStyle {
  if (text === '') return 'single'
  const looks = analyse(text)
  const readsAsText = !implicitStart.test(text) || !implicit.some((pattern) => pattern.test(text))
  if (readsAsText && looks.plain && !(isKey && looks.multiline)) return 'plain'
  if (text.includes("'") || text.includes('\n')) return 'double'
  return looks.single && !(isKey && looks.multiline) ? 'single' : 'double'
}

function analyse(text: string): { plain: boolean; single: boolean; multiline: boolean } {
  const characters = [...text]
  const special = characters.some(isSpecial)
  const multiline = characters.some((c) => breaks.includes(c))
  const spaceBreak = / [\n\u0085\u2028\u2029]/.test(text)
  const breakSpace = /[\n\u0085\u2028\u2029] /.test(text)
  const edges = /^[ \n\u0085\u2028\u2029]|[ \n\u0085\u2028\u2029]$/.test(text)
  const single = !special && !spaceBreak && !breakSpace
  return { plain: single && !edges && !multiline && !hasIndicator(characters), single, multiline }
}

function isSpecial(c: string): boolean {
  if (c === '\n' || (c >= ' ' && c <= '~') || c === '\u0085') return false
  const code = c.codePointAt(0) ?? 0
  if (code === 0xfeff) return true
  const printable =
    (code >= 0xa0 && code <= 0xd7ff) || (code >= 0xe000 && code <= 0xfffd) || code >= 0x10000
  return !printable
}

/** Whether a block plain scalar would be read as syntax. */
function hasIndicator(characters: readonly string[]): boolean {
  const text = characters.join('')
  if (text.startsWith('---') || text.startsWith('...')) return true
  const blankAt = (index: number) =>
    index >= characters.length || blanks.includes(characters[index] ?? '')
  return characters.some((c, index) => {
    if (index === 0) {
      return '#,[]{}&*!|>\'"%@`'.includes(c) || ('?:-'.includes(c) && blankAt(1))
    }
    if (c === ':') return blankAt(index + 1)
    return c === '#' && blankAt(index - 1)
  })
}
