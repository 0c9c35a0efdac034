import { subject } from '#kernel/subjects'
import { authorizeOnExperiments, type Context } from '#domains/access/index'
import { commit } from '#domains/journal/index'
import { findRun, listOutputs } from './read-run.ts'
import { type LoggedRun } from './logged-run.ts'
import { readLoggedRow } from './get-logged-run.ts'
import { refuseDeleted } from './run-artifacts.ts'
import type { RunStatus } from './status.ts'
import type { RunRow, RunsTables } from './store.ts'

export interface RunInfoChange {
  project: string
  run: string
  /** Empty: as it is. */
  name?: string | undefined
  /** Any from any: MLflow's clients correct and resume runs as they like. */
  status?: RunStatus | undefined
  endedAt?: number | undefined
}

const verbs = {
  scheduled: 'run.updated',
  running: 'run.resumed',
  finished: 'run.finished',
  failed: 'run.failed',
  killed: 'run.killed',
} as const

/** Changes what MLflow keeps as a run's info. Errors: `not_found`, `conflict` (deleted run). */
export async function updateRunInfo(ctx: Context, input: RunInfoChange): Promise<LoggedRun> {
  const reach = authorizeOnExperiments(ctx, 'editor', input.project)
  return commit(ctx, async (change) => {
    const db = change.sql<RunsTables>()
    const row = refuseDeleted(await findRun(db, reach, input.run))
    const next = changed(row, input, ctx.clock())
    const { name, status, ended_at, updated_at } = next
    await db
      .updateTable('runs')
      .set({ name, status, ended_at, updated_at })
      .where('id', '=', row.id)
      .execute()
    const run = await readLoggedRow(db, next)
    const moved = status !== row.status
    change.record({
      verb: moved ? verbs[next.status as RunStatus] : 'run.updated',
      subject: subject('run', row.id),
      project: input.project,
      ...(moved && ended_at !== null ? { outputs: await listOutputs(db, row.id) } : {}),
      detail: moved ? { name, was: row.status, status, reason: null } : { name },
    })
    return run
  })
}

function changed(row: RunRow, input: RunInfoChange, now: number): RunRow {
  const status = input.status ?? (row.status as RunStatus)
  const ended = status !== 'running' && status !== 'scheduled'
  return {
    ...row,
    name: input.name?.trim() || row.name,
    status,
    // A run that goes on has no end, whatever it had before.
    ended_at: input.endedAt ?? (ended ? (row.ended_at ?? now) : null),
    updated_at: now,
  }
}
