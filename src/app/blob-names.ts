import { sql } from 'kysely'
import { accessBlobColumns } from '#domains/access/index'
import { dataBlobColumns } from '#domains/data/index'
import { evaluationBlobColumns } from '#domains/evaluation/index'
import { featuresBlobColumns } from '#domains/features/index'
import { modelsBlobColumns } from '#domains/models/index'
import { runsBlobColumns } from '#domains/runs/index'
import { tracesBlobColumns } from '#domains/traces/index'
import type { BlobColumn, NamingColumn } from '#ports/blobs/blob-columns'
import type { BlobKeeper, BlobNames } from '#ports/blobs/blob-names'
import type { Blobs } from '#ports/blobs/blobs'
import type { Tables } from '#ports/tables/tables'

/** What every room says of its columns. A room with a column that speaks of a digest is added here. */
const columns: readonly BlobColumn[] = [
  ...accessBlobColumns,
  ...dataBlobColumns,
  ...featuresBlobColumns,
  ...runsBlobColumns,
  ...tracesBlobColumns,
  ...evaluationBlobColumns,
  ...modelsBlobColumns,
]

/** The index of the blob store itself. */
const ownTables = /^blob_/
const speaksOfDigests = /sha256|digest|blob/
const digestPattern = /\b[0-9a-f]{64}\b/g
const valuesPerPage = 20_000
const mostKeepers = 100

type Untyped = Record<string, Record<string, unknown>>

/** Reads what the declared columns name. Rows are read in pages, so that nobody waits meanwhile. */
export function createBlobNames(tables: Tables, blobs: Blobs): BlobNames {
  const naming = columns.filter((column): column is NamingColumn => column.names !== 'no blob')
  return {
    async *live() {
      for (const column of naming) {
        const by = column.told.all
        for await (const sha256 of liveIn(tables, blobs, column)) yield { sha256, by }
      }
    },
    async keepers(sha256) {
      const found: BlobKeeper[] = []
      for (const column of naming) found.push(...(await keepersIn(tables, blobs, column, sha256)))
      return found.slice(0, mostKeepers)
    },
    async namedBesides(digests, besides) {
      const found = new Map<string, BlobKeeper>()
      for (const column of naming) {
        for await (const value of valuesOf(tables, column)) {
          const named = await namedBy(blobs, column, value, digests)
          const unknown = named.filter((sha256) => !found.has(sha256))
          if (unknown.length === 0) continue
          const keeper = await keeperBesides(tables, column, value, besides)
          if (keeper !== undefined) for (const sha256 of unknown) found.set(sha256, keeper)
        }
      }
      return found
    },
    undeclared: () => undeclared(tables),
  }
}

/** Which of the blobs a value names. */
async function namedBy(
  blobs: Blobs,
  { names }: NamingColumn,
  value: string,
  digests: ReadonlySet<string>,
): Promise<string[]> {
  if (names === 'blob') return digests.has(value) ? [value] : []
  const text = names === 'list of blobs' ? `${value} ${await readText(blobs, value)}` : value
  return digestsIn(text).filter((sha256) => digests.has(sha256))
}

/** A row with the value that is not left aside. */
async function keeperBesides(
  tables: Tables,
  { table, column, except, told }: NamingColumn,
  value: string,
  besides: (table: string, row: Readonly<Record<string, unknown>>) => boolean,
): Promise<BlobKeeper | undefined> {
  let query = tables
    .read<Untyped>()
    .selectFrom(table)
    .select([column, ...told.columns])
    .where(column, '=', value)
  if (except !== undefined) query = query.where(except.column, '!=', except.value)
  const row = (await query.execute()).find((each) => !besides(table, each))
  if (row === undefined) return undefined
  const project = typeof row['project'] === 'string' ? row['project'] : undefined
  return { project, words: told.words(row) }
}

async function undeclared(tables: Tables): Promise<string[]> {
  const declared = new Set(columns.map(({ table, column }) => `${table}.${column}`))
  const all = await tables.read<Untyped>().introspection.getTables()
  return all
    .filter(({ name }) => !ownTables.test(name))
    .flatMap((table) => table.columns.map((column) => ({ table: table.name, column: column.name })))
    .filter(({ column }) => speaksOfDigests.test(column))
    .map(({ table, column }) => `${table}.${column}`)
    .filter((name) => !declared.has(name))
    .toSorted()
}

async function* liveIn(tables: Tables, blobs: Blobs, column: NamingColumn): AsyncGenerator<string> {
  for await (const value of valuesOf(tables, column)) {
    if (column.names === 'blobs in a text') yield* digestsIn(value)
    else yield value
    if (column.names === 'list of blobs') yield* digestsIn(await readText(blobs, value))
  }
}

function digestsIn(text: string): string[] {
  return text.match(digestPattern) ?? []
}

/** A list that is not there names nothing; that it is missing is told by those who look for it. */
async function readText(blobs: Blobs, sha256: string): Promise<string> {
  if (!(await blobs.has(sha256))) return ''
  return new TextDecoder().decode(await blobs.readAll(sha256))
}

/** Each value of a column once, in their order. */
async function* valuesOf(tables: Tables, naming: NamingColumn): AsyncGenerator<string> {
  const { table, column, except } = naming
  for (let after = ''; ;) {
    let query = tables
      .read<Untyped>()
      .selectFrom(table)
      .select(column)
      .distinct()
      .where(column, '>', after)
    if (except !== undefined) query = query.where(except.column, '!=', except.value)
    const rows = await query.orderBy(column).limit(valuesPerPage).execute()
    const values = rows.map((row) => String(row[column]))
    yield* values
    const last = values.at(-1)
    if (last === undefined) return
    after = last
  }
}

async function keepersIn(
  tables: Tables,
  blobs: Blobs,
  naming: NamingColumn,
  sha256: string,
): Promise<BlobKeeper[]> {
  const { table, column, except, told, names } = naming
  let query = tables
    .read<Untyped>()
    .selectFrom(table)
    .select([column, ...told.columns])
  if (except !== undefined) query = query.where(except.column, '!=', except.value)
  if (names === 'blob') query = query.where(column, '=', sha256)
  if (names === 'blobs in a text') query = query.where(sql.ref(column), 'like', `%${sha256}%`)
  const rows =
    names === 'list of blobs' ? await query.execute() : await query.limit(mostKeepers).execute()
  const keepers: BlobKeeper[] = []
  for (const row of rows) {
    if (names === 'list of blobs' && !(await isInList(blobs, String(row[column]), sha256))) continue
    const project = typeof row['project'] === 'string' ? row['project'] : undefined
    keepers.push({ project, words: told.words(row) })
    if (keepers.length === mostKeepers) break
  }
  return keepers
}

async function isInList(blobs: Blobs, list: string, sha256: string): Promise<boolean> {
  return list === sha256 || (await readText(blobs, list)).includes(sha256)
}
