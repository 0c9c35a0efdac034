import { invalid } from '#kernel/errors'
import { checkKeys, parseDvcYaml, type PipelineFile } from './dvc-yaml.ts'
import { linkStages } from './stage-graph.ts'
import {
  normalise,
  type ParameterFile,
  type ReadText,
  type Stage,
  type StageOutput,
} from './stage.ts'
import { fillTemplates, hasTemplate } from './template.ts'
import {
  baseContext,
  defaultParameterFile,
  type TemplateContext,
  withVars,
} from './template-context.ts'
import { isMap, pythonText, type YamlMap, type YamlValue } from './yaml-value.ts'

/**
 * Reads a dvc.yaml and everything that its templates need, and gives its stages expanded, linked and
 * in an order in which they could run. Errors: `invalid` with file, stage and what is wrong; a cycle
 * or an output that two stages make.
 */
export async function resolveStages(read: ReadText, file: string): Promise<Stage[]> {
  const text = await read(file)
  if (text === undefined) throw invalid(`There is no ${file} here. Write one, or change directory.`)
  const pipeline = parseDvcYaml(text, file)
  const context = await baseContext(read, pipeline.vars, file)
  const stages: Stage[] = []
  for (const [name, definition] of pipeline.stages) {
    for (const expanded of expand(name, definition, context, pipeline)) {
      stages.push(await resolveStage(read, expanded, pipeline))
    }
  }
  return linkStages(stages, file)
}

interface Expanded {
  name: string
  definition: YamlMap
  context: TemplateContext
}

function expand(
  name: string,
  definition: YamlMap,
  context: TemplateContext,
  { file }: PipelineFile,
): Expanded[] {
  const where = `${file}: stage "${name}"`
  if (definition.has('foreach')) return expandForeach(name, definition, context, where)
  const matrix = definition.get('matrix')
  if (matrix === undefined) return [{ name, definition, context }]
  return expandMatrix(name, definition, matrix, context, where)
}

function expandForeach(
  name: string,
  definition: YamlMap,
  context: TemplateContext,
  where: string,
): Expanded[] {
  const data = fillTemplates(definition.get('foreach') ?? null, context.values, where, 'any')
  const body = definition.get('do') as YamlMap
  const entries = foreachEntries(data, where)
  return entries.map(([key, item]) => {
    const extra = new Map<string, YamlValue>([['item', item]])
    if (isMap(data)) extra.set('key', key)
    return { name: `${name}@${key}`, definition: body, context: shadow(context, extra) }
  })
}

function foreachEntries(data: YamlValue, where: string): [string, YamlValue][] {
  if (isMap(data)) return [...data]
  if (!Array.isArray(data)) throw invalid(`${where}: foreach needs a list or a map.`)
  const composite = data.some((item) => isMap(item) || Array.isArray(item))
  return data.map((item, index) => [composite ? String(index) : pythonText(item), item])
}

function expandMatrix(
  name: string,
  definition: YamlMap,
  matrix: YamlValue,
  context: TemplateContext,
  where: string,
): Expanded[] {
  const axes = fillTemplates(matrix, context.values, where, 'any')
  if (!isMap(axes)) throw invalid(`${where}: matrix must be a map from names to lists.`)
  const body = new Map(definition)
  body.delete('matrix')
  let combinations: { key: string[]; item: YamlMap }[] = [{ key: [], item: new Map() }]
  for (const [axis, values] of axes) {
    if (!Array.isArray(values)) throw invalid(`${where}: matrix.${axis} must be a list.`)
    combinations = combinations.flatMap(({ key, item }) =>
      values.map((value, index) => ({
        key: [...key, isMap(value) || Array.isArray(value) ? `${axis}${index}` : pythonText(value)],
        item: new Map(item).set(axis, value),
      })),
    )
  }
  return combinations.map(({ key, item }) => {
    const joined = key.join('-')
    const extra = new Map<string, YamlValue>([
      ['key', joined],
      ['item', item],
    ])
    return { name: `${name}@${joined}`, definition: body, context: shadow(context, extra) }
  })
}

function shadow(context: TemplateContext, extra: YamlMap): TemplateContext {
  return { ...context, values: new Map([...context.values, ...extra]) }
}

