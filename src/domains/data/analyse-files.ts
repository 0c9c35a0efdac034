import { parseStored } from '#kernel/json'
import type { FrameColumn } from '#ports/frames/frames'
import type { Context } from '#domains/access/index'
import { checkTable } from './check-table.ts'
import { arrivedFiles, type ComparedVersion, compareProfiles } from './compare-profiles.ts'
import type {
  ChangeReport,
  DataFile,
  DataProfile,
  Expectation,
  ExpectationResult,
  Verdict,
} from './dataset.ts'
import type { ColumnEdges, FileProfile } from './file-profile.ts'
import { readFileList } from './file-list.ts'
import { mergeProfiles, mergeSchemas } from './merge-profiles.ts'
import { type ProfiledFiles, profileFiles } from './profile-files.ts'
import { type DatasetRow, readData, versionDetailColumns } from './store.ts'
import { readingFile, scanFiles, tableFile } from './tabular.ts'

/** All that a commit says about its files. */
export interface Analysis {
  schema: FrameColumn[]
  profile: DataProfile
  changes: ChangeReport
  verdict: Verdict | null
}

export interface Parent extends ComparedVersion {
  digest: string
  edges: ColumnEdges
}

/** The version that a commit builds on, with what was measured of it. */
export async function readParent(
  ctx: Context,
  dataset: Pick<DatasetRow, 'project' | 'name' | 'latest_version'>,
): Promise<Parent | undefined> {
  if (dataset.latest_version === null) return undefined
  return readCompared(ctx, dataset.project, dataset.name, dataset.latest_version)
}

/** A version as one side of a comparison; the caller knows that it exists. */
export async function readCompared(
  ctx: Context,
  project: string,
  name: string,
  version: number,
): Promise<Parent> {
  const row = await readData(ctx)
    .selectFrom('data_versions')
    .select(versionDetailColumns)
    .where('project', '=', project)
    .where('dataset', '=', name)
    .where('version', '=', version)
    .executeTakeFirstOrThrow()
  const { columns } = parseStored<DataProfile>(row.profile)
  return {
    version: row.version,
    digest: row.digest,
    files: await readFileList(ctx, row.digest),
    schema: parseStored<FrameColumn[]>(row.schema_columns),
    columns,
    rows: row.rows,
    edges: edgesOf(columns),
  }
}

export function edgesOf(columns: DataProfile['columns']): ColumnEdges {
  const edges: ColumnEdges = {}
  for (const { name, type, histogram } of columns) {
    if (histogram !== null && type !== 'timestamp') edges[name] = histogram.edges
  }
  return edges
}

/** Measures, compares and checks the files of a version to be. */
export async function analyseFiles(
  ctx: Context,
  dataset: DatasetRow,
  parent: Parent | undefined,
  files: readonly DataFile[],
  version: number,
): Promise<Analysis> {
  const profiled = await profileFiles(ctx, files, parent?.edges ?? {})
  const all = profilesOf(profiled, files)
  const schema = mergeSchemas(all)
  const merged = mergeProfiles(all, profiled.edges)
  const profile = { ...merged, unread: profiled.unread.slice(0, 1000) }
  const rows = all.length === 0 ? null : merged.rows
  const arrived = arrivedFiles(parent?.files ?? [], files)
  const arrivedProfiles = profilesOf(profiled, arrived)
  const arrivedMerged = mergeProfiles(arrivedProfiles, profiled.edges)
  const changes = compareProfiles(
    parent,
    { version, files, schema, columns: merged.columns, rows },
    { rows: rows === null ? null : arrivedMerged.rows, columns: arrivedMerged.columns },
  )
  const expectations = [
    ...impliedExpectations(dataset),
    ...parseStored<Expectation[]>(dataset.expectations),
  ]
  const verdict = await checkFilesAgainst(ctx, expectations, profiled, files, arrived)
  return { schema, profile, changes, verdict }
}

function profilesOf({ profiles }: ProfiledFiles, files: readonly DataFile[]): FileProfile[] {
  return files.flatMap((file) => profiles.get(file.sha256) ?? [])
}

/** Features and monitors need the columns of time; a version without them could not be used. */
export function impliedExpectations(
  dataset: Pick<DatasetRow, 'timestamp_column' | 'known_at_column'>,
): Expectation[] {
  const columns = [dataset.timestamp_column, dataset.known_at_column].filter(
    (name) => name !== null,
  )
  return [...new Set(columns)].map((column) => ({
    type: 'expect_column_values_to_be_of_type',
    kwargs: { column, type_: 'TIMESTAMP' },
    severity: 'refuse',
    scope: 'batch',
  }))
}

/**
 * Checks the arrived files, and all files for expectations of that scope. Null without expectations.
 * What did not arrive cannot be wrong: a commit that only removes files meets those of a batch.
 */
export async function checkFilesAgainst(
  ctx: Context,
  expectations: readonly Expectation[],
  profiled: ProfiledFiles,
  files: readonly DataFile[],
  arrived: readonly DataFile[],
): Promise<Verdict | null> {
  if (expectations.length === 0) return null
  const checks = (['batch', 'version'] as const).map(async (scope) => {
    const asked = expectations.filter((expectation) => expectation.scope === scope)
    return checkTables(ctx, asked, profiled, scope === 'batch' ? arrived : files)
  })
  const answers = new Map((await Promise.all(checks)).flat().map((r) => [r.expectation_config, r]))
  const results = expectations.flatMap((expectation) => answers.get(expectation) ?? [])
  const rows = profilesOf(profiled, arrived).reduce((sum, file) => sum + file.rows, 0)
  return verdictOf(results, arrived.length, rows)
}

async function checkTables(
  ctx: Context,
  expectations: readonly Expectation[],
  profiled: ProfiledFiles,
  files: readonly DataFile[],
): Promise<ExpectationResult[]> {
  const tables = files.filter(
    (file) => tableFile(file) !== undefined && profiled.profiles.has(file.sha256),
  )
  const [first] = tables
  if (expectations.length === 0 || first === undefined) return []
  const profiles = profilesOf(profiled, tables)
  return readingFile(ctx, first, () =>
    ctx.frames.session(async (session) =>
      checkTable(
        session,
        {
          source: await scanFiles(ctx, session, tables),
          rows: profiles.reduce((sum, file) => sum + file.rows, 0),
          columns: mergeSchemas(profiles),
          fileColumns: profiles.map((file) => file.columns.map((column) => column.name)),
        },
        expectations,
      ),
    ),
  )
}

function verdictOf(results: ExpectationResult[], files: number, rows: number): Verdict {
  const successful = results.filter((result) => result.success).length
  return {
    success: results.every(
      (result) => result.success || result.expectation_config.severity === 'warn',
    ),
    results,
    statistics: {
      evaluated_expectations: results.length,
      successful_expectations: successful,
      unsuccessful_expectations: results.length - successful,
      success_percent: results.length === 0 ? null : (100 * successful) / results.length,
    },
    files,
    rows,
  }
}
