import { GyreError, invalid } from '#kernel/errors'
import type { JsonObject } from '#kernel/json'
import { parseSubject, type Subject, subject } from '#kernel/subjects'
import { authorizeOnExperiments, type Context } from '#domains/access/index'
import { commit, rawStatement, runRaw, valueRows } from '#domains/journal/index'
import { below } from './artifact-place.ts'
import { ensureExperiment, type ExperimentReference } from './experiments.ts'
import { readLoggedRow } from './get-logged-run.ts'
import { type LoggedRun, newLoggedRun, type WrittenTexts } from './logged-run.ts'
import { checkParameters, checkTags } from './logged-texts.ts'
import { gitCommitTag, separateTags } from './mirrored-tags.ts'
import { describeRun } from './read-run.ts'
import { runName } from './run-name.ts'
import type { Run, RunEnvironment } from './run.ts'
import {
  type ExperimentRow,
  type RunRow,
  type RunsTables,
  type RunsTransaction,
  runColumns,
} from './store.ts'
import { writeParameters, writeTags } from './write-texts.ts'

export interface NewRun {
  project: string
  /** Name or id; a new name is created. */
  experiment: ExperimentReference
  /** 32 lower-case hexadecimal characters, so that a retry is the same run. Default: a new one. */
  id?: string | undefined
  name?: string | undefined
  description?: string | undefined
  parent?: string | undefined
  startedAt?: number | undefined
  parameters?: Record<string, string> | undefined
  tags?: Record<string, string> | undefined
  environment?: RunEnvironment | undefined
  /** Who runs it, where that is not who asks. */
  user?: string | undefined
  /** `data:flights@12`, `service:late@…`: what it is made from. */
  inputs?: readonly string[] | undefined
}

/**
 * Starts a run. With an `id` that exists already in this project it gives that run unchanged, so a
 * retry is harmless. Errors: `invalid`, `not_found` (experiment id, parent), `conflict`.
 */
export async function createRun(ctx: Context, input: NewRun): Promise<Run> {
  return startRun(ctx, input, ({ db, row }) => describeRun(db, row))
}

/** The same, giving it as clients log to it; of a new run nothing need be read for that. */
export async function createLoggedRun(ctx: Context, input: NewRun): Promise<LoggedRun> {
  return startRun(ctx, input, ({ db, row, written }) =>
    written === undefined ? readLoggedRow(db, row) : newLoggedRun(row, written),
  )
}

interface Started {
  db: RunsTransaction
  row: RunRow
  /** What was written with a run that is new. */
  written: WrittenTexts | undefined
}

async function startRun<T>(
  ctx: Context,
  input: NewRun,
  show: (started: Started) => T | Promise<T>,
): Promise<T> {
  const reach = authorizeOnExperiments(ctx, 'editor', input.project)
  const parameters = checkParameters(input.parameters ?? {})
  const { tags, ...mirrored } = separateTags(checkTags(input.tags ?? {}))
  const environment = environmentOf(input.environment, tags)
  const inputs = (input.inputs ?? []).map(checkSubject)
  const id = input.id ?? ctx.newId()
  if (!/^[0-9a-f]{32}$/.test(id)) {
    throw invalid('A run id is 32 lower-case hexadecimal characters.')
  }
  return commit(ctx, async (change) => {
    const db = change.sql<RunsTables>()
    const known = input.id === undefined ? undefined : await findOwn(db, input.project, id)
    if (known !== undefined) {
      reach.require(String(known.experiment))
      return show({ db, row: known, written: undefined })
    }
    if (input.parent !== undefined) await checkParent(db, input.project, input.parent)
    const experiment = await ensureExperiment(ctx, change, reach, input.experiment)
    const named = { ...mirrored, ...defined(input), environment }
    const row = await insertRun(ctx, db, named, id, experiment)
    await writeParameters(db, id, parameters)
    await writeTags(db, id, tags)
    await writeLinks(db, id, 'input', inputs)
    change.record({
      verb: 'run.created',
      subject: subject('run', id),
      project: input.project,
      inputs: [...inputs, ...commitOf(environment)],
      detail: { name: row.name, experiment: experiment.name, parameters } satisfies JsonObject,
    })
    return show({ db, row, written: { parameters, tags } })
  })
}

