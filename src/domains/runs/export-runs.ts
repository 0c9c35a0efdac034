import { readExported } from '#ports/frames/read-exported'
import { authorizeOnExperiments, type Context, type Reach } from '#domains/access/index'
import { loadRunTable } from './load-run-table.ts'
import {
  type Batch,
  readRunTable,
  runTableColumns,
  type RunTableName,
  type RunTableScope,
} from './run-tables.ts'

export interface RunExport extends RunTableScope {
  table: RunTableName
  format: 'csv' | 'parquet'
}

/**
 * One of the tables, as a file that comes as it is made. CSV as in RFC 4180 with a header, moments in
 * UTC, nothing for null, and NaN, Infinity, -Infinity as such. Parquet has types of its own, and is made whole before it comes.
 */
export function exportRuns(ctx: Context, input: RunExport): AsyncIterable<Uint8Array> {
  const reach = authorizeOnExperiments(ctx, 'viewer', input.project)
  const asked = { ...input, reach }
  return input.format === 'csv' ? csvOf(ctx, asked) : parquetOf(ctx, asked)
}

async function* csvOf(
  ctx: Context,
  input: RunExport & { reach: Reach },
): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder()
  const columns = runTableColumns[input.table]
  yield encoder.encode(`${columns.map((column) => column.name).join(',')}\r\n`)
  const moments = columns.map((column) => column.type === 'timestamp')
  for await (const batch of readRunTable(ctx, input, input.table)) {
    yield encoder.encode(linesOf(batch, moments))
  }
}

function linesOf(batch: Batch, moments: readonly boolean[]): string {
  const lines: string[] = []
  const count = batch[0]?.length ?? 0
  for (let i = 0; i < count; i++) {
    lines.push(batch.map((column, c) => cellText(column[i] ?? null, moments[c] === true)).join(','))
  }
  return lines.length === 0 ? '' : `${lines.join('\r\n')}\r\n`
}

function cellText(value: string | number | null, isMoment: boolean): string {
  if (value === null) return ''
  if (typeof value === 'number') return isMoment ? new Date(value).toISOString() : String(value)
  // An empty text is none, in distinction to null.
  return value === '' || /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value
}

async function* parquetOf(
  ctx: Context,
  input: RunExport & { reach: Reach },
): AsyncGenerator<Uint8Array> {
  const scratch = await ctx.scratchDirectory()
  try {
    yield* await ctx.frames.session(async (session) => {
      await loadRunTable(session, input.table, readRunTable(ctx, input, input.table))
      const path = `${scratch.path}/${input.table}.parquet`
      await session.exportParquet(`SELECT * FROM ${input.table}`, path)
      return Array.fromAsync(readExported(session, path))
    })
  } finally {
    await scratch.remove()
  }
}
