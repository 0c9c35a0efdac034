import { GyreError } from '#kernel/errors'
import type { FeatureSource, RequestColumns } from './feature-source.ts'
import type { RowBatch } from './prediction-input.ts'
import type { Slot } from './route.ts'

export interface Scores {
  /** Row-major: `outputs` values per row. */
  predictions: Float32Array
  outputs: number
  /** What the model saw, by feature in the order of its input. */
  features: readonly Float64Array[]
  missing: number
}

/** The rows that go to one version: of all, or those numbered. */
export interface Part {
  slot: Slot
  batch: RowBatch
  timestamps: Float64Array
  rows: Int32Array | null
}

/** Makes the features of the rows and scores them. */
export async function scorePart(source: FeatureSource | undefined, part: Part): Promise<Scores> {
  const { slot } = part
  slot.inFlight++
  try {
    const count = part.rows?.length ?? part.batch.count
    const features = await featuresOf(source, part, count)
    const { tensor, missing } = toTensor(features, count)
    const predictions = await slot.batch.run(tensor, count)
    return { predictions, outputs: predictions.length / count, features, missing }
  } finally {
    slot.inFlight--
    if (slot.retired && slot.inFlight === 0) await slot.loaded.release()
  }
}

async function featuresOf(
  source: FeatureSource | undefined,
  part: Part,
  count: number,
): Promise<readonly Float64Array[]> {
  const { slot, batch, rows } = part
  if (batch.tensor !== null) return fromTensor(batch.tensor, slot.features.length, rows, count)
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

function fromTensor(
  tensor: Float32Array,
  width: number,
  rows: Int32Array | null,
  count: number,
): Float64Array[] {
  return Array.from({ length: width }, (_, feature) => {
    const column = new Float64Array(count)
    for (let i = 0; i < count; i++) {
      column[i] = tensor[(rows === null ? i : (rows[i] ?? 0)) * width + feature] ?? Number.NaN
    }
    return column
  })
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
