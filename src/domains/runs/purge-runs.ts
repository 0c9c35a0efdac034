import type { Transaction } from 'kysely'
import { GyreError, notFound } from '#kernel/errors'
import { subject } from '#kernel/subjects'
import { authorize, type Context } from '#domains/access/index'
import { type FreedBytes, freedBytes } from '#domains/data/index'
import { type Change, commit } from '#domains/journal/index'
import { artifactDirectory } from './artifact-place.ts'
import { removeTree } from './artifact-tree.ts'
import { readRuns, runColumns, type RunRow, type RunsReader, type RunsTables } from './store.ts'

/** What later rooms use of runs: run by reason. Read in the change that would purge it. */
export type RunsInUse = (
  db: Transaction<unknown>,
  project: string,
) => Promise<ReadonlyMap<string, string>>

export interface Purge extends FreedBytes {
  dryRun: boolean
  /** Runs that went, or would go. */
  purged: { run: string; name: string; deletedAt: number; files: number; sizeBytes: number }[]
  kept: { run: string; name: string; reason: string }[]
  /** There are more than one purge takes. */
  more: boolean
}

export interface PurgeInput {
  project: string
  dryRun: boolean
  /** Only runs that were deleted before then, in milliseconds. */
  deletedBefore: number
  /** These only; default: every deleted run. */
  runs?: readonly string[] | undefined
}

const mostRuns = 1000
const runsPerChange = 50

/**
 * Takes deleted runs away for good, with their metrics and files, or says what that would free, as
 * `mlflow gc` does. A run that something uses stays. Each is journaled. Errors: `not_found`,
 * `refused` for a named run that is not deleted.
 */
export async function purgeRuns(ctx: Context, input: PurgeInput, inUse: RunsInUse): Promise<Purge> {
  authorize(ctx, 'admin', input.project)
  const db = readRuns(ctx)
  await checkNamed(db, input)
  const rows = await deletedRuns(db, input)
  const used = await keptRuns(db, input.project, rows, inUse)
  const going = rows.slice(0, mostRuns).filter(({ id }) => !used.has(id))
  const { files, ...freed } = await filesOf(ctx, input.project, going)
  if (!input.dryRun) {
    for (let start = 0; start < going.length; start += runsPerChange) {
      await purge(ctx, input.project, going.slice(start, start + runsPerChange), inUse)
    }
  }
  return {
    dryRun: input.dryRun,
    purged: going.map((row) => ({
      run: row.id,
      name: row.name,
      deletedAt: row.updated_at,
      files: files.get(row.id)?.length ?? 0,
      sizeBytes: (files.get(row.id) ?? []).reduce((sum, size) => sum + size, 0),
    })),
    kept: rows
      .filter(({ id }) => used.has(id))
      .map(({ id, name }) => ({ run: id, name, reason: used.get(id) ?? '' })),
    more: rows.length > mostRuns,
    ...freed,
  }
}

/** Runs that something uses, and those whose points another run has as well. */
async function keptRuns(
  db: RunsReader,
  project: string,
  rows: readonly RunRow[],
  inUse: RunsInUse,
): Promise<ReadonlyMap<string, string>> {
  const kept = new Map(await inUse(db as unknown as Transaction<unknown>, project))
  const ids = rows.map(({ id }) => id)
  for (let start = 0; start < ids.length; start += runsPerChange) {
    const shares = await db
      .selectFrom('metric_shares')
      .select(['source_run', 'run_id'])
      .distinct()
      .where('source_run', 'in', ids.slice(start, start + runsPerChange))
      .whereRef('run_id', '!=', 'source_run')
      .execute()
    for (const { source_run, run_id } of shares) {
      kept.set(source_run, `The run ${run_id} shares its points.`)
    }
  }
  return kept
}

async function checkNamed(db: RunsReader, { project, runs = [] }: PurgeInput): Promise<void> {
  for (const id of runs) {
    const row = await db
      .selectFrom('runs')
      .select('state')
      .where('project', '=', project)
      .where('id', '=', id)
      .executeTakeFirst()
    if (row === undefined) throw notFound('run', id.slice(0, 100))
    if (row.state === 'deleted') continue
    throw new GyreError({
      code: 'refused',
      public: `The run ${id} is not deleted. Delete it first: gyre runs delete ${id}`,
    })
  }
}

