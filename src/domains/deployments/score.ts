import { GyreError } from '#kernel/errors'
import type { FeatureSource, RequestColumns } from './feature-source.ts'
import type { RowBatch } from './prediction-input.ts'
import type { Slot } from './route.ts'

export interface Scores {
  /** Row-major: `outputs` values per row. */
  predictions: Float32Array
  outputs: number
  seen: SeenFeatures
  missing: number
}

/** What the model saw: by feature in the order of its input, or row-major as it came. */
export type SeenFeatures =
  | { columns: readonly Float64Array[]; tensor: null }
  | { columns: null; tensor: Float32Array }

/** The rows that go to one version: of all, or those numbered. */
export interface Part {
  slot: Slot
  batch: RowBatch
  timestamps: Float64Array
  rows: Int32Array | null
}

/** Scores the rows: at once where the features are given and the model can, else when it is done. */
export function scorePart(source: FeatureSource | undefined, part: Part): Scores | Promise<Scores> {
  const { slot, batch, rows } = part
  if (batch.tensor === null) return scoreColumns(source, part)
  const width = slot.features.length
  const tensor = rows === null ? batch.tensor : pickTensorRows(batch.tensor, width, rows)
  const count = rows?.length ?? batch.count
  const missing = countMissing(tensor)
  const predictions = slot.loaded.runNow?.(tensor, count)
  const seen = { columns: null, tensor }
  if (predictions === undefined) {
    return answerLater(slot, async () => {
      const scores = await slot.batch.run(tensor, count)
      return { predictions: scores, outputs: scores.length / count, seen, missing }
    })
  }
  return { predictions, outputs: predictions.length / count, seen, missing }
}

/** Makes the features of the rows and scores them. */
function scoreColumns(source: FeatureSource | undefined, part: Part): Promise<Scores> {
  return answerLater(part.slot, async () => {
    const count = part.rows?.length ?? part.batch.count
    const columns = await featuresOf(source, part)
    const { tensor, missing } = toTensor(columns, count)
    const predictions = await part.slot.batch.run(tensor, count)
    const seen = { columns, tensor: null }
    return { predictions, outputs: predictions.length / count, seen, missing }
  })
}

/** Keeps the model loaded until it has answered. */
async function answerLater(slot: Slot, work: () => Promise<Scores>): Promise<Scores> {
  slot.inFlight++
  try {
    return await work()
  } finally {
    slot.inFlight--
    if (slot.retired && slot.inFlight === 0) await slot.loaded.release()
  }
}

async function featuresOf(
  source: FeatureSource | undefined,
  part: Part,
): Promise<readonly Float64Array[]> {
  const { slot, batch, rows } = part
  const columns = rows === null ? batch.columns : pickRows(batch.columns ?? {}, rows)
  if (slot.service === null) {
    return slot.features.map((name) => (columns ?? {})[name] as Float64Array)
  }
  if (source === undefined) throw noSource(slot.service)
  const timestamps =
    rows === null ? part.timestamps : Float64Array.from(rows, (row) => part.timestamps[row] ?? 0)
  const found = await source.lookup(slot.project, slot.service, columns ?? {}, timestamps)
  return slot.features.map((name) => {
    const column = found.columns[found.names.indexOf(name)]
    if (column !== undefined) return column
    throw new GyreError({
      code: 'unavailable',
      public: `The feature service ${slot.service} does not give "${name}", which version ${slot.version} of ${slot.model} needs.`,
    })
  })
}

function noSource(service: string): GyreError {
  return new GyreError({
    code: 'unavailable',
    public: `This gateway has no feature store to look up ${service} in.`,
  })
}

function pickTensorRows(tensor: Float32Array, width: number, rows: Int32Array): Float32Array {
  const picked = new Float32Array(rows.length * width)
  rows.forEach((row, i) => picked.set(tensor.subarray(row * width, (row + 1) * width), i * width))
  return picked
}

function countMissing(tensor: Float32Array): number {
  let missing = 0
  for (let i = 0; i < tensor.length; i++) if (tensor[i] !== tensor[i]) missing++
  return missing
}

function pickRows(columns: RequestColumns, rows: Int32Array): RequestColumns {
  const picked = Object.entries(columns).map(([name, values]) => [
    name,
    values instanceof Float64Array
      ? Float64Array.from(rows, (row) => values[row] ?? Number.NaN)
      : Array.from(rows, (row) => values[row] ?? null),
  ])
  return Object.fromEntries(picked) as RequestColumns
}

function toTensor(
  features: readonly Float64Array[],
  count: number,
): { tensor: Float32Array; missing: number } {
  const width = features.length
  const tensor = new Float32Array(count * width)
  let missing = 0
  for (let feature = 0; feature < width; feature++) {
    const column = features[feature]
    if (column === undefined) continue
    for (let row = 0; row < count; row++) {
      const value = column[row] ?? Number.NaN
      if (value !== value) missing++
      tensor[row * width + feature] = value
    }
  }
  return { tensor, missing }
}
