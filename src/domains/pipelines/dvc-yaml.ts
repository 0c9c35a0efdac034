import { invalid } from '#kernel/errors'
import { isMap, parseYaml, type YamlMap, type YamlValue } from './yaml-value.ts'

/** dvc.yaml before its templates are filled in. */
export interface PipelineFile {
  file: string
  vars: YamlValue[]
  stages: Map<string, YamlMap>
}

const topKeys = ['stages', 'vars', 'params', 'metrics', 'plots', 'artifacts', 'datasets']
const stageKeys = [
  'cmd',
  'wdir',
  'deps',
  'params',
  'outs',
  'metrics',
  'plots',
  'vars',
  'frozen',
  'always_changed',
  'meta',
  'desc',
  'matrix',
]

/** Reads dvc.yaml and checks its shape. Errors: `invalid` names the stage and the key. */
export function parseDvcYaml(text: string, file: string): PipelineFile {
  const root = parseYaml(text, file)
  if (!isMap(root)) throw invalid(`${file} must hold a map with the key "stages".`)
  checkKeys(root, topKeys, file)
  const vars = root.get('vars') ?? []
  if (!Array.isArray(vars)) throw invalid(`${file}: vars must be a list.`)
  const stages = root.get('stages') ?? new Map<string, YamlValue>()
  if (!isMap(stages)) throw invalid(`${file}: stages must be a map from names to stages.`)
  return {
    file,
    vars,
    stages: new Map([...stages].map(([name, stage]) => [name, checkStage(name, stage, file)])),
  }
}

function checkStage(name: string, stage: YamlValue, file: string): YamlMap {
  const where = `${file}: stage "${name}"`
  if (!/^[\w@.-]+$/u.test(name) || name.includes('@')) {
    throw invalid(`${where}: a stage's name has letters, digits, "_" and "-" only.`)
  }
  if (!isMap(stage)) throw invalid(`${where} must be a map with the key "cmd".`)
  if (!stage.has('foreach') && !stage.has('do')) return checkDefinition(stage, where)
  checkKeys(stage, ['foreach', 'do'], where)
  const body = stage.get('do')
  if (!stage.has('foreach') || !isMap(body)) {
    throw invalid(`${where}: foreach needs a list or map, and do needs a stage.`)
  }
  checkDefinition(body, `${where}.do`)
  return stage
}

function checkDefinition(stage: YamlMap, where: string): YamlMap {
  checkKeys(stage, stageKeys, where)
  const cmd = stage.get('cmd')
  const isText = typeof cmd === 'string' && cmd.trim() !== ''
  const isList = Array.isArray(cmd) && cmd.length > 0 && cmd.every((c) => typeof c === 'string')
  if (!isText && !isList) throw invalid(`${where}: cmd must be a command or a list of commands.`)
  for (const key of ['deps', 'outs', 'params', 'metrics', 'plots', 'vars']) {
    const value = stage.get(key)
    if (value !== undefined && !Array.isArray(value)) {
      throw invalid(`${where}: ${key} must be a list.`)
    }
  }
  for (const key of ['frozen', 'always_changed']) {
    const value = stage.get(key)
    if (value !== undefined && typeof value !== 'boolean') {
      throw invalid(`${where}: ${key} must be true or false.`)
    }
  }
  return stage
}

export function checkKeys(map: YamlMap, allowed: readonly string[], where: string): void {
  const unknown = [...map.keys()].find((key) => !allowed.includes(key))
  if (unknown === undefined) return
  throw invalid(
    `${where}: there is no key "${unknown.slice(0, 100)}". There are ${allowed.join(', ')}.`,
  )
}