async function resolveStage(
  read: ReadText,
  { name, definition, context }: Expanded,
  { file }: PipelineFile,
): Promise<Stage> {
  const where = `${file}: stage "${name}"`
  const body = new Map(definition)
  const vars = (body.get('vars') ?? []) as YamlValue[]
  if (vars.some(hasTemplate)) throw invalid(`${where}: vars cannot hold templates.`)
  body.delete('vars')
  const wdirText = body.get('wdir') ?? ''
  const wdir = normalise(
    pythonText(fillTemplates(wdirText, context.values, `${where}.wdir`, 'simple')),
  )
  const full =
    vars.length === 0 ? context : await withVars(context, read, vars, wdir, `${where}.vars`)
  const get = (key: string): YamlValue => {
    const value = body.get(key)
    if (value === undefined) return null
    return fillTemplates(
      value,
      full.values,
      `${where}.${key}`,
      key === 'cmd' ? 'command' : 'simple',
    )
  }
  return {
    name,
    command: commandOf(get('cmd'), where),
    workingDirectory: wdir,
    dependencies: listOf(get('deps'), `${where}.deps`).map((d) => localPath(d, `${where}.deps`)),
    parameters: parametersOf(get('params'), where),
    outputs: [
      ...outputsOf(get('outs'), 'output', `${where}.outs`),
      ...outputsOf(get('metrics'), 'metric', `${where}.metrics`),
      ...outputsOf(get('plots'), 'plot', `${where}.plots`),
    ],
    frozen: get('frozen') === true,
    alwaysChanged: get('always_changed') === true,
    description: textOr(get('desc')),
    meta: get('meta'),
    after: [],
  }
}

function commandOf(value: YamlValue, where: string): string | string[] {
  if (Array.isArray(value)) return value.map((line) => pythonText(line))
  const text = pythonText(value)
  if (text.trim() === '') throw invalid(`${where}: cmd is empty.`)
  return text
}

function textOr(value: YamlValue): string {
  return value === null ? '' : pythonText(value)
}

function listOf(value: YamlValue, where: string): YamlValue[] {
  if (value === null) return []
  if (Array.isArray(value)) return value
  throw invalid(`${where} must be a list.`)
}

/** A path on this machine inside the repository. */
function localPath(value: YamlValue, where: string): string {
  if (typeof value !== 'string' || value.trim() === '') {
    throw invalid(`${where} must hold paths as texts.`)
  }
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(value)) {
    throw invalid(`${where}: "${value}" is remote. Only paths on this machine are run as yet.`)
  }
  if (value.includes('\0')) throw invalid(`${where}: a path cannot hold a NUL character.`)
  return value
}

function parametersOf(value: YamlValue, where: string): ParameterFile[] {
  const files = new Map<string, string[]>()
  const add = (file: string, keys: readonly string[]): void => {
    files.set(file, [...new Set([...(files.get(file) ?? []), ...keys])])
  }
  for (const item of listOf(value, `${where}.params`)) {
    if (!isMap(item)) add(defaultParameterFile, [pythonText(item)])
    else {
      for (const [file, keys] of item) {
        add(
          file,
          listOf(keys, `${where}.params.${file}`).map((key) => pythonText(key)),
        )
      }
    }
  }
  return [...files].map(([file, keys]) => ({ file, keys }))
}

const outputFlags = [
  'cache',
  'persist',
  'remote',
  'push',
  'desc',
  'checkpoint',
  'type',
  'labels',
  'meta',
]
const plotFlags = ['template', 'x', 'y', 'x_label', 'y_label', 'title', 'header']

function outputsOf(value: YamlValue, kind: StageOutput['kind'], where: string): StageOutput[] {
  return listOf(value, where).flatMap((item): StageOutput[] => {
    if (!isMap(item)) return [{ path: localPath(item, where), kind, cache: true, persist: false }]
    return [...item].map(([path, flags]) => {
      const own = isMap(flags) ? flags : new Map<string, YamlValue>()
      checkKeys(
        own,
        kind === 'plot' ? [...outputFlags, ...plotFlags] : outputFlags,
        `${where}: ${path}`,
      )
      return {
        path: localPath(path, where),
        kind,
        cache: own.get('cache') !== false,
        persist: own.get('persist') === true,
      }
    })
  })
}
