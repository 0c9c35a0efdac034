import { GyreError, invalid, notFound } from '#kernel/errors'
import { parseStored } from '#kernel/json'
import type { Context } from '#domains/access/index'
import type { Experiment, Lifecycle } from './run.ts'
import {
  experimentColumns,
  type ExperimentRow,
  type RunsReader,
  type RunsTransaction,
} from './store.ts'

export const defaultExperimentName = 'Default'

/** What stands for Default in a project in which nobody has logged yet. */
function unwrittenDefault(project: string): ExperimentRow {
  return {
    project,
    number: 0,
    name: defaultExperimentName,
    description: '',
    tags: '{}',
    state: 'active',
    created_at: 0,
    updated_at: 0,
  }
}

/** An experiment by id or by name; Default is there before anything was written. */
export async function findExperiment(
  db: RunsReader,
  project: string,
  idOrName: string,
): Promise<ExperimentRow> {
  const row = await lookUpExperiment(db, project, idOrName)
  if (row !== undefined) return row
  throw notFound(
    'experiment',
    idOrName.slice(0, 200),
    `Project "${project}" has others; list them with \`gyre runs experiments\`.`,
  )
}

async function lookUpExperiment(
  db: RunsReader,
  project: string,
  idOrName: string,
): Promise<ExperimentRow | undefined> {
  const number = /^\d{1,15}$/.test(idOrName) ? Number(idOrName) : -1
  const rows = await db
    .selectFrom('experiments')
    .select(experimentColumns)
    .where('project', '=', project)
    .where((eb) => eb.or([eb('number', '=', number), eb('name', '=', idOrName)]))
    .execute()
  // A name of digits wins over the id of another experiment: it is what somebody typed.
  const row = rows.find((r) => r.name === idOrName) ?? rows[0]
  if (row !== undefined) return row
  return number === 0 || idOrName === defaultExperimentName ? unwrittenDefault(project) : undefined
}

/** The experiment that a new run goes to; made when a name is new. Errors: `conflict` when deleted. */
export async function ensureExperiment(
  ctx: Context,
  db: RunsTransaction,
  project: string,
  idOrName: string,
): Promise<ExperimentRow> {
  const found = await lookUpExperiment(db, project, idOrName)
  if (found !== undefined && found.number > 0) return refuseDeleted(found)
  if (found !== undefined) return refuseDeleted(await writeDefault(ctx, db, found))
  if (/^\d+$/.test(idOrName)) throw notFound('experiment', idOrName)
  return insertExperiment(ctx, db, { project, name: idOrName, description: '', tags: {} })
}

function refuseDeleted(row: ExperimentRow): ExperimentRow {
  if (row.state === 'active') return row
  throw new GyreError({
    code: 'conflict',
    public: `Experiment "${row.name}" is deleted. Restore it, or log to another one.`,
  })
}

async function writeDefault(
  ctx: Context,
  db: RunsTransaction,
  row: ExperimentRow,
): Promise<ExperimentRow> {
  if (row.created_at > 0) return row
  const now = ctx.clock()
  const written = { ...row, created_at: now, updated_at: now }
  await db
    .insertInto('experiments')
    .values(written)
    .onConflict((c) => c.doNothing())
    .execute()
  return written
}

export async function insertExperiment(
  ctx: Context,
  db: RunsTransaction,
  input: { project: string; name: string; description: string; tags: Record<string, string> },
): Promise<ExperimentRow> {
  const last = await db
    .selectFrom('experiments')
    .select((eb) => eb.fn.max('number').as('number'))
    .where('project', '=', input.project)
    .executeTakeFirst()
  const now = ctx.clock()
  const row: ExperimentRow = {
    project: input.project,
    number: Math.max(0, last?.number ?? 0) + 1,
    name: checkExperimentName(input.name),
    description: input.description,
    tags: JSON.stringify(input.tags),
    state: 'active',
    created_at: now,
    updated_at: now,
  }
  await db.insertInto('experiments').values(row).execute()
  return row
}

/** Experiments are named by people and by MLflow's users, with spaces and slashes. */
export function checkExperimentName(name: string): string {
  const normal = name.normalize('NFC').trim()
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  if (normal !== '' && normal.length <= 500 && !/[\u0000-\u001f\u007f]/.test(normal)) return normal
  throw invalid('An experiment name has 1 to 500 characters and no control characters.')
}

export function experimentFromRow(row: ExperimentRow, runCount: number): Experiment {
  return {
    id: String(row.number),
    name: row.name,
    description: row.description,
    tags: parseStored<Record<string, string>>(row.tags),
    state: row.state as Lifecycle,
    runCount,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}

/** Active runs by experiment. */
export async function countRuns(
  db: RunsReader,
  project: string,
  numbers: readonly number[],
): Promise<ReadonlyMap<number, number>> {
  if (numbers.length === 0) return new Map()
  const rows = await db
    .selectFrom('runs')
    .select((eb) => ['experiment', eb.fn.countAll<number>().as('count')])
    .where('project', '=', project)
    .where('state', '=', 'active')
    .where('experiment', 'in', numbers)
    .groupBy('experiment')
    .execute()
  return new Map(rows.map((row) => [row.experiment, Number(row.count)]))
}
