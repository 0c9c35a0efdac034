import type { Kysely, Transaction } from 'kysely'
import type { Context } from '#domains/access/index'

export interface PipelineRow {
  project: string
  name: string
  directory: string
  file: string
  stages: string
  problem: string | null
  last_execution: string | null
  created_at: number
  updated_at: number
}

export interface ExecutionRow {
  id: string
  project: string
  pipeline: string
  state: string
  reason: string
  origin: string
  cause: string | null
  actor: string
  targets: string
  force: number
  parameters: string
  git_commit: string | null
  created_at: number
  started_at: number | null
  ended_at: number | null
}

export interface StageRunRow {
  execution_id: string
  stage: string
  position: number
  state: string
  reason: string
  started_at: number | null
  ended_at: number | null
  exit_code: number | null
  peak_memory_bytes: number | null
  log_length: number
  after: string
}

/** Output of a stage in pieces; `start` counts UTF-16 units from its beginning. */
export interface StageLogRow {
  execution_id: string
  stage: string
  start: number
  text: string
}

export interface TriggerRow {
  project: string
  name: string
  declaration: string
  enabled: number
  /** Of a schedule: when it is due. */
  next_at: number | null
  last_fired_at: number | null
  last_execution: string | null
  created_at: number
  updated_at: number
}

export interface TriggerFiringRow {
  project: string
  trigger: string
  key: string
  at: number
  reason: string
  execution_id: string
}

export interface PipelinesTables {
  pipelines: PipelineRow
  executions: ExecutionRow
  stage_runs: StageRunRow
  stage_logs: StageLogRow
  triggers: TriggerRow
  trigger_firings: TriggerFiringRow
}

export type PipelinesTransaction = Transaction<PipelinesTables>
/** Inside a change or outside of one. */
export type PipelinesReader = Kysely<PipelinesTables>

export const pipelineColumns = [
  'project',
  'name',
  'directory',
  'file',
  'stages',
  'problem',
  'last_execution',
  'created_at',
  'updated_at',
] as const satisfies readonly (keyof PipelineRow)[]

export const executionColumns = [
  'id',
  'project',
  'pipeline',
  'state',
  'reason',
  'origin',
  'cause',
  'actor',
  'targets',
  'force',
  'parameters',
  'git_commit',
  'created_at',
  'started_at',
  'ended_at',
] as const satisfies readonly (keyof ExecutionRow)[]

export const stageRunColumns = [
  'execution_id',
  'stage',
  'position',
  'state',
  'reason',
  'started_at',
  'ended_at',
  'exit_code',
  'peak_memory_bytes',
  'log_length',
  'after',
] as const satisfies readonly (keyof StageRunRow)[]

export const triggerColumns = [
  'project',
  'name',
  'declaration',
  'enabled',
  'next_at',
  'last_fired_at',
  'last_execution',
  'created_at',
  'updated_at',
] as const satisfies readonly (keyof TriggerRow)[]

export function readPipelines(ctx: Context): PipelinesReader {
  return ctx.tables.read<PipelinesTables>()
}
