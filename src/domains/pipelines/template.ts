import { invalid } from '#kernel/errors'
import { isMap, pythonFloat, pythonText, type YamlMap, type YamlValue } from './yaml-value.ts'

/** `${…}`, shortest match, unless a backslash stands before it. */
const pattern = /(?<!\\)\$\{(.*?)\}/g

export function hasTemplate(value: YamlValue | undefined): boolean {
  return typeof value === 'string' && value.search(pattern) >= 0
}

/**
 * Fills in `${a.b[0]}` throughout a value, as DVC does: a text that is one template becomes the value
 * itself; inside a longer text only simple values fit, and under `cmd` a map becomes options.
 * Errors: `invalid` names `where`, the expression and what is wrong.
 */
export function fillTemplates(
  value: YamlValue,
  context: YamlMap,
  where: string,
  allowed: 'simple' | 'command' | 'any',
): YamlValue {
  if (isMap(value)) {
    return new Map(
      [...value].map(([key, item]) => [
        fillText(key, context, where, allowed) as string,
        fillTemplates(item, context, where, allowed),
      ]),
    )
  }
  if (Array.isArray(value)) {
    return value.map((item) => fillTemplates(item, context, where, allowed))
  }
  return typeof value === 'string' ? fillText(value, context, where, allowed) : value
}

function fillText(
  text: string,
  context: YamlMap,
  where: string,
  allowed: 'simple' | 'command' | 'any',
): YamlValue {
  const matches = [...text.matchAll(pattern)]
  const only = matches[0]
  if (matches.length === 1 && only?.[0] === text) {
    const value = select(context, only[1] ?? '', where)
    checkFits(value, only[0], where, allowed)
    return value
  }
  let filled = ''
  let at = 0
  for (const match of matches) {
    const value = select(context, match[1] ?? '', where)
    checkFits(value, match[0], where, allowed)
    filled += text.slice(at, match.index) + textOf(value, where)
    at = match.index + match[0].length
  }
  return (filled + text.slice(at)).replaceAll('\\${', '${')
}

function checkFits(
  value: YamlValue,
  expression: string,
  where: string,
  allowed: 'simple' | 'command' | 'any',
): void {
  if (allowed === 'any' || (!isMap(value) && !Array.isArray(value))) return
  if (allowed === 'command' && isMap(value)) return
  throw invalid(
    `${where}: ${expression} is a ${isMap(value) ? 'map' : 'list'}, and only a simple value fits there.`,
  )
}

/** The value that an expression such as `a.b[0]` names. */
function select(context: YamlMap, expression: string, where: string): YamlValue {
  if (!/^[^.[\]]+(?:\.[^.[\]]+|\[[^.[\]]+\])*$/.test(expression)) {
    throw invalid(`${where}: \${${expression}} is not a name such as a.b or a.list[0].`)
  }
  const path = expression.replaceAll('[', '.').replaceAll(']', '').split('.')
  let value: YamlValue = context
  for (const part of path.map((p) => p.trim())) {
    const next: YamlValue | undefined = memberOf(value, part)
    if (next === undefined) {
      throw invalid(
        `${where}: there is no "${expression}" in params.yaml or vars${nearby(context, path[0] ?? '')}.`,
      )
    }
    value = next
  }
  return value
}

function memberOf(value: YamlValue, part: string): YamlValue | undefined {
  if (isMap(value)) return value.get(part)
  if (!Array.isArray(value) || !/^-?\d+$/.test(part)) return undefined
  return value.at(Number(part))
}

function nearby(context: YamlMap, first: string): string {
  if (context.has(first)) return ''
  const known = [...context.keys()].slice(0, 20).join(', ')
  return known === '' ? '; nothing is defined there' : `; there are ${known}`
}

function textOf(value: YamlValue, where: string): string {
  return isMap(value) ? optionsOf(value, where) : pythonText(value)
}

/** A map as command-line options: `--a.b 1 --flag --list x y`. */
function optionsOf(map: YamlMap, where: string): string {
  return flatten(map)
    .flatMap(([key, value]): string[] => {
      if (typeof value === 'boolean') return value ? [`--${key}`] : []
      if (Array.isArray(value)) {
        return value.length === 0
          ? []
          : [`--${key}`, ...value.map((item) => itemOf(key, item, where))]
      }
      return [`--${key}`, quoteIfText(value)]
    })
    .join(' ')
}

function itemOf(key: string, item: YamlValue, where: string): string {
  if (!isMap(item) && !Array.isArray(item)) return quoteIfText(item)
  throw invalid(`${where}: "${key}" is a list of lists or maps, which cannot become options.`)
}

/** Here Python writes True and None itself. */
function quoteIfText(value: YamlValue): string {
  if (typeof value === 'string') return shellQuote(value)
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  return typeof value === 'number' ? pythonFloat(value) : pythonText(value)
}

function shellQuote(text: string): string {
  if (text !== '' && /^[\w@%+=:,./-]+$/.test(text)) return text
  return `'${text.replaceAll("'", `'"'"'`)}'`
}

function flatten(map: YamlMap, prefix = ''): [string, YamlValue][] {
  return [...map].flatMap(([key, value]): [string, YamlValue][] =>
    isMap(value) ? flatten(value, `${prefix}${key}.`) : [[`${prefix}${key}`, value]],
  )
}
