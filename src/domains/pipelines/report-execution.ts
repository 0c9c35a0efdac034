import { GyreError } from '#kernel/errors'
import { checkName } from '#kernel/names'
import { nextStatus } from '#kernel/status-table'
import { subject } from '#kernel/subjects'
import { authorize, type Context } from '#domains/access/index'
import { type Change, commit } from '#domains/journal/index'
import { describeExecution, findExecution } from './find-pipeline.ts'
import type { ExecutionDetail } from './pipeline.ts'
import { type ExecutionStart, newExecution, noteLast } from './start-execution.ts'
import {
  type ExecutionEvent,
  type ExecutionState,
  executionTable,
  type StageState,
} from './status.ts'
import type { ExecutionRow, PipelinesTables, PipelinesTransaction } from './store.ts'

export interface StageOfExecution {
  stage: string
  after: readonly string[]
  reason: string
}

/** Opens an execution that a client runs itself. Errors: `invalid` for the pipeline's name. */
export async function reportExecution(
  ctx: Context,
  input: ExecutionStart & {
    project: string
    pipeline: string
    stages: readonly StageOfExecution[]
    gitCommit?: string | undefined
  },
): Promise<ExecutionDetail> {
  authorize(ctx, 'editor', input.project)
  const pipeline = checkName('pipeline', input.pipeline)
  return commit(ctx, async (change) => {
    const db = change.sql<PipelinesTables>()
    const row: ExecutionRow = {
      ...newExecution(ctx, input.project, pipeline, input),
      state: 'running',
      reason: input.reason ?? 'It runs on the machine of its user.',
      origin: 'local',
      cause: null,
      git_commit: input.gitCommit ?? null,
      started_at: ctx.clock(),
    }
    await db.insertInto('executions').values(row).execute()
    await noteLast(change, row)
    await insertStages(db, row.id, input.stages)
    recordStart(change, row)
    return describeExecution(db, row)
  })
}

/**
 * Says that an execution runs now, with these stages; also for a worker that takes over from a dead
 * one. Errors: `not_found`, `conflict` when it ended.
 */
export async function beginExecution(
  ctx: Context,
  input: {
    project: string
    execution: string
    stages: readonly StageOfExecution[]
    gitCommit?: string | undefined
  },
): Promise<ExecutionDetail> {
  authorize(ctx, 'operator', input.project)
  return commit(ctx, async (change) => {
    const db = change.sql<PipelinesTables>()
    const row = await findExecution(db, input.project, input.execution)
    const resumed = row.state === 'running'
    const next: ExecutionRow = {
      ...row,
      state: transition(row, 'start'),
      reason: resumed ? 'It goes on after its worker was lost.' : 'It runs.',
      git_commit: input.gitCommit ?? row.git_commit,
      started_at: row.started_at ?? ctx.clock(),
    }
    await writeExecution(db, next)
    await db.deleteFrom('stage_runs').where('execution_id', '=', row.id).execute()
    await db.deleteFrom('stage_logs').where('execution_id', '=', row.id).execute()
    await insertStages(db, row.id, input.stages)
    if (resumed) {
      change.record({
        verb: 'execution.resumed',
        subject: subject('execution', row.id),
        project: row.project,
        detail: { pipeline: row.pipeline },
      })
    } else recordStart(change, next)
    return describeExecution(db, next)
  })
}

function recordStart(change: Change, row: ExecutionRow): void {
  change.record({
    verb: 'execution.started',
    subject: subject('execution', row.id),
    project: row.project,
    inputs: [
      subject('pipeline', row.pipeline),
      ...(row.git_commit === null ? [] : [subject('commit', row.git_commit)]),
    ],
    detail: { pipeline: row.pipeline, origin: row.origin },
  })
}

async function insertStages(
  db: PipelinesTransaction,
  execution: string,
  stages: readonly StageOfExecution[],
): Promise<void> {
  const rows = stages.map((stage, position) => ({
    execution_id: execution,
    stage: stage.stage,
    position,
    state: 'waiting',
    reason: stage.reason,
    started_at: null,
    ended_at: null,
    exit_code: null,
    peak_memory_bytes: null,
    log_length: 0,
    after: JSON.stringify(stage.after),
  }))
  for (let start = 0; start < rows.length; start += 1000) {
    await db
      .insertInto('stage_runs')
      .values(rows.slice(start, start + 1000))
      .execute()
  }
}

