import { sql } from 'kysely'
import { GyreError, invalid } from '#kernel/errors'
import { subject } from '#kernel/subjects'
import { authorizeOnExperiments, type Context } from '#domains/access/index'
import { type Change, commit } from '#domains/journal/index'
import { forgetAppended } from './append-points.ts'
import { artifactUriOf } from './artifact-place.ts'
import { checkStep } from './fork-run.ts'
import { type HistoryPlan, planHistory, sealForSharing } from './history-plan.ts'
import { describeRun, findRun } from './read-run.ts'
import { retryOutpaced } from './retry-outpaced.ts'
import { refuseDeleted } from './run-artifacts.ts'
import type { Run } from './run.ts'
import {
  readRuns,
  type RunForkRow,
  type RunRow,
  type RunsTables,
  type RunsTransaction,
} from './store.ts'
import { clearHistory, requireHead, writeHistory } from './write-history.ts'

interface RunPlace {
  project: string
  run: string
}

/**
 * Takes a run back to a step: it has no metrics after it any more, and can go on from there. What it
 * had is kept whole by a deleted run, which can be looked at, restored, or taken back by
 * `undoRewind`; no point is copied or lost. Errors: `not_found`, `invalid` (nothing after the step),
 * `conflict` (deleted).
 */
export async function rewindRun(ctx: Context, input: RunPlace & { step: number }): Promise<Run> {
  const reach = authorizeOnExperiments(ctx, 'editor', input.project)
  const step = checkStep(input.step)
  const { project, run } = input
  refuseDeleted(await findRun(readRuns(ctx), reach, run))
  await sealForSharing(ctx, run)
  return changed(ctx, run, async () => {
    const [whole, cut] = [await planHistory(ctx, run, undefined), await planHistory(ctx, run, step)]
    const hidden = countOf(whole) - countOf(cut)
    if (hidden === 0) throw invalid(`Run ${run} has no metrics after step ${step}.`)
    return commit(ctx, async (change) => {
      const db = change.sql<RunsTables>()
      const row = refuseDeleted(await findRun(db, reach, run))
      for (const plan of [whole, cut]) await requireHead(db, run, plan.head)
      const archive = await insertArchive(ctx, db, row, step)
      await writeHistory(ctx, db, archive, whole)
      await clearHistory(db, run)
      await writeHistory(ctx, db, run, cut)
      const outputs = [subject('run', archive)]
      const detail = { name: row.name, step, points: hidden }
      change.record({ verb: 'run.rewound', subject: subject('run', run), project, outputs, detail })
      return touched(ctx, db, row)
    })
  })
}

/**
 * Takes the last rewind back: the run has again what it had before. What it logged since is kept by
 * the deleted run that kept the former. Errors: `not_found`, `conflict` (nothing to undo, deleted).
 */
export async function undoRewind(ctx: Context, { project, run }: RunPlace): Promise<Run> {
  const reach = authorizeOnExperiments(ctx, 'editor', project)
  refuseDeleted(await findRun(readRuns(ctx), reach, run))
  const { run_id: archive, step } = await lastRewind(readRuns(ctx), run)
  await sealForSharing(ctx, run)
  return changed(ctx, run, async () => {
    const former = await planHistory(ctx, archive, undefined)
    const present = await planHistory(ctx, run, undefined)
    return commit(ctx, async (change) => {
      const db = change.sql<RunsTables>()
      const row = refuseDeleted(await findRun(db, reach, run))
      if ((await lastRewind(db, run)).run_id !== archive) throw nothingToUndo(run)
      await requireHead(db, archive, former.head)
      await requireHead(db, run, present.head)
      await clearHistory(db, run)
      await clearHistory(db, archive)
      await writeHistory(ctx, db, run, former)
      await writeHistory(ctx, db, archive, present)
      await db.deleteFrom('run_forks').where('run_id', '=', archive).execute()
      await recordUndo(change, row, archive, step)
      return touched(ctx, db, row)
    })
  })
}

async function recordUndo(
  change: Change,
  row: RunRow,
  archive: string,
  step: number | null,
): Promise<void> {
  const name = `${row.name} after going back to ${step}`
  await change
    .sql<RunsTables>()
    .updateTable('runs')
    .set({ name })
    .where('id', '=', archive)
    .execute()
  change.record({
    verb: 'run.rewind-undone',
    subject: subject('run', row.id),
    project: row.project,
    inputs: [subject('run', archive)],
    detail: { name: row.name, step },
  })
}

/** What is remembered of the run is of what it had. */
async function changed(ctx: Context, run: string, work: () => Promise<Run>): Promise<Run> {
  const after = await retryOutpaced(work)
  forgetAppended(ctx, run)
  ctx.pulse(subject('run', run))
  return after
}

function countOf(plan: HistoryPlan): number {
  return plan.summaries.reduce((sum, { count }) => sum + count, 0)
}

async function lastRewind(
  db: ReturnType<typeof readRuns>,
  run: string,
): Promise<Pick<RunForkRow, 'run_id' | 'step'>> {
  const row = await db
    .selectFrom('run_forks')
    .select(['run_id', 'step'])
    .where('source_run', '=', run)
    .where('kind', '=', 'rewind')
    .orderBy('created_at', 'desc')
    .orderBy('run_id', 'desc')
    .executeTakeFirst()
  if (row === undefined) throw nothingToUndo(run)
  return row
}

function nothingToUndo(run: string): GyreError {
  return new GyreError({
    code: 'conflict',
    public: `Run ${run} was not taken back to a step, or that was undone already.`,
  })
}

/** A deleted run that looks as the run does now, to keep its history. */
async function insertArchive(
  ctx: Context,
  db: RunsTransaction,
  row: RunRow,
  step: number,
): Promise<string> {
  const now = ctx.clock()
  const id = ctx.newId()
  const archive: RunRow = {
    ...row,
    id,
    name: `${row.name} before going back to ${step}`,
    status: row.ended_at === null ? 'finished' : row.status,
    state: 'deleted',
    artifact_uri: artifactUriOf(row),
    ended_at: row.ended_at ?? now,
    created_at: now,
    updated_at: now,
  }
  await db.insertInto('runs').values(archive).execute()
  for (const table of ['run_parameters', 'run_tags'] as const) {
    await sql`insert into ${sql.table(table)} (run_id, key, value)
      select ${id}, key, value from ${sql.table(table)} where run_id = ${row.id}`.execute(db)
  }
  const fork = { run_id: id, source_run: row.id, step, kind: 'rewind', created_at: now }
  await db.insertInto('run_forks').values(fork).execute()
  return id
}

async function touched(ctx: Context, db: RunsTransaction, row: RunRow): Promise<Run> {
  const updated_at = ctx.clock()
  await db.updateTable('runs').set({ updated_at }).where('id', '=', row.id).execute()
  return describeRun(db, { ...row, updated_at })
}
