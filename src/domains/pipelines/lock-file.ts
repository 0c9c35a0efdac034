import { invalid } from '#kernel/errors'
import { defaultParameterFile } from './template-context.ts'
import { isMap, jsonOf, parseYaml, pythonText, type YamlMap, type YamlValue } from './yaml-value.ts'
import { writeYaml } from './yaml-writer.ts'

/** What a path held when a stage ran. */
export interface PathState {
  /** md5 of a file; of a directory's list, with `.dir` behind it. */
  md5: string
  sizeBytes: number
  /** Of a directory. */
  fileCount?: number
  isExecutable?: boolean
}

/** One stage of dvc.lock. Maps by path as written in dvc.yaml. */
export interface LockEntry {
  command: YamlValue
  dependencies: Map<string, PathState>
  /** File -> dotted key -> value. */
  parameters: Map<string, YamlMap>
  outputs: Map<string, PathState>
}

/** dvc.lock as it was read; stages that nobody touches stay byte for byte what they were. */
export interface Lock {
  root: YamlMap
  stages: YamlMap
}

/** Reads dvc.lock; undefined text is an empty one. Errors: `invalid`. */
export function parseLock(text: string | undefined, file: string): Lock {
  const empty = new Map<string, YamlValue>([['schema', '2.0']])
  const parsed = text === undefined || text.trim() === '' ? empty : parseYaml(text, file)
  if (!isMap(parsed)) throw invalid(`${file} is not a lock file of DVC. Restore it from Git.`)
  if (parsed.get('schema') !== '2.0') {
    throw invalid(
      `${file} has schema ${JSON.stringify(jsonOf(parsed.get('schema') ?? null))}; only 2.0 is known.`,
    )
  }
  const stages = parsed.get('stages') ?? new Map<string, YamlValue>()
  if (!isMap(stages)) throw invalid(`${file}: stages must be a map.`)
  return { root: parsed, stages }
}

/** The entry of a stage; undefined: it never ran. */
export function lockEntry(lock: Lock, stage: string): LockEntry | undefined {
  const entry = lock.stages.get(stage)
  if (!isMap(entry)) return undefined
  const parameters = entry.get('params')
  const files = isMap(parameters) ? [...parameters] : []
  return {
    command: entry.get('cmd') ?? null,
    dependencies: statesOf(entry.get('deps')),
    parameters: new Map(
      files.map(([file, values]) => [file, isMap(values) ? values : new Map<string, YamlValue>()]),
    ),
    outputs: statesOf(entry.get('outs')),
  }
}

function statesOf(list: YamlValue | undefined): Map<string, PathState> {
  const states = new Map<string, PathState>()
  for (const item of Array.isArray(list) ? list : []) {
    if (!isMap(item)) continue
    const path = item.get('path')
    if (typeof path !== 'string') continue
    const fileCount = item.get('nfiles')
    states.set(path, {
      md5: pythonText(item.get('md5') ?? ''),
      sizeBytes: Number(item.get('size') ?? 0),
      ...(fileCount === undefined ? {} : { fileCount: Number(fileCount) }),
      ...(item.get('isexec') === true ? { isExecutable: true } : {}),
    })
  }
  return states
}

/**
 * The lock with a stage's entry replaced, or added: after the stages that are there, and among new
 * ones in the order of the pipeline, so that stages that run side by side give one result.
 */
export function withEntry(
  lock: Lock,
  stage: string,
  entry: LockEntry,
  order: readonly string[],
): Lock {
  const written = writtenEntry(entry)
  if (lock.stages.has(stage)) {
    return { root: lock.root, stages: new Map(lock.stages).set(stage, written) }
  }
  const rank = order.indexOf(stage)
  const names = [...lock.stages.keys()]
  // Only stages at the end that come later in the pipeline give way.
  let place = names.length
  while (place > 0 && order.indexOf(names[place - 1] ?? '') > rank) place--
  const stages = new Map<string, YamlValue>()
  names.forEach((name, index) => {
    if (index === place) stages.set(stage, written)
    stages.set(name, lock.stages.get(name) ?? null)
  })
  if (place === names.length) stages.set(stage, written)
  return { root: lock.root, stages }
}

/** dvc.lock, byte for byte as DVC writes it. */
export function writeLock(lock: Lock): string {
  const root = new Map(lock.root)
  root.set('stages', lock.stages)
  return writeYaml(root)
}

/** Sorted as DVC sorts: by path; parameters by key, the default file first. */
function writtenEntry(entry: LockEntry): YamlMap {
  const written = new Map<string, YamlValue>([['cmd', entry.command]])
  if (entry.dependencies.size > 0) written.set('deps', writtenStates(entry.dependencies))
  if (entry.parameters.size > 0) written.set('params', writtenParameters(entry.parameters))
  if (entry.outputs.size > 0) written.set('outs', writtenStates(entry.outputs))
  return written
}

function writtenStates(states: ReadonlyMap<string, PathState>): YamlValue {
  return [...states]
    .sort(([a], [b]) => compareText(a, b))
    .map(([path, state]) => {
      const item = new Map<string, YamlValue>([
        ['path', path],
        ['hash', 'md5'],
        ['md5', state.md5],
        ['size', BigInt(state.sizeBytes)],
      ])
      if (state.fileCount !== undefined) item.set('nfiles', BigInt(state.fileCount))
      if (state.isExecutable === true) item.set('isexec', true)
      return item
    })
}

function writtenParameters(files: ReadonlyMap<string, YamlMap>): YamlMap {
  const rank = (file: string) => (file === defaultParameterFile ? 0 : 1)
  return new Map(
    [...files]
      .sort(([a], [b]) => rank(a) - rank(b) || compareText(a, b))
      .map(([file, values]) => [
        file,
        new Map([...values].sort(([a], [b]) => compareText(a, b))) as YamlValue,
      ]),
  )
}

/** Python's order of texts: by code point. */
function compareText(a: string, b: string): number {
  const left = [...a]
  const right = [...b]
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const difference = (left[i]?.codePointAt(0) ?? 0) - (right[i]?.codePointAt(0) ?? 0)
    if (difference !== 0) return difference
  }
  return left.length - right.length
}

export function equalStates(a: PathState | undefined, b: PathState | undefined): boolean {
  return a !== undefined && b !== undefined && a.md5 === b.md5
}