/** Why a queued execution does not start yet. Says nothing when it said so before. */
export async function noteWaiting(
  ctx: Context,
  input: { project: string; execution: string; reason: string },
): Promise<void> {
  authorize(ctx, 'operator', input.project)
  await ctx.tables.write<PipelinesTables, unknown>((tx) =>
    tx
      .updateTable('executions')
      .set({ reason: input.reason })
      .where('id', '=', input.execution)
      .where('state', '=', 'queued')
      .execute(),
  )
  ctx.pulse(subject('execution', input.execution))
}

const eventOf = { succeeded: 'succeed', failed: 'fail', cancelled: 'cancel' } as const

/**
 * Ends an execution; ending it again in the same way changes nothing. Stages that did not end are
 * ended with it. Errors: `not_found`, `conflict`.
 */
export async function finishExecution(
  ctx: Context,
  input: {
    project: string
    execution: string
    state: 'succeeded' | 'failed' | 'cancelled'
    reason: string
  },
): Promise<ExecutionDetail> {
  authorize(ctx, 'editor', input.project)
  const detail = await commit(ctx, async (change) => {
    const db = change.sql<PipelinesTables>()
    const row = await findExecution(db, input.project, input.execution)
    const left = input.state === 'failed' ? 'blocked' : 'cancelled'
    if (row.state === input.state) {
      await endStages(ctx, db, row.id, left, input.reason)
      return describeExecution(db, row)
    }
    const next: ExecutionRow = {
      ...row,
      state: transition(row, eventOf[input.state]),
      reason: input.reason,
      ended_at: ctx.clock(),
    }
    await writeExecution(db, next)
    await endStages(ctx, db, row.id, left, input.reason)
    const described = await describeExecution(db, next)
    change.record({
      verb: `execution.${input.state}`,
      subject: subject('execution', row.id),
      project: row.project,
      inputs: [subject('pipeline', row.pipeline)],
      detail: {
        pipeline: row.pipeline,
        reason: input.reason,
        stages: described.stages.map(({ stage, state, reason }) => ({ stage, state, reason })),
      },
    })
    return described
  })
  ctx.pulse(subject('execution', input.execution))
  return detail
}

async function endStages(
  ctx: Context,
  db: PipelinesTransaction,
  execution: string,
  state: StageState,
  reason: string,
): Promise<void> {
  await db
    .updateTable('stage_runs')
    .set({ state, reason, ended_at: ctx.clock() })
    .where('execution_id', '=', execution)
    .where('state', 'in', ['waiting', 'running'])
    .execute()
}

/**
 * Cancels an execution: a queued one never starts, of a running one the worker ends the stages.
 * Errors: `not_found`, `conflict` when it ended.
 */
export async function cancelExecution(
  ctx: Context,
  input: { project: string; execution: string; reason: string },
): Promise<ExecutionDetail> {
  authorize(ctx, 'operator', input.project)
  return finishExecution(ctx, { ...input, state: 'cancelled' })
}

function transition(row: ExecutionRow, event: ExecutionEvent): ExecutionState {
  return nextStatus(executionTable, `Execution ${row.id}`, row.state as ExecutionState, event)
}

async function writeExecution(db: PipelinesTransaction, row: ExecutionRow): Promise<void> {
  await db
    .updateTable('executions')
    .set({
      state: row.state,
      reason: row.reason,
      git_commit: row.git_commit,
      started_at: row.started_at,
      ended_at: row.ended_at,
    })
    .where('id', '=', row.id)
    .execute()
}

/** Refuses reports about an execution that has ended. */
export function assertRunning(row: ExecutionRow): void {
  if (row.state === 'running') return
  throw new GyreError({
    code: 'conflict',
    public: `Execution ${row.id} is ${row.state}: ${row.reason}`,
  })
}
