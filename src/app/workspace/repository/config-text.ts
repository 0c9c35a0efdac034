import { invalid } from '#kernel/errors'

/** Sections of an INI file by name, values by key in lower case. */
export type ConfigSections = Map<string, Map<string, string>>

/**
 * Reads `.dvc/config`: sections in brackets, `key = value`, `#` for comments, quotes around what
 * holds one. `['remote "name"']` is the section `remote "name"`. Errors: `invalid` names the line.
 */
export function parseConfigText(text: string, file: string): ConfigSections {
  const sections: ConfigSections = new Map()
  let current = new Map<string, string>()
  text.split(/\r?\n/).forEach((raw, index) => {
    const line = raw.trim()
    if (line === '' || line.startsWith('#')) return
    if (line.startsWith('[')) {
      const name = sectionName(line)
      if (name === undefined) throw badLine(file, index, raw)
      current = sections.get(name) ?? new Map<string, string>()
      sections.set(name, current)
      return
    }
    const equals = line.indexOf('=')
    if (equals < 1) throw badLine(file, index, raw)
    current.set(
      unquote(line.slice(0, equals).trim()).toLowerCase(),
      valueOf(line.slice(equals + 1)),
    )
  })
  return sections
}

function sectionName(line: string): string | undefined {
  const inner = /^\[(.*)\]\s*(?:#.*)?$/.exec(line)?.[1]
  return inner === undefined ? undefined : unquote(inner.trim())
}

function valueOf(text: string): string {
  const value = text.trim()
  const quoted = /^(?:"([^"]*)"|'([^']*)')\s*(?:#.*)?$/.exec(value)
  if (quoted !== null) return quoted[1] ?? quoted[2] ?? ''
  return value.replace(/\s+#.*$/, '').replace(/^#.*$/, '')
}

function unquote(text: string): string {
  const quoted = /^(?:"(.*)"|'(.*)')$/.exec(text)
  return quoted === null ? text : (quoted[1] ?? quoted[2] ?? '')
}

function badLine(file: string, index: number, line: string) {
  return invalid(
    `${file}, line ${index + 1}: ${JSON.stringify(line.slice(0, 100))} is neither a section nor "key = value".`,
  )
}