/** Those that went with their experiment were deleted when that was. */
async function deletedRuns(db: RunsReader, input: PurgeInput): Promise<RunRow[]> {
  const { project, deletedBefore, runs } = input
  return db
    .selectFrom('runs')
    .innerJoin('experiments', (join) =>
      join
        .onRef('experiments.project', '=', 'runs.project')
        .onRef('experiments.number', '=', 'runs.experiment'),
    )
    .select(runColumns.map((column) => `runs.${column}` as const))
    .where('runs.project', '=', project)
    .where('runs.state', '=', 'deleted')
    .where('runs.updated_at', '<', deletedBefore)
    .where((eb) =>
      eb.or([
        eb('runs.deleted_with_experiment', '=', 0),
        eb('experiments.updated_at', '<', deletedBefore),
      ]),
    )
    .$if(runs !== undefined, (query) => query.where('runs.id', 'in', [...(runs ?? []), '']))
    .orderBy('runs.updated_at')
    .limit(mostRuns + 1)
    .execute()
}

async function filesOf(
  ctx: Context,
  project: string,
  rows: readonly RunRow[],
): Promise<FreedBytes & { files: ReadonlyMap<string, number[]> }> {
  const files = new Map<string, number[]>()
  const sizes = new Map<string, number>()
  const directories = new Set<string>()
  for (const row of rows) {
    const directory = artifactDirectory(row)
    directories.add(directory)
    const found = await readRuns(ctx)
      .selectFrom('artifacts')
      .select(['sha256', 'size_bytes'])
      .where('project', '=', project)
      .where('path', '>=', `${directory}/`)
      .where('path', '<', `${directory}0`)
      .execute()
    for (const { sha256, size_bytes } of found) sizes.set(sha256, size_bytes)
    files.set(
      row.id,
      found.map(({ size_bytes }) => size_bytes),
    )
  }
  const isGoing = (table: string, row: Readonly<Record<string, unknown>>): boolean =>
    table === 'artifacts' &&
    row['project'] === project &&
    prefixesOf(String(row['path'])).some((prefix) => directories.has(prefix))
  return { files, ...(await freedBytes(ctx, project, sizes, isGoing)) }
}

function prefixesOf(path: string): string[] {
  const parts = path.split('/')
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'))
}

const ofRuns = [
  'metric_shares',
  'metric_hidden',
  'run_forks',
  'run_parameters',
  'run_tags',
  'run_metrics',
  'metric_heads',
  'metric_segments',
  'metric_chunks',
  'model_metrics',
  'run_dataset_inputs',
  'run_models',
  'run_links',
] as const satisfies readonly (keyof RunsTables)[]

/** Whoever was brought back, or came to be used, meanwhile stays. */
async function purge(
  ctx: Context,
  project: string,
  rows: readonly RunRow[],
  inUse: RunsInUse,
): Promise<void> {
  await commit(ctx, async (change) => {
    const db = change.sql<RunsTables>()
    const used = await keptRuns(db, project, rows, inUse)
    const still = await db
      .selectFrom('runs')
      .select(runColumns)
      .where('project', '=', project)
      .where('state', '=', 'deleted')
      .where(
        'id',
        'in',
        rows.map(({ id }) => id),
      )
      .execute()
    const going = still.filter(({ id }) => !used.has(id))
    const ids = going.map(({ id }) => id)
    if (ids.length === 0) return
    for (const table of ofRuns) await db.deleteFrom(table).where('run_id', 'in', ids).execute()
    await db.deleteFrom('runs').where('id', 'in', ids).execute()
    await db
      .deleteFrom('imported_items')
      .where('project', '=', project)
      .where('kind', '=', 'run')
      .where('target_id', 'in', ids)
      .execute()
    for (const row of going) await recordPurge(change, project, row)
  })
}

async function recordPurge(change: Change, project: string, row: RunRow): Promise<void> {
  const files = await removeTree(change.sql<RunsTables>(), project, artifactDirectory(row))
  change.record({
    verb: 'run.purged',
    subject: subject('run', row.id),
    project,
    detail: { name: row.name, experiment: row.experiment, files },
  })
}
