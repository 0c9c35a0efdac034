import { GyreError, invalid, notFound } from '#kernel/errors'
import { subject } from '#kernel/subjects'
import { authorize, type Context } from '#domains/access/index'
import { commit } from '#domains/journal/index'
import { commitOf } from './create-run.ts'
import { writeImported } from './imported-items.ts'
import { gitCommitTag, separateTags } from './mirrored-tags.ts'
import { runName } from './run-name.ts'
import type { Lifecycle, RunEnvironment } from './run.ts'
import type { RunStatus } from './status.ts'
import { runColumns, type RunRow, type RunsTables, type RunsTransaction } from './store.ts'
import { writeParameters, writeTags } from './write-texts.ts'

/** A run of another tracking server, with its own id, author and times. */
export interface ImportedRun {
  project: string
  id: string
  /** The number that its experiment has here. */
  experiment: number
  name: string
  user: string
  status: RunStatus
  state: Lifecycle
  startedAt: number | null
  endedAt: number | null
  /** Empty: its files come here. */
  artifactUri: string
  parameters: Record<string, string>
  tags: Record<string, string>
  /**
   * Set once points, files and links are here, too: until then a deleted run can be written to, and
   * an import that ends early brings the run again.
   */
  fingerprint?: string | undefined
  source: string
}

/**
 * Brings a run; the same again changes nothing. Errors: `invalid` (id, a parameter that is here with
 * another value), `not_found` (experiment), `already_exists` (the id is another project's).
 */
export async function importRun(ctx: Context, input: ImportedRun): Promise<void> {
  authorize(ctx, 'admin', input.project)
  if (!/^[0-9a-f]{32}$/.test(input.id)) {
    throw invalid(`The run id ${JSON.stringify(input.id)} is not 32 lower-case hexadecimal digits.`)
  }
  await commit(ctx, async (change) => {
    const db = change.sql<RunsTables>()
    await checkExperiment(db, input)
    const { tags, name, description, parent } = separateTags(input.tags)
    const row = rowOf(ctx, input, { name, description, parent, commit: tags[gitCommitTag] })
    await writeRow(db, row)
    await writeParameters(db, row.id, input.parameters)
    await writeTags(db, row.id, tags)
    if (input.fingerprint === undefined) return
    await writeImported(ctx, db, {
      project: input.project,
      kind: 'run',
      sourceId: row.id,
      targetId: row.id,
      fingerprint: input.fingerprint,
    })
    const environment = JSON.parse(row.environment) as RunEnvironment
    change.record({
      verb: 'run.imported',
      subject: subject('run', row.id),
      project: input.project,
      inputs: commitOf(environment),
      detail: { name: row.name, experiment: row.experiment, source: input.source },
    })
  })
}

async function checkExperiment(db: RunsTransaction, input: ImportedRun): Promise<void> {
  const row = await db
    .selectFrom('experiments')
    .select('number')
    .where('project', '=', input.project)
    .where('number', '=', input.experiment)
    .executeTakeFirst()
  if (row === undefined) throw notFound('experiment', String(input.experiment))
}

function rowOf(
  ctx: Context,
  input: ImportedRun,
  mirrored: {
    name: string | undefined
    description: string | undefined
    parent: string | undefined
    commit: string | undefined
  },
): RunRow {
  const { commit: gitCommit } = mirrored
  const createdAt = input.startedAt ?? ctx.clock()
  return {
    id: input.id,
    project: input.project,
    experiment: input.experiment,
    name: input.name || mirrored.name || runName(input.id),
    description: mirrored.description ?? '',
    status: input.status,
    state: input.fingerprint === undefined ? 'active' : input.state,
    user_name: input.user,
    reason: null,
    parent: mirrored.parent ?? null,
    environment: JSON.stringify(
      gitCommit === undefined ? {} : { gitCommit: gitCommit.slice(0, 100) },
    ),
    artifact_uri: input.artifactUri,
    deleted_with_experiment: 0,
    started_at: input.startedAt,
    ended_at: input.endedAt,
    created_at: createdAt,
    updated_at: input.endedAt ?? createdAt,
  }
}

async function writeRow(db: RunsTransaction, row: RunRow): Promise<void> {
  const known = await db
    .selectFrom('runs')
    .select(runColumns)
    .where('id', '=', row.id)
    .executeTakeFirst()
  if (known !== undefined && known.project !== row.project) {
    throw new GyreError({
      code: 'already_exists',
      public: `The run ${row.id} is in the project "${known.project}" already. Import into that one.`,
    })
  }
  await db
    .insertInto('runs')
    .values(row)
    .onConflict((c) => c.column('id').doUpdateSet(row))
    .execute()
}
