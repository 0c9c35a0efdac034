import { invalid } from '#kernel/errors'
import { type Cell, type FrameColumn, quoteName } from '#ports/frames/frames'
import type { Context } from '#domains/access/index'
import { type ReadableFile, readingFile, scanFiles, tableFile } from './tabular.ts'

/** The first rows of a sound table come at once, however long it is. */
const timeoutMs = 30_000

export interface TablePreview {
  columns: FrameColumn[]
  rows: Cell[][]
}

/**
 * The first rows of the first table among files that the caller may read. Texts are cut at 1,000
 * characters; whole numbers that JavaScript cannot hold come as texts. Errors: `invalid` when there
 * is no table.
 */
export async function previewTable(
  ctx: Context,
  files: readonly ReadableFile[],
  limit: number,
): Promise<TablePreview> {
  // The first table is enough for the first rows, and costs the same however many there are.
  const first = files.find((file) => tableFile(file) !== undefined)
  if (first === undefined) throw invalid('There is no table (Parquet, CSV or JSON) to show.')
  return readingFile(ctx, first, () =>
    ctx.frames.session(async (session) => {
      const source = await scanFiles(ctx, session, [first])
      const columns = await session.describe(`SELECT * FROM ${source}`, { timeoutMs })
      const items = columns.map((column, i) => `${shownCell(column)} AS c${i}`)
      const cells = await session.columns(
        `SELECT ${items.join(', ')} FROM ${source} LIMIT ${limit}`,
        { timeoutMs },
      )
      const count = cells['c0']?.length ?? 0
      const rows = Array.from({ length: count }, (_, row) =>
        columns.map((__, i) => cells[`c${i}`]?.[row] ?? null),
      )
      return { columns, rows: rows.map((row) => row.map(finite)) }
    }),
  )
}

function shownCell(column: FrameColumn): string {
  const name = quoteName(column.name)
  if (column.type === 'string') return `left(${name}::VARCHAR, 1000)`
  if (column.type === 'other') return `left(to_json(${name})::VARCHAR, 1000)`
  return /HUGEINT|UBIGINT/.test(column.nativeType) ? `${name}::VARCHAR` : wideInteger(column, name)
}

function wideInteger(column: FrameColumn, name: string): string {
  return column.nativeType === 'BIGINT' ? `${name}::DOUBLE` : name
}

/** JSON has no NaN and no infinities. */
function finite(cell: Cell): Cell {
  return typeof cell === 'number' && !Number.isFinite(cell) ? String(cell) : cell
}
