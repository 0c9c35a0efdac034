import type { YamlValue } from './yaml-value.ts'

/** How a stage's files are read: paths from the pipeline's directory; undefined: not there. */
export type ReadText = (path: string) => Promise<string | undefined>

export interface StageOutput {
  /** As written in dvc.yaml, from the stage's working directory. */
  path: string
  kind: 'output' | 'metric' | 'plot'
  /** Kept in the cache and in .gitignore. */
  cache: boolean
  /** Not removed before the stage runs. */
  persist: boolean
}

export interface ParameterFile {
  /** As written, from the stage's working directory. */
  file: string
  /** Dotted keys; empty: the whole file. */
  keys: string[]
}

/** A stage with all templates filled in. */
export interface Stage {
  /** `train`, or `train@eu` for one of a group. */
  name: string
  /** As dvc.lock keeps it. */
  command: string | string[]
  /** From the directory of dvc.yaml; '' is that directory. */
  workingDirectory: string
  dependencies: string[]
  parameters: ParameterFile[]
  outputs: StageOutput[]
  frozen: boolean
  alwaysChanged: boolean
  description: string
  meta: YamlValue
  /** Names of the stages whose outputs it depends on. */
  after: string[]
}

/** The lines that are run one after another, each in a shell of its own. */
export function commandLines(command: string | readonly string[]): string[] {
  const lines = typeof command === 'string' ? command.split('\n') : [...command]
  return lines.map((line) => line.trim()).filter((line) => line !== '')
}

/** A path of the stage as a path from the directory of dvc.yaml, without `.` and `..` inside. */
export function fromRoot(stage: Pick<Stage, 'workingDirectory'>, path: string): string {
  return normalise(`${stage.workingDirectory}/${path}`)
}

/** Joins `a/./b/../c` to `a/c`; a leading `..` stays. */
export function normalise(path: string): string {
  const parts: string[] = []
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue
    if (part === '..' && parts.length > 0 && parts.at(-1) !== '..') parts.pop()
    else parts.push(part)
  }
  return parts.join('/')
}

/** A stage without dependencies and outputs has nothing to be compared with, so it always runs. */
export function isCallback(stage: Stage): boolean {
  return (
    stage.dependencies.length === 0 && stage.parameters.length === 0 && stage.outputs.length === 0
  )
}