const insertRow = rawStatement(
  `insert into runs (${runColumns.join(', ')}) values ${valueRows(1, runColumns.length)}`,
)
const touchExperiment = rawStatement(
  'update experiments set updated_at = ? where project = ? and number = ?',
)

/** Writes the row of a new run. */
export async function insertRun(
  ctx: Context,
  db: RunsTransaction,
  input: NewRun,
  id: string,
  experiment: ExperimentRow,
): Promise<RunRow> {
  const row = newRow(ctx, input, id, experiment)
  await runRaw(
    db,
    insertRow,
    runColumns.map((column) => row[column]),
  )
  await runRaw(db, touchExperiment, [row.created_at, input.project, experiment.number])
  return row
}

async function findOwn(
  db: RunsTransaction,
  project: string,
  id: string,
): Promise<RunRow | undefined> {
  const row = await db.selectFrom('runs').select(runColumns).where('id', '=', id).executeTakeFirst()
  if (row === undefined || row.project === project) return row
  throw new GyreError({
    code: 'already_exists',
    public: `The run id ${id} is taken in another project. Leave the id out to get a new one.`,
  })
}

async function checkParent(db: RunsTransaction, project: string, parent: string): Promise<void> {
  const row = await findOwn(db, project, parent)
  if (row === undefined) throw invalid(`The parent run "${parent.slice(0, 64)}" does not exist.`)
}

/** What is given counts more than the tags that mirror it. */
function defined(input: NewRun): NewRun {
  const entries = Object.entries(input).filter(([, value]) => value !== undefined)
  return Object.fromEntries(entries) as unknown as NewRun
}

/** MLflow's clients write the commit as a tag. */
function environmentOf(
  given: RunEnvironment | undefined,
  tags: Readonly<Record<string, string>>,
): RunEnvironment {
  const commitTag = tags[gitCommitTag]
  return commitTag === undefined ? { ...given } : { gitCommit: commitTag.slice(0, 100), ...given }
}

function newRow(ctx: Context, input: NewRun, id: string, experiment: ExperimentRow): RunRow {
  const now = ctx.clock()
  const { artifact_location: location } = experiment
  return {
    id,
    project: input.project,
    experiment: experiment.number,
    name: input.name?.trim() || runName(id),
    description: input.description ?? '',
    status: 'running',
    state: 'active',
    user_name: input.user ?? ctx.principal.name,
    reason: null,
    parent: input.parent ?? null,
    environment: JSON.stringify(input.environment ?? {}),
    artifact_uri: location === '' ? '' : below(location, `${id}/artifacts`),
    deleted_with_experiment: 0,
    started_at: input.startedAt ?? now,
    ended_at: null,
    created_at: now,
    updated_at: now,
  }
}

/** A subject as a client wrote it. Errors: `invalid`. */
export function checkSubject(text: string): Subject {
  parseSubject(text)
  return text as Subject
}

export function commitOf(environment: RunEnvironment | undefined): Subject[] {
  const sha = environment?.gitCommit
  return sha === undefined || sha === '' ? [] : [subject('commit', sha)]
}

/** Adds links; those that are there stay. */
export async function writeLinks(
  db: RunsTransaction,
  run: string,
  direction: 'input' | 'output',
  subjects: readonly Subject[],
): Promise<void> {
  if (subjects.length === 0) return
  await db
    .insertInto('run_links')
    .values([...new Set(subjects)].map((text) => ({ run_id: run, direction, subject: text })))
    .onConflict((c) => c.doNothing())
    .execute()
}
