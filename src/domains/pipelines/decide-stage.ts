import { invalid } from '#kernel/errors'
import { equalStates, type LockEntry, type PathState } from './lock-file.ts'
import { parseParameters, valueAt } from './parameter-files.ts'
import { fromRoot, isCallback, type Stage } from './stage.ts'
import type { StageReader } from './workspace.ts'
import { equalValues, jsonOf, type YamlMap, type YamlValue } from './yaml-value.ts'

export interface Decision {
  /** `restore`: nothing it depends on changed, and the cache has its outputs. */
  action: 'skip' | 'run' | 'restore'
  /** For people: why. */
  reason: string
  /** What it would be recorded with, as far as it was read. */
  dependencies: Map<string, PathState>
  parameters: Map<string, YamlMap>
}

/**
 * Whether a stage is up to date with its entry in dvc.lock, by DVC's rules: its command, then what it
 * depends on, then what it made. Errors: `invalid` when a dependency or parameter is missing.
 */
export async function decideStage(
  stage: Stage,
  entry: LockEntry | undefined,
  workspace: StageReader,
  force: boolean,
): Promise<Decision> {
  const dependencies = await readDependencies(stage, workspace)
  const parameters = await readParameters(stage, workspace)
  const decide = (action: Decision['action'], reason: string): Decision => ({
    action,
    reason,
    dependencies,
    parameters,
  })
  if (force) return decide('run', 'It is forced.')
  if (entry === undefined) return decide('run', 'It has not run before.')
  if (!equalValues(entry.command, stage.command)) return decide('run', 'Its command changed.')
  if (!stage.frozen) {
    if (stage.alwaysChanged) return decide('run', 'It is declared always_changed.')
    if (isCallback(stage)) {
      return decide('run', 'It has neither dependencies nor outputs, so it always runs.')
    }
    const changed = [
      ...changedDependencies(stage, entry, dependencies),
      ...changedParameters(entry, parameters),
    ]
    if (changed.length > 0) return decide('run', sentence(changed))
  }
  const outputs = await changedOutputs(stage, entry, workspace)
  if (outputs.length === 0) return decide('skip', upToDate(stage))
  if (stage.frozen || !(await allCached(stage, entry, workspace))) {
    return decide('run', sentence(outputs.map((o) => o.text)))
  }
  return decide('restore', `${sentence(outputs.map((o) => o.text))} The cache has them.`)
}

function upToDate(stage: Stage): string {
  const counted = [
    plural(stage.dependencies.length, 'dependency', 'dependencies'),
    plural(stage.parameters.length, 'parameter file', 'parameter files'),
    plural(stage.outputs.length, 'output', 'outputs'),
  ].filter((text) => text !== '')
  const same = `Command, ${counted.join(', ')} are as they were when it last ran.`
  return stage.frozen ? 'It is frozen, and its outputs are there.' : same
}

function plural(count: number, one: string, many: string): string {
  return count === 0 ? '' : `${count} ${count === 1 ? one : many}`
}

function sentence(parts: readonly string[]): string {
  const shown = parts.slice(0, 4)
  const more = parts.length - shown.length
  return `${shown.join('; ')}${more > 0 ? `; and ${more} more` : ''}.`.replace(/^./, (c) =>
    c.toUpperCase(),
  )
}

async function readDependencies(
  stage: Stage,
  workspace: StageReader,
): Promise<Map<string, PathState>> {
  const states = new Map<string, PathState>()
  for (const path of new Set(stage.dependencies)) {
    const state = await workspace.stateOf(fromRoot(stage, path))
    if (state === undefined) {
      throw invalid(
        `Stage "${stage.name}" depends on "${path}", which does not exist` +
          `${stage.workingDirectory === '' ? '' : ` in ${stage.workingDirectory}`}. Make it, or correct dvc.yaml.`,
      )
    }
    states.set(path, state)
  }
  return states
}

async function readParameters(stage: Stage, workspace: StageReader): Promise<Map<string, YamlMap>> {
  const files = new Map<string, YamlMap>()
  for (const { file, keys } of stage.parameters) {
    const path = fromRoot(stage, file)
    const text = await workspace.readText(path)
    if (text === undefined) {
      throw invalid(`Stage "${stage.name}" takes parameters from ${path}, which does not exist.`)
    }
    const all = parseParameters(text, path)
    files.set(file, keys.length === 0 ? all : picked(all, keys, path, stage.name))
  }
  return files
}

function picked(all: YamlMap, keys: readonly string[], path: string, stage: string): YamlMap {
  return new Map(
    keys.map((key): [string, YamlValue] => {
      const value = valueAt(all, key)
      if (value !== undefined) return [key, value]
      throw invalid(`Stage "${stage}" takes the parameter "${key}", which is not in ${path}.`)
    }),
  )
}

function changedDependencies(
  stage: Stage,
  entry: LockEntry,
  now: ReadonlyMap<string, PathState>,
): string[] {
  return [...new Set(stage.dependencies)].flatMap((path) => {
    const before = entry.dependencies.get(path)
    if (before === undefined) return [`the dependency ${path} is new`]
    return equalStates(before, now.get(path)) ? [] : [`the dependency ${path} changed`]
  })
}

function changedParameters(entry: LockEntry, now: ReadonlyMap<string, YamlMap>): string[] {
  return [...now].flatMap(([file, values]) => {
    const before = entry.parameters.get(file) ?? new Map<string, YamlValue>()
    const changed = [...values].flatMap(([key, value]) => {
      const old = before.get(key)
      if (old === undefined) return [`the parameter ${key} is new`]
      return equalValues(old, value)
        ? []
        : [`the parameter ${key} went from ${shown(old)} to ${shown(value)}`]
    })
    const removed = [...before.keys()].filter((key) => !values.has(key))
    const isWhole = removed.length > 0 && [...before.keys()].some((key) => values.has(key))
    return isWhole ? [...changed, ...removed.map((key) => `the parameter ${key} is gone`)] : changed
  })
}

function shown(value: YamlValue): string {
  const text = JSON.stringify(jsonOf(value))
  return text.length > 60 ? `${text.slice(0, 57)}…` : text
}

async function changedOutputs(
  stage: Stage,
  entry: LockEntry,
  workspace: StageReader,
): Promise<{ path: string; text: string }[]> {
  const changed: { path: string; text: string }[] = []
  for (const output of stage.outputs) {
    const before = entry.outputs.get(output.path)
    const now = await workspace.stateOf(fromRoot(stage, output.path))
    const add = (text: string) => changed.push({ path: output.path, text })
    if (before === undefined) add(`the output ${output.path} is new`)
    else if (now === undefined) add(`the output ${output.path} is missing`)
    else if (!equalStates(before, now)) add(`the output ${output.path} was changed`)
    else if (output.cache && !(await workspace.isCached(before))) {
      add(`the output ${output.path} is not in the cache`)
    }
  }
  return changed
}

/** Whether every output can be taken from the cache, or is as it was. */
async function allCached(stage: Stage, entry: LockEntry, workspace: StageReader): Promise<boolean> {
  for (const output of stage.outputs) {
    const before = entry.outputs.get(output.path)
    if (before === undefined) return false
    if (output.cache && (await workspace.isCached(before))) continue
    const now = await workspace.stateOf(fromRoot(stage, output.path))
    if (output.cache || !equalStates(before, now)) return false
  }
  return true
}
