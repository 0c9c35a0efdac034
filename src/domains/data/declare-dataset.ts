import { invalid } from '#kernel/errors'
import { canonicalJson, type JsonObject } from '#kernel/json'
import { checkName } from '#kernel/names'
import { subject } from '#kernel/subjects'
import { authorize, type Context } from '#domains/access/index'
import { commit } from '#domains/journal/index'
import { type Dataset, datasetFromRow } from './dataset.ts'
import { parseExpectations } from './parse-expectations.ts'
import { datasetColumns, type DatasetRow, type DataTables } from './store.ts'

export interface DatasetDefinition {
  description: string
  path: string | null
  timestamp: string | null
  knownAt: string | null
  /** YAML text, or a list in either form of Great Expectations. */
  expectations: unknown
}

/**
 * Creates a data set or changes its definition; the same definition again changes nothing.
 * Versions that exist keep the verdict of the expectations of their time. Errors: `invalid`.
 */
export async function declareDataset(
  ctx: Context,
  input: { project: string; dataset: string } & DatasetDefinition,
): Promise<Dataset> {
  authorize(ctx, 'editor', input.project)
  const name = checkName('data set', input.dataset)
  const wanted = definitionRow(input)
  return commit(ctx, async (change) => {
    const db = change.sql<DataTables>()
    const known = await db
      .selectFrom('datasets')
      .select(datasetColumns)
      .where('project', '=', input.project)
      .where('name', '=', name)
      .executeTakeFirst()
    if (known !== undefined && isSame(known, wanted)) return datasetFromRow(known, 0)
    const now = ctx.clock()
    const row: DatasetRow = {
      project: input.project,
      name,
      ...wanted,
      latest_version: known?.latest_version ?? null,
      last_version: known?.last_version ?? 0,
      created_at: known?.created_at ?? now,
      // Commits that were analysed by the old definition must see that it changed.
      updated_at: Math.max(now, (known?.updated_at ?? 0) + 1),
    }
    if (known === undefined) await db.insertInto('datasets').values(row).execute()
    else {
      await db
        .updateTable('datasets')
        .set({ ...wanted, updated_at: row.updated_at })
        .where('project', '=', row.project)
        .where('name', '=', name)
        .execute()
    }
    change.record({
      verb: known === undefined ? 'dataset.declared' : 'dataset.changed',
      subject: subject('data', name),
      project: input.project,
      detail: detailOf(row),
    })
    return datasetFromRow(row, 0)
  })
}

type DefinitionRow = Pick<
  DatasetRow,
  'description' | 'path' | 'timestamp_column' | 'known_at_column' | 'expectations'
>

function definitionRow(input: DatasetDefinition): DefinitionRow {
  if (input.knownAt !== null && input.timestamp === null) {
    throw invalid('A data set with a known_at column needs a timestamp column, too.')
  }
  return {
    description: input.description,
    path: input.path,
    timestamp_column: input.timestamp,
    known_at_column: input.knownAt,
    expectations: canonicalJson(parseExpectations(input.expectations)),
  }
}

function isSame(known: DatasetRow, wanted: DefinitionRow): boolean {
  return (Object.keys(wanted) as (keyof DefinitionRow)[]).every((key) => known[key] === wanted[key])
}

function detailOf(row: DatasetRow): JsonObject {
  return {
    path: row.path,
    timestamp: row.timestamp_column,
    knownAt: row.known_at_column,
    expectations: (JSON.parse(row.expectations) as unknown[]).length,
  }
}
