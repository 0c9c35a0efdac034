import type { Json } from '#kernel/json'
import { type Subject, subject } from '#kernel/subjects'
import { authorize, type Context } from '#domains/access/index'
import { type Change, commit } from '#domains/journal/index'
import { describeExecution, findPipeline } from './find-pipeline.ts'
import type { ExecutionDetail } from './pipeline.ts'
import type { ExecutionRow, PipelinesTables } from './store.ts'

export const executeJobKind = 'pipeline.execute'

export interface ExecutionStart {
  targets?: readonly string[] | undefined
  force?: boolean | undefined
  /** Overrides of params.yaml, by dotted key. */
  parameters?: Record<string, Json> | undefined
  reason?: string | undefined
}

/** Queues an execution for the runner. Errors: `not_found` for the pipeline. */
export async function startExecution(
  ctx: Context,
  input: ExecutionStart & { project: string; pipeline: string },
): Promise<ExecutionDetail> {
  authorize(ctx, 'operator', input.project)
  return commit(ctx, async (change) => {
    const row = await queueExecution(ctx, change, input.project, input.pipeline, input, {
      cause: ctx.cause === undefined ? null : subject('record', String(ctx.cause)),
      inputs: [],
    })
    return describeExecution(change.sql<PipelinesTables>(), row)
  })
}

/** The row, the record and the job of a new execution, inside the caller's change. */
export async function queueExecution(
  ctx: Context,
  change: Change,
  project: string,
  pipeline: string,
  start: ExecutionStart,
  origin: { cause: Subject | null; inputs: readonly Subject[] },
): Promise<ExecutionRow> {
  const db = change.sql<PipelinesTables>()
  await findPipeline(db, project, pipeline)
  const row: ExecutionRow = {
    ...newExecution(ctx, project, pipeline, start),
    state: 'queued',
    reason: start.reason ?? 'It waits for a runner.',
    origin: 'server',
    cause: origin.cause,
    started_at: null,
  }
  await db.insertInto('executions').values(row).execute()
  await noteLast(change, row)
  change.record({
    verb: 'execution.queued',
    subject: subject('execution', row.id),
    project,
    inputs: [subject('pipeline', pipeline), ...origin.inputs],
    detail: { pipeline, reason: row.reason, targets: [...(start.targets ?? [])] },
  })
  change.enqueue({ kind: executeJobKind, project, payload: { execution: row.id }, key: row.id })
  return row
}

export function newExecution(
  ctx: Context,
  project: string,
  pipeline: string,
  start: ExecutionStart,
): Omit<ExecutionRow, 'state' | 'reason' | 'origin' | 'cause' | 'started_at'> {
  return {
    id: ctx.newId(),
    project,
    pipeline,
    actor: ctx.principal.name,
    targets: JSON.stringify(start.targets ?? []),
    force: start.force === true ? 1 : 0,
    parameters: JSON.stringify(start.parameters ?? {}),
    git_commit: null,
    created_at: ctx.clock(),
    ended_at: null,
  }
}

export async function noteLast(change: Change, row: ExecutionRow): Promise<void> {
  await change
    .sql<PipelinesTables>()
    .updateTable('pipelines')
    .set({ last_execution: row.id })
    .where('project', '=', row.project)
    .where('name', '=', row.pipeline)
    .execute()
}
