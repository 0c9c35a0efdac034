import type { Json } from '#kernel/json'
import { commandLines, type Stage } from './stage.ts'
import type { ExecutionState, StageState } from './status.ts'

/** A stage as people see it. */
export interface PipelineStage {
  name: string
  command: string[]
  workingDirectory: string
  dependencies: string[]
  /** `params.yaml:trees.depth` */
  parameters: string[]
  outputs: string[]
  metrics: string[]
  plots: string[]
  frozen: boolean
  alwaysChanged: boolean
  description: string
  /** Names of the stages whose outputs it depends on. */
  after: string[]
}

export interface Pipeline {
  name: string
  /** On the machine of the runner; holds the file. */
  directory: string
  file: string
  /** In an order in which they could run. */
  stages: PipelineStage[]
  /** Why the file cannot be read now, if so. */
  problem: string | null
  lastExecution: string | null
  createdAt: number
  updatedAt: number
}

export interface StageRun {
  stage: string
  state: StageState
  /** Why it runs, why it is skipped, what it waits for. */
  reason: string
  startedAt: number | null
  endedAt: number | null
  exitCode: number | null
  peakMemoryBytes: number | null
  logLength: number
  after: string[]
}

export interface Execution {
  id: string
  pipeline: string
  state: ExecutionState
  /** What it waits for, how it ended. */
  reason: string
  /** `server`: by the runner. `local`: reported by `gyre repro`. */
  origin: 'server' | 'local'
  /** What started it: `record:17`, `trigger:retrain`. */
  cause: string | null
  actor: string
  targets: string[]
  force: boolean
  /** Overrides of params.yaml, by dotted key. */
  parameters: Record<string, Json>
  gitCommit: string | null
  createdAt: number
  startedAt: number | null
  endedAt: number | null
}

export interface ExecutionDetail extends Execution {
  stages: StageRun[]
}

export function describeStage(stage: Stage): PipelineStage {
  const paths = (kind: 'output' | 'metric' | 'plot') =>
    stage.outputs.filter((output) => output.kind === kind).map((output) => output.path)
  return {
    name: stage.name,
    command: commandLines(stage.command),
    workingDirectory: stage.workingDirectory,
    dependencies: stage.dependencies,
    parameters: stage.parameters.flatMap(({ file, keys }) =>
      keys.length === 0 ? [file] : keys.map((key) => `${file}:${key}`),
    ),
    outputs: paths('output'),
    metrics: paths('metric'),
    plots: paths('plot'),
    frozen: stage.frozen,
    alwaysChanged: stage.alwaysChanged,
    description: stage.description,
    after: stage.after,
  }
}
