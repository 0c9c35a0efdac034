import { GyreError, invalid } from '#kernel/errors'
import { parseParameters } from './parameter-files.ts'
import { normalise, type ReadText } from './stage.ts'
import { isMap, type YamlMap, type YamlValue } from './yaml-value.ts'

export const defaultParameterFile = 'params.yaml'

/** What templates may name, and which files it came from (null: the whole file). */
export interface TemplateContext {
  values: YamlMap
  imports: Map<string, string[] | null>
}

/** params.yaml, if it is there, and then `vars`: files, parts of files and maps. */
export async function baseContext(
  read: ReadText,
  vars: readonly YamlValue[],
  file: string,
): Promise<TemplateContext> {
  const empty: TemplateContext = { values: new Map(), imports: new Map() }
  const hasDefault = (await read(defaultParameterFile)) !== undefined
  const items = hasDefault ? [defaultParameterFile, ...vars] : vars
  return withVars(empty, read, items, '', `${file}: vars`)
}

/** A copy with more vars. Nothing may be overwritten. Errors: `invalid` names `where`. */
export async function withVars(
  context: TemplateContext,
  read: ReadText,
  vars: readonly YamlValue[],
  directory: string,
  where: string,
): Promise<TemplateContext> {
  let { values } = context
  const imports = new Map(context.imports)
  for (const item of vars) {
    if (isMap(item)) values = merge(values, item, where)
    else if (typeof item === 'string') {
      const added = await importFile(imports, read, item, directory, where)
      values = merge(values, added, where)
    } else throw invalid(`${where} must hold file names and maps.`)
  }
  return { values, imports }
}

async function importFile(
  imports: Map<string, string[] | null>,
  read: ReadText,
  item: string,
  directory: string,
  where: string,
): Promise<YamlMap> {
  const [name = '', keyList = ''] = item.split(/:(.*)/s)
  const path = normalise(`${directory}/${name}`)
  const keys = keyList.split(',').filter((key) => key !== '')
  const known = imports.get(path)
  if (known === null && keys.length === 0) return new Map()
  if (
    known !== undefined &&
    (known === null || keys.length === 0 || keys.some((k) => known.includes(k)))
  ) {
    throw invalid(`${where}: "${item}" is loaded already, in full or in part.`)
  }
  const text = await read(path)
  if (text === undefined) throw invalid(`${where}: the file ${path} does not exist.`)
  const all = parseParameters(text, path)
  imports.set(path, keys.length === 0 ? null : [...(known ?? []), ...keys])
  if (keys.length === 0) return all
  return new Map(
    keys.map((key) => {
      const value = all.get(key)
      if (value === undefined) throw invalid(`${where}: there is no "${key}" in ${path}.`)
      return [key, value]
    }),
  )
}

function merge(into: YamlMap, update: YamlMap, where: string): YamlMap {
  const merged = new Map(into)
  for (const [key, value] of update) {
    const present = merged.get(key)
    if (present === undefined) merged.set(key, value)
    else if (isMap(present) && isMap(value)) merged.set(key, merge(present, value, where))
    else {
      throw new GyreError({
        code: 'invalid',
        public: `${where}: "${key}" is defined already. Rename one of the two.`,
      })
    }
  }
  return merged
}
