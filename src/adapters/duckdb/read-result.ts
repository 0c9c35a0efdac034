import { setImmediate as nextTurn } from 'node:timers/promises'
import type { DuckDBMaterializedResult, DuckDBVector } from '@duckdb/node-api'
import type { Cell, NumericColumn } from '#ports/frames/frames'

/** Some milliseconds of copying; then others get their turn. */
const valuesPerTurn = 1 << 19

/** Hands over every vector of a result of doubles, booleans and texts, with its first row's number. */
async function eachVector(
  result: DuckDBMaterializedResult,
  take: (column: number, vector: DuckDBVector, firstRow: number) => void,
): Promise<void> {
  const { chunkCount, columnCount } = result
  let row = 0
  let values = 0
  for (let i = 0; i < chunkCount; i++) {
    const chunk = result.getChunk(i)
    for (let column = 0; column < columnCount; column++) {
      take(column, chunk.getColumnVector(column), row)
    }
    row += chunk.rowCount
    values += chunk.rowCount * columnCount
    if (values < valuesPerTurn) continue
    values = 0
    await nextTurn()
  }
}

/** Reads columns of doubles without nulls. */
export async function readNumbers(result: DuckDBMaterializedResult): Promise<NumericColumn[]> {
  const { rowCount, columnCount } = result
  const columns = Array.from({ length: columnCount }, () => new Float64Array(rowCount))
  await eachVector(result, (column, vector, firstRow) => {
    const target = columns[column] as Float64Array
    const { itemCount } = vector
    for (let i = 0; i < itemCount; i++) target[firstRow + i] = vector.getItem(i) as number
  })
  return columns
}

/** Reads columns of doubles, booleans and texts, with nulls. */
export async function readCells(result: DuckDBMaterializedResult): Promise<Cell[][]> {
  const columns = Array.from({ length: result.columnCount }, (): Cell[] => [])
  await eachVector(result, (column, vector) => {
    const target = columns[column] as Cell[]
    const { itemCount } = vector
    for (let i = 0; i < itemCount; i++) target.push(vector.getItem(i) as Cell)
  })
  return columns
}
