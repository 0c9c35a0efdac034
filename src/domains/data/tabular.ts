import { GyreError, invalid } from '#kernel/errors'
import { type FrameSession, quoteName, quoteText } from '#ports/frames/frames'
import type { Context } from '#domains/access/index'
import type { DataFile } from './dataset.ts'

/** What of a file is needed to read it. */
export type ReadableFile = Pick<DataFile, 'path' | 'sha256' | 'sizeBytes'>

export type TableFormat = 'parquet' | 'csv' | 'json'

const endings: readonly [RegExp, TableFormat, strict: boolean][] = [
  [/\.(parquet|pq)$/i, 'parquet', true],
  [/\.(csv|tsv)(\.gz|\.zst)?$/i, 'csv', true],
  [/\.(jsonl|ndjson)(\.gz|\.zst)?$/i, 'json', true],
  // Any document may be called .json: one that is no table is a file like others.
  [/\.json$/i, 'json', false],
]

/** Where a table's rows come from: a FROM-clause item, as whole as the file. */
export interface TableFile {
  file: ReadableFile
  format: TableFormat
  /** Whether a file of that name that is no table is an error. */
  strict: boolean
}

export function tableFile(file: ReadableFile): TableFile | undefined {
  const found = endings.find(([ending]) => ending.test(file.path))
  return found === undefined ? undefined : { file, format: found[1], strict: found[2] }
}

/** The tables among these files, all of one format. Errors: `invalid` when there is none. */
export async function scanFiles(
  ctx: Context,
  session: FrameSession,
  files: readonly ReadableFile[],
): Promise<string> {
  const tables = files.map(tableFile).filter((table) => table !== undefined)
  const formats = [...new Set(tables.map((table) => table.format))]
  if (formats.length === 0)
    throw invalid('There is no table (Parquet, CSV or JSON) among the files.')
  const scans: string[] = []
  for (const format of formats) {
    const paths = tables
      .filter((table) => table.format === format)
      .map((table) => ctx.blobs.localPath(table.file.sha256))
    scans.push(session.scan(await Promise.all(paths), format))
  }
  const [only] = scans
  if (scans.length === 1 && only !== undefined) return only
  return `(${scans.map((scan) => `SELECT * FROM ${scan}`).join(' UNION ALL BY NAME ')})`
}

/**
 * Runs work on one file; what the engine says about it is told with the file's name in place of the
 * store's path. Errors: `invalid`.
 */
export async function readingFile<T>(
  ctx: Context,
  file: ReadableFile,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work()
  } catch (thrown) {
    if (!(thrown instanceof GyreError) || thrown.code !== 'invalid') throw thrown
    const stored = await ctx.blobs.localPath(file.sha256)
    const text = thrown.public
      .replace(/^The query failed: /, '')
      .replaceAll(stored, file.path)
      // What follows is advice for those who write the engine's queries themselves.
      .split(/; Possible Solution|; +Try increasing|; {2,}file = /)[0]
    throw unreadable(file, (text ?? '').slice(0, 1000))
  }
}

/** Refuses the kinds of damage that the engine would take for an odd but valid table. */
export async function checkReadable(ctx: Context, { file, format }: TableFile): Promise<void> {
  if (file.sizeBytes === 0) {
    throw invalid(`File "${file.path}" is empty. Remove it, or write a header at least.`)
  }
  if (format !== 'parquet') return
  const magic = (await firstBytes(ctx, file, 4)).slice(0, 4)
  if (magic !== 'PAR1') {
    throw invalid(
      `File "${file.path}" is no Parquet file: it begins with ${JSON.stringify(magic)}.`,
    )
  }
}

const delimiters = [',', ';', '\t', '|']

/**
 * Where rows differ in their number of fields the engine may find one wide column of text in a CSV,
 * or skip the rows before those that it likes. `source` is what it read. Errors: `invalid` says what
 * the first row has, and where another has not.
 */
export async function checkFields(
  ctx: Context,
  session: FrameSession,
  { file, format }: TableFile,
  source: string,
): Promise<void> {
  if (format !== 'csv' || !/\.[ct]sv$/i.test(file.path)) return
  const columns = await session.describe(`SELECT * FROM ${source}`)
  const header = (await firstBytes(ctx, file, 65_536)).split(/\r?\n/)[0] ?? ''
  const bare = header.replaceAll(/"[^"]*"/g, '')
  // A quote that does not end here: the header goes on in the next line.
  if (bare.includes('"')) return
  const counts = delimiters.map((sign) => bare.split(sign).length)
  const most = Math.max(...counts)
  if (most === 1 || (columns.length > 1 && counts.includes(columns.length))) return
  const [only] = columns
  if (columns.length !== 1 || only === undefined) {
    throw invalid(`its first row has ${most} fields, but others have ${columns.length}.`)
  }
  const delimiter = delimiters[counts.indexOf(most)] ?? ','
  const text = `(${quoteName(only.name)})::VARCHAR`
  const fields = `length(${text}) - length(replace(${text}, ${quoteText(delimiter)}, '')) + 1`
  const [odd] = await session.rows<{ line: number; fields: number }>(
    `SELECT line, fields FROM (SELECT row_number() OVER () AS line, ${fields} AS fields FROM ${source})
     WHERE fields <> ${most} LIMIT 1`,
  )
  const first = only.name === header.replace(/^\ufeff/, '') ? 1 : 0
  const place = odd === undefined ? '' : ` Row ${odd.line + first} has ${odd.fields}.`
  throw invalid(`its first row has ${most} fields, but not all rows do.${place}`)
}

function unreadable(file: ReadableFile, why: string): GyreError {
  return invalid(`File "${file.path}" cannot be read as a table: ${why}`)
}

async function firstBytes(ctx: Context, file: ReadableFile, count: number): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of ctx.blobs.read(file.sha256, { start: 0, end: count })) {
    text += decoder.decode(chunk, { stream: true })
  }
  return text
}
