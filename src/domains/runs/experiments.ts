import { GyreError, invalid, notFound } from '#kernel/errors'
import { parseStored } from '#kernel/json'
import { authorizeCreation, type Context, grantToCreator, type Reach } from '#domains/access/index'
import { type Change, rawStatement, runRaw } from '#domains/journal/index'
import type { Experiment, Lifecycle } from './run.ts'
import {
  experimentColumns,
  type ExperimentRow,
  type RunsReader,
  type RunsTables,
  type RunsTransaction,
} from './store.ts'

export const defaultExperimentName = 'Default'

const selectProject = rawStatement('select created_at from projects where name = ?')

/**
 * What stands for Default in a project in which nobody has logged yet: as old as the project, and
 * never changed (`updated_at` is 0).
 */
export async function unwrittenDefault(db: RunsReader, project: string): Promise<ExperimentRow> {
  const [known] = await runRaw<{ created_at: number }>(db, selectProject, [project])
  return {
    project,
    number: 0,
    name: defaultExperimentName,
    description: '',
    tags: '{}',
    state: 'active',
    artifact_location: '',
    created_at: Number(known?.created_at ?? 0),
    updated_at: 0,
  }
}

/** What names an experiment: what somebody typed, an id or a name, or what is surely one of them. */
export type ExperimentReference = string | { id: string } | { name: string }

/**
 * An experiment within reach by id or by name; Default is there before anything was written. Errors:
 * `not_found`, `forbidden`.
 */
export async function findExperiment(
  db: RunsReader,
  reach: Reach,
  reference: ExperimentReference,
): Promise<ExperimentRow> {
  const row = await lookUpExperiment(db, reach.project, reference)
  if (row === undefined) throw noExperiment(reference)
  reach.require(String(row.number))
  return row
}

function noExperiment(reference: ExperimentReference): GyreError {
  const hint = 'List what there is with `gyre runs experiments`.'
  if (typeof reference === 'string') return notFound('experiment', reference.slice(0, 200), hint)
  const public_ =
    'id' in reference
      ? `No Experiment with id=${reference.id.slice(0, 200)} exists.`
      : `Could not find experiment with name '${reference.name.slice(0, 500)}'.`
  return new GyreError({ code: 'not_found', public: `${public_} ${hint}` })
}

/** Two look-ups by key: an `or` of both would walk over all experiments of the project. */
const selectExperiment = rawStatement(
  `select ${experimentColumns.join(', ')} from experiments where project = ? and number = ?
  union
  select ${experimentColumns.join(', ')} from experiments where project = ? and name = ?`,
)

async function lookUpExperiment(
  db: RunsReader,
  project: string,
  reference: ExperimentReference,
): Promise<ExperimentRow | undefined> {
  const { number, name } = namesOf(reference)
  const rows = await runRaw<ExperimentRow>(db, selectExperiment, [project, number, project, name])
  // A name of digits wins over the id of another experiment: it is what somebody typed.
  const row = rows.find((r) => r.name === name) ?? rows[0]
  if (row !== undefined) return row
  return number === 0 || name === defaultExperimentName ? unwrittenDefault(db, project) : undefined
}

/** -1 and the empty name are no experiment's. */
function namesOf(reference: ExperimentReference): { number: number; name: string } {
  if (typeof reference === 'string') {
    return { number: numberOf(reference), name: normalName(reference) }
  }
  if ('id' in reference) return { number: numberOf(reference.id), name: '' }
  return { number: -1, name: normalName(reference.name) }
}

function numberOf(id: string): number {
  return /^\d{1,15}$/.test(id) ? Number(id) : -1
}

/** The experiment that a new run goes to; made when a name is new. Errors: `conflict` when deleted. */
export async function ensureExperiment(
  ctx: Context,
  change: Change,
  reach: Reach,
  reference: ExperimentReference,
): Promise<ExperimentRow> {
  const db = change.sql<RunsTables>()
  const { project } = reach
  const found = await lookUpExperiment(db, project, reference)
  if (found !== undefined) reach.require(String(found.number))
  if (found !== undefined && found.number > 0) return refuseDeleted(found)
  if (found !== undefined) return refuseDeleted(await writeDefault(ctx, db, found))
  if (typeof reference !== 'string' || /^\d+$/.test(reference)) throw noExperiment(reference)
  return insertExperiment(ctx, change, { project, name: reference, description: '', tags: {} })
}

/** Passes an active experiment. Errors: `conflict`. */
export function refuseDeleted(row: ExperimentRow): ExperimentRow {
  if (row.state === 'active') return row
  throw new GyreError({
    code: 'conflict',
    public:
      `The experiment ${row.number} must be in the 'active' state. Current state is deleted. ` +
      `Restore "${row.name}", or log to another one.`,
  })
}

async function writeDefault(
  ctx: Context,
  db: RunsTransaction,
  row: ExperimentRow,
): Promise<ExperimentRow> {
  if (row.updated_at > 0) return row
  const now = ctx.clock()
  const written = { ...row, created_at: row.created_at || now, updated_at: now }
  await db
    .insertInto('experiments')
    .values(written)
    .onConflict((c) => c.doNothing())
    .execute()
  return written
}

/** Makes an experiment, which belongs to who made it. Errors: `forbidden`, `invalid`. */
export async function insertExperiment(
  ctx: Context,
  change: Change,
  input: {
    project: string
    name: string
    description: string
    tags: Record<string, string>
    artifactLocation?: string
  },
): Promise<ExperimentRow> {
  authorizeCreation(ctx, input.project)
  const db = change.sql<RunsTables>()
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
    artifact_location: input.artifactLocation ?? '',
    created_at: now,
    updated_at: now,
  }
  await db.insertInto('experiments').values(row).execute()
  await grantToCreator(ctx, change, { project: row.project, resource: `experiment:${row.number}` })
  return row
}

/** Experiments are named by people and by MLflow's users, with spaces and slashes. */
export function checkExperimentName(name: string): string {
  const normal = normalName(name)
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  if (normal !== '' && [...normal].length <= 500 && !/[\u0000-\u001f\u007f]/.test(normal))
    return normal
  throw invalid('An experiment name has 1 to 500 characters and no control characters.')
}

function normalName(name: string): string {
  return name.normalize('NFC').trim()
}

/** An experiment without how many runs it has, which would have to be counted. */
export type ExperimentInfo = Omit<Experiment, 'runCount'>

export function experimentFromRow(row: ExperimentRow, runCount: number): Experiment {
  return { ...experimentInfo(row), runCount }
}

export function experimentInfo(row: ExperimentRow): ExperimentInfo {
  return {
    id: String(row.number),
    name: row.name,
    description: row.description,
    tags: parseStored<Record<string, string>>(row.tags),
    state: row.state as Lifecycle,
    artifactLocation: locationOf(row),
    createdAt: row.created_at,
    updatedAt: row.updated_at || row.created_at,
  }
}

/** Where an experiment's runs keep their files, as MLflow writes it. */
export function locationOf(row: Pick<ExperimentRow, 'number' | 'artifact_location'>): string {
  return row.artifact_location === '' ? `mlflow-artifacts:/${row.number}` : row.artifact_location
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
