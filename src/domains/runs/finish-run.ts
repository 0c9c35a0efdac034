import { GyreError, invalid } from '#kernel/errors'
import { nextStatus } from '#kernel/status-table'
import { subject } from '#kernel/subjects'
import { authorizeOnExperiments, type Context } from '#domains/access/index'
import { commit } from '#domains/journal/index'
import { describeRun, findRun } from './read-run.ts'
import type { Run } from './run.ts'
import { type RunEvent, type RunStatus, runTable } from './status.ts'
import type { RunRow, RunsTables, RunsTransaction } from './store.ts'

const eventOf = { finished: 'finish', failed: 'fail', killed: 'kill' } as const

export interface RunEnd {
  project: string
  run: string
  status: 'finished' | 'failed' | 'killed'
  reason?: string | undefined
  endedAt?: number | undefined
}

/** Ends a run. Ending it again in the same way changes nothing. Errors: `not_found`, `conflict`. */
export async function finishRun(ctx: Context, input: RunEnd): Promise<Run> {
  const reach = authorizeOnExperiments(ctx, 'editor', input.project)
  return commit(ctx, async (change) => {
    const db = change.sql<RunsTables>()
    const row = await findRun(db, reach, input.run)
    const status = next(row, eventOf[input.status])
    if (row.status === status) return describeRun(db, row)
    const now = ctx.clock()
    const endedAt = input.endedAt ?? now
    if (row.started_at !== null && endedAt < row.started_at) {
      throw invalid(
        `Run ${row.id} cannot end at ${endedAt}, before its start at ${row.started_at}.`,
      )
    }
    const ended: RunRow = {
      ...row,
      status,
      ended_at: endedAt,
      reason: input.reason ?? null,
      updated_at: now,
    }
    await writeStatus(db, ended)
    const run = await describeRun(db, ended)
    change.record({
      verb: `run.${status}`,
      subject: subject('run', row.id),
      project: input.project,
      outputs: run.outputs,
      detail: { name: row.name, metrics: run.metrics, reason: input.reason ?? null },
    })
    return run
  })
}

/** Makes an ended run running again, to log more to it. Errors: `not_found`, `conflict`. */
export async function resumeRun(
  ctx: Context,
  input: { project: string; run: string },
): Promise<Run> {
  const reach = authorizeOnExperiments(ctx, 'editor', input.project)
  return commit(ctx, async (change) => {
    const db = change.sql<RunsTables>()
    const row = await findRun(db, reach, input.run)
    const status = next(row, 'resume')
    const resumed: RunRow = {
      ...row,
      status,
      ended_at: null,
      reason: null,
      updated_at: ctx.clock(),
    }
    await writeStatus(db, resumed)
    change.record({
      verb: 'run.resumed',
      subject: subject('run', row.id),
      project: input.project,
      detail: { name: row.name, was: row.status },
    })
    return describeRun(db, resumed)
  })
}

function next(row: RunRow, event: RunEvent): RunStatus {
  if (row.state === 'deleted') {
    throw new GyreError({
      code: 'conflict',
      public: `Run ${row.id} is deleted. Restore it first.`,
    })
  }
  return nextStatus(runTable, `Run ${row.id}`, row.status as RunStatus, event)
}

async function writeStatus(db: RunsTransaction, row: RunRow): Promise<void> {
  await db
    .updateTable('runs')
    .set({
      status: row.status,
      ended_at: row.ended_at,
      reason: row.reason,
      updated_at: row.updated_at,
    })
    .where('id', '=', row.id)
    .execute()
}
