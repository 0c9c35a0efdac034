import { notFound } from '#kernel/errors'
import { type Json, parseStored } from '#kernel/json'
import type { Execution, ExecutionDetail, Pipeline, PipelineStage, StageRun } from './pipeline.ts'
import type { ExecutionState, StageState } from './status.ts'
import {
  executionColumns,
  type ExecutionRow,
  pipelineColumns,
  type PipelineRow,
  type PipelinesReader,
  stageRunColumns,
  type StageRunRow,
} from './store.ts'

/** Errors: `not_found`. */
export async function findPipeline(
  db: PipelinesReader,
  project: string,
  name: string,
): Promise<PipelineRow> {
  const row = await db
    .selectFrom('pipelines')
    .select(pipelineColumns)
    .where('project', '=', project)
    .where('name', '=', name)
    .executeTakeFirst()
  if (row !== undefined) return row
  throw notFound('pipeline', name.slice(0, 128), 'Declare it in gyre.yaml and run `gyre apply`.')
}

export function pipelineFromRow(row: PipelineRow): Pipeline {
  return {
    name: row.name,
    directory: row.directory,
    file: row.file,
    stages: parseStored<PipelineStage[]>(row.stages),
    problem: row.problem,
    lastExecution: row.last_execution,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}

/** Errors: `not_found`. */
export async function findExecution(
  db: PipelinesReader,
  project: string,
  id: string,
): Promise<ExecutionRow> {
  const row = await db
    .selectFrom('executions')
    .select(executionColumns)
    .where('id', '=', id)
    .where('project', '=', project)
    .executeTakeFirst()
  if (row !== undefined) return row
  throw notFound('execution', id.slice(0, 64), 'List them with `gyre pipelines executions`.')
}

export async function describeExecution(
  db: PipelinesReader,
  row: ExecutionRow,
): Promise<ExecutionDetail> {
  const stages = await db
    .selectFrom('stage_runs')
    .select(stageRunColumns)
    .where('execution_id', '=', row.id)
    .orderBy('position')
    .execute()
  return { ...executionFromRow(row), stages: stages.map(stageRunFromRow) }
}

export function executionFromRow(row: ExecutionRow): Execution {
  return {
    id: row.id,
    pipeline: row.pipeline,
    state: row.state as ExecutionState,
    reason: row.reason,
    origin: row.origin as Execution['origin'],
    cause: row.cause,
    actor: row.actor,
    targets: parseStored<string[]>(row.targets),
    force: row.force === 1,
    parameters: parseStored<Record<string, Json>>(row.parameters),
    gitCommit: row.git_commit,
    createdAt: row.created_at,
    startedAt: row.started_at,
    endedAt: row.ended_at,
  }
}

function stageRunFromRow(row: StageRunRow): StageRun {
  return {
    stage: row.stage,
    state: row.state as StageState,
    reason: row.reason,
    startedAt: row.started_at,
    endedAt: row.ended_at,
    exitCode: row.exit_code,
    peakMemoryBytes: row.peak_memory_bytes,
    logLength: row.log_length,
    after: parseStored<string[]>(row.after),
  }
}
