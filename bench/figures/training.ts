import { flightsFile } from '#app/demo/weeks'
import { withFrames } from '#app/training/frames'
import { trainTrees } from '#science/learners/trees'
import { median } from '../process.ts'

const names = ['hour', 'weekday', 'day', 'minute', 'distance', 'origin', 'destination']
const options = {
  trees: 100,
  depth: 6,
  learningRate: 0.1,
  bins: 64,
  minRowsPerLeaf: 20,
  l2: 1,
  rowSample: 1,
  seed: 1,
}

/** 100 trees of depth 6 on 200,000 flights and 7 features, in one thread. */
export async function measureTraining(): Promise<object> {
  const table = await withFrames((session) =>
    session.numericColumns(
      `SELECT hour(date) AS hour, dayofweek(date) AS weekday, day(date) AS day, minute(date) AS minute,
         distance, hash(origin) % 255 AS origin, hash(destination) % 255 AS destination,
         (delay > 15)::INTEGER AS late
       FROM ${session.scan([flightsFile()])} LIMIT 200000`,
    ),
  )
  const columns = names.map((name) => Float32Array.from(table[name] ?? []))
  const labels = Uint8Array.from(table['late'] ?? [])
  const seconds: number[] = []
  for (let round = 0; round < 5; round++) {
    const startedAt = performance.now()
    trainTrees({ columns, labels, names, options })
    seconds.push((performance.now() - startedAt) / 1000)
  }
  const typical = median(seconds)
  return { rows: labels.length, seconds: typical, rowsPerSecond: labels.length / typical }
}
