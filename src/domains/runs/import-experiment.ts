import { parseStored } from '#kernel/json'
import { subject } from '#kernel/subjects'
import { authorize, type Context } from '#domains/access/index'
import { commit } from '#domains/journal/index'
import { checkExperimentName } from './experiments.ts'
import { writeImported } from './imported-items.ts'
import type { Lifecycle } from './run.ts'
import {
  experimentColumns,
  type ExperimentRow,
  type RunsTables,
  type RunsTransaction,
} from './store.ts'

/** An experiment of another tracking server, with its own times. */
export interface ImportedExperiment {
  project: string
  /** Kept where no other experiment has it, up to twelve digits. */
  number: number
  name: string
  tags: Record<string, string>
  state: Lifecycle
  /** Empty: its runs' files come here. */
  artifactLocation: string
  createdAt: number
  updatedAt: number
  /** Where it comes from, for the record. */
  source: string
}

/**
 * Brings an experiment, once: one of the same name is taken for the same, and gets the tags. Gives
 * the number that it has here. Errors: `invalid`.
 */
export async function importExperiment(
  ctx: Context,
  input: ImportedExperiment,
): Promise<{ number: number }> {
  authorize(ctx, 'admin', input.project)
  const name = checkExperimentName(input.name)
  return commit(ctx, async (change) => {
    const db = change.sql<RunsTables>()
    const known = await findNamed(db, input.project, name)
    const row = known === undefined ? await newRow(db, input, name) : merged(known, input)
    await db
      .insertInto('experiments')
      .values(row)
      .onConflict((c) => c.columns(['project', 'number']).doUpdateSet(row))
      .execute()
    await writeImported(ctx, db, {
      project: input.project,
      kind: 'experiment',
      sourceId: String(input.number),
      targetId: String(row.number),
      fingerprint: '',
    })
    change.record({
      verb: 'experiment.imported',
      subject: subject('experiment', String(row.number)),
      project: input.project,
      detail: { name, id: input.number, source: input.source },
    })
    return { number: row.number }
  })
}

async function findNamed(
  db: RunsTransaction,
  project: string,
  name: string,
): Promise<ExperimentRow | undefined> {
  return db
    .selectFrom('experiments')
    .select(experimentColumns)
    .where('project', '=', project)
    .where('name', '=', name)
    .executeTakeFirst()
}

async function newRow(
  db: RunsTransaction,
  input: ImportedExperiment,
  name: string,
): Promise<ExperimentRow> {
  return {
    project: input.project,
    number: await freeNumber(db, input, name),
    name,
    description: '',
    tags: JSON.stringify(input.tags),
    state: input.state,
    artifact_location: input.artifactLocation,
    created_at: input.createdAt,
    updated_at: input.updatedAt,
  }
}

/** Numbers go on from the highest, so that one near the end of what is exact leaves no room. */
const highestKept = 999_999_999_999

/** Its own where that is free and not too high. 0 is Default's alone. */
async function freeNumber(
  db: RunsTransaction,
  { project, number }: ImportedExperiment,
  name: string,
): Promise<number> {
  if (number === 0 && name === 'Default') return 0
  const rows = await db
    .selectFrom('experiments')
    .select('number')
    .where('project', '=', project)
    .execute()
  const taken = new Set(rows.map((row) => row.number))
  const isKept = number > 0 && number <= highestKept && !taken.has(number)
  return isKept ? number : Math.max(0, ...taken) + 1
}

function merged(known: ExperimentRow, input: ImportedExperiment): ExperimentRow {
  const tags = { ...parseStored<Record<string, string>>(known.tags), ...input.tags }
  return {
    ...known,
    tags: JSON.stringify(tags),
    created_at:
      known.created_at === 0 ? input.createdAt : Math.min(known.created_at, input.createdAt),
    updated_at: Math.max(known.updated_at, input.updatedAt),
  }
}
