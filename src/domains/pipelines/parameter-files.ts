import { invalid } from '#kernel/errors'
import {
  isMap,
  parseJsonValue,
  parseYaml,
  pythonText,
  type YamlMap,
  type YamlValue,
} from './yaml-value.ts'

/** Reads a parameters file by its extension. Errors: `invalid` names the file. */
export function parseParameters(text: string, file: string): YamlMap {
  const extension = file.slice(file.lastIndexOf('.') + 1).toLowerCase()
  if (extension === 'toml' || extension === 'py') {
    throw invalid(
      `${file}: parameters in ${extension === 'py' ? 'Python' : 'TOML'} are not read yet. Use YAML or JSON.`,
    )
  }
  const value = extension === 'json' ? parseJsonValue(text, file) : parseYaml(text, file)
  if (isMap(value)) return value
  throw invalid(`${file} must hold a map of parameters, not ${kindOf(value)}.`)
}

function kindOf(value: YamlValue): string {
  if (Array.isArray(value)) return 'a list'
  return isMap(value) ? 'a map' : `"${pythonText(value).slice(0, 50)}"`
}

/** The value under a dotted key; undefined: not there. A key with dots in it is found, too. */
export function valueAt(values: YamlMap, key: string): YamlValue | undefined {
  if (values.has(key)) return values.get(key)
  let value: YamlValue = values
  for (const part of key.split('.')) {
    const match = /^(.*?)\[(-?\d+)\]$/.exec(part)
    const member: YamlValue | undefined = isMap(value)
      ? value.get(match?.[1] ?? part)
      : Array.isArray(value) && /^-?\d+$/.test(part)
        ? value.at(Number(part))
        : undefined
    const next: YamlValue | undefined =
      match?.[2] !== undefined && Array.isArray(member) ? member.at(Number(match[2])) : member
    if (next === undefined) return undefined
    value = next
  }
  return value
}
