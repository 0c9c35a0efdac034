import { type FrameSession, quoteName } from '#ports/frames/frames'
import type { DataFile } from './training-data.ts'

const wantedRows = 500

/**
 * Writes rows of the training data, evenly spaced, with all their columns and the model's prediction
 * as `prediction`: what replaying them must give again. Gives how many.
 */
export async function writeSample(
  session: FrameSession,
  file: DataFile,
  predictions: Float64Array,
  path: string,
): Promise<number> {
  const step = Math.max(1, predictions.length / wantedRows)
  const positions: number[] = []
  for (let at = 0; at < predictions.length; at += step) positions.push(Math.floor(at))
  await session.createTable('sampled', [
    { name: 'gyre_row', type: 'integer', values: positions },
    { name: 'prediction', type: 'number', values: positions.map((row) => predictions[row] ?? 0) },
  ])
  const columns = file.columns
    .map(({ name }) => name)
    .filter((name) => name !== 'prediction' && name !== 'gyre_row')
    .map((name) => `rows.${quoteName(name)}`)
  return session.exportParquet(
    `SELECT ${[...columns, 'sampled.prediction'].join(', ')}
     FROM (SELECT *, row_number() OVER () - 1 AS gyre_row FROM ${session.scan([file.path])}) AS rows
     JOIN sampled ON rows.gyre_row = sampled.gyre_row ORDER BY sampled.gyre_row`,
    path,
  )
}
