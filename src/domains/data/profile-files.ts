import { canonicalJson, parseStored } from '#kernel/json'
import { GyreError } from '#kernel/errors'
import type { FrameSession, QueryOptions } from '#ports/frames/frames'
import type { Context } from '#domains/access/index'
import type { DataFile, DataProfile } from './dataset.ts'
import type { ColumnEdges, FileProfile } from './file-profile.ts'
import { measureTable } from './measure-file.ts'
import { chooseEdges } from './merge-profiles.ts'
import { type DataTables, readData } from './store.ts'
import { checkStatistics } from './check-statistics.ts'
import {
  checkFields,
  checkReadable,
  readingFile,
  type TableFile,
  tableFile,
  type ReadableFile,
} from './tabular.ts'

/** What is known of a version's files, measured or remembered. */
export interface ProfiledFiles {
  edges: ColumnEdges
  /** By sha256; files that are no tables are not among them. */
  profiles: Map<string, FileProfile>
  unread: DataProfile['unread']
}

/** Changes when what is measured changes: then all is measured anew. */
const measureFormat = 1
const rowsPerQuery = 500

/**
 * Profiles files, reading only content that was not read before. `before` are the edges of the
 * version before; columns that have none yet get them from these files. Errors: `invalid` for a
 * table that cannot be read, naming file and row. `limits` are those of each query.
 */
export async function profileFiles(
  ctx: Context,
  files: readonly DataFile[],
  before: ColumnEdges,
  limits: QueryOptions = {},
): Promise<ProfiledFiles> {
  const tables = files.map(tableFile).filter((table) => table !== undefined)
  const unread = files.filter((file) => tableFile(file) === undefined).map(notATable)
  const isFirst = Object.keys(before).length === 0
  // The first file is enough to choose edges by, so that the others are read only once.
  const start = isFirst ? await edgesFrom(ctx, tables.slice(0, 1), before, limits) : before
  const measured = await measureAll(ctx, tables, start, limits)
  const edges = chooseEdges([...measured.profiles.values()], start)
  const complete = Object.keys(edges).length === Object.keys(start).length
  const { profiles, failures } = complete ? measured : await measureAll(ctx, tables, edges, limits)
  return { edges, profiles, unread: [...unread, ...failures] }
}

async function edgesFrom(
  ctx: Context,
  tables: readonly TableFile[],
  known: ColumnEdges,
  limits: QueryOptions,
): Promise<ColumnEdges> {
  const { profiles } = await measureAll(ctx, tables, known, limits)
  return chooseEdges([...profiles.values()], known)
}

function notATable(file: ReadableFile): { path: string; reason: string } {
  return { path: file.path, reason: 'it is no table (Parquet, CSV or JSON), so it has no profile' }
}

async function measureAll(
  ctx: Context,
  tables: readonly TableFile[],
  edges: ColumnEdges,
  limits: QueryOptions,
): Promise<{ profiles: Map<string, FileProfile>; failures: DataProfile['unread'] }> {
  const key = ctx.digest(canonicalJson({ format: measureFormat, edges }))
  const wanted = [...new Set(tables.map((table) => table.file.sha256))]
  const profiles = await readCached(ctx, wanted, key)
  const failures: DataProfile['unread'] = []
  for (const table of tables) {
    if (profiles.has(table.file.sha256)) continue
    try {
      const profile = await measureFile(ctx, table, edges, limits)
      profiles.set(table.file.sha256, profile)
      await remember(ctx, table.file.sha256, key, profile)
    } catch (thrown) {
      if (table.strict || !(thrown instanceof GyreError) || thrown.code !== 'invalid') throw thrown
      failures.push(notATable(table.file))
    }
  }
  return { profiles, failures }
}

async function readCached(
  ctx: Context,
  digests: readonly string[],
  key: string,
): Promise<Map<string, FileProfile>> {
  const found = new Map<string, FileProfile>()
  for (let start = 0; start < digests.length; start += rowsPerQuery) {
    const rows = await readData(ctx)
      .selectFrom('data_file_profiles')
      .select(['sha256', 'profile'])
      .where('sha256', 'in', digests.slice(start, start + rowsPerQuery))
      .where('edges_digest', '=', key)
      .execute()
    for (const row of rows) found.set(row.sha256, parseStored<FileProfile>(row.profile))
  }
  return found
}

/** Measurements are no state: they can be taken again, so nothing is recorded. */
async function remember(
  ctx: Context,
  sha256: string,
  key: string,
  profile: FileProfile,
): Promise<void> {
  await ctx.tables.write<DataTables, void>(async (tx) => {
    await tx
      .insertInto('data_file_profiles')
      .values({ sha256, edges_digest: key, profile: JSON.stringify(profile) })
      .onConflict((c) => c.doNothing())
      .execute()
  })
}

async function measureFile(
  ctx: Context,
  table: TableFile,
  edges: ColumnEdges,
  limits: QueryOptions,
): Promise<FileProfile> {
  await checkReadable(ctx, table)
  return readingFile(ctx, table.file, () =>
    ctx.frames.session(async (session) => {
      const path = await ctx.blobs.localPath(table.file.sha256)
      const source = await tableSource(session, path, table, limits)
      await checkFields(ctx, session, table, source)
      if (table.format === 'parquet') await checkStatistics(session, path, source, limits)
      return measureTable(session, source, edges, limits)
    }),
  )
}

/** Parquet is read where it lies; text is parsed once, into a table. */
async function tableSource(
  session: FrameSession,
  path: string,
  { format }: TableFile,
  limits: QueryOptions,
): Promise<string> {
  const scan = session.scan([path], format)
  if (format === 'parquet') return scan
  await session.run(`CREATE TEMP TABLE measured AS SELECT * FROM ${scan}`, limits)
  return 'measured'
}
