import { mkdtemp, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { flightsFile } from '#app/demo/weeks'
import { withFrames } from '#app/training/frames'
import { trainTrees } from '#science/learners/trees'
import { median, runPeer } from '../process.ts'

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

/**
 * 100 trees of depth 6 on 200,000 flights and 7 features, in one thread. Beside it scikit-learn and
 * LightGBM, where the Python of GYRE_BENCH_PYTHON (else python3) has them.
 */
export async function measureTraining(scratch: string): Promise<object> {
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
  const peers = await trainPeers(scratch, columns, labels)
  return { rows: labels.length, seconds: typical, rowsPerSecond: labels.length / typical, peers }
}

async function trainPeers(
  scratch: string,
  columns: readonly Float32Array[],
  labels: Uint8Array,
): Promise<unknown> {
  const directory = await mkdtemp(join(scratch, 'training-'))
  const [x, y] = [join(directory, 'columns.f32'), join(directory, 'labels.u8')]
  await writeFile(x, Buffer.concat(columns.map((column) => Buffer.from(column.buffer))))
  await writeFile(y, labels)
  const script = fileURLToPath(new URL('../peer-training.py', import.meta.url))
  const args = [script, x, y, String(columns.length)]
  return runPeer(process.env['GYRE_BENCH_PYTHON'] ?? 'python3', args)
}
