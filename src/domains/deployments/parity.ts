import type { Json } from '#kernel/json'
import type { Context } from '#domains/access/index'
import { getVersion, versionFilePath } from '#domains/models/index'
import { quoteName } from '#ports/frames/frames'
import type { Slot } from './route.ts'

/** Training rows with what the model predicted for them when it was made. */
export interface TrainingSample {
  rows: number
  /** Row-major, in the order of the model's input. */
  features: Float64Array
  predictions: Float64Array
}

export interface ReplayRequest {
  project: string
  endpoint: string
  version: number
  /** Name of the model's input tensor. */
  tensor: string
  width: number
  rows: number
  features: Float64Array
}

/**
 * Asks a version for predictions through the endpoint's real doors, each protocol in turn. The
 * requests must not be logged.
 */
export type Replay = (
  request: ReplayRequest,
) => Promise<{ protocol: string; predictions: Float64Array }[]>

const tolerance = 1e-6

/** The rows that were kept with a version; undefined when none were. */
export async function readSample(
  ctx: Context,
  slot: Slot,
  limit: number,
): Promise<TrainingSample | undefined> {
  const { project, model, version, features } = slot
  const path = await samplePath(ctx, { project, model, version })
  if (path === undefined) return undefined
  const columns = await ctx.frames.session((session) =>
    session.numericColumns(
      `SELECT ${[...features, 'prediction'].map(quoteName).join(', ')} FROM ${session.scan([path], 'parquet')} LIMIT ${Math.trunc(limit)}`,
    ),
  )
  const predictions = columns['prediction'] ?? new Float64Array(0)
  const rows = predictions.length
  if (rows === 0) return undefined
  const values = new Float64Array(rows * features.length)
  features.forEach((name, feature) => {
    const column = columns[name]
    for (let row = 0; row < rows; row++) {
      values[row * features.length + feature] = column?.[row] ?? Number.NaN
    }
  })
  return { rows, features: values, predictions }
}

async function samplePath(
  ctx: Context,
  query: { project: string; model: string; version: number },
): Promise<string | undefined> {
  const { files } = await getVersion(ctx, query)
  if (!files.some((file) => file.path === 'sample.parquet')) return undefined
  return versionFilePath(ctx, { ...query, path: 'sample.parquet' })
}

export interface ParityReport {
  holds: boolean
  text: string
  evidence: Record<string, Json>
}

/** Compares what the endpoint answers with what the model predicted when it was made. */
export async function checkParity(
  slot: Slot,
  sample: TrainingSample | undefined,
  replay: Replay,
): Promise<ParityReport> {
  if (sample === undefined) {
    const text = 'No training rows were kept with the version, so there was nothing to compare.'
    return { holds: true, text, evidence: { rows: 0 } }
  }
  const answers = await replay({
    project: slot.project,
    endpoint: slot.endpoint,
    version: slot.version,
    tensor: slot.tensors.input.name,
    width: slot.features.length,
    rows: sample.rows,
    features: sample.features,
  })
  const protocols = answers.map(({ protocol, predictions }) => ({
    protocol,
    largestDifference: largestDifference(sample.predictions, predictions),
  }))
  const wrong = protocols.find(({ largestDifference: d }) => d === null || d > tolerance)
  const evidence = { rows: sample.rows, tolerance, protocols }
  if (wrong !== undefined) {
    const text =
      `Parity is broken: ${sample.rows} training rows through ${wrong.protocol} differ from what the model predicted ` +
      `when it was made by up to ${wrong.largestDifference ?? 'a missing answer'} (at most ${tolerance}).`
    return { holds: false, text, evidence }
  }
  const names = protocols.map(({ protocol }) => protocol).join(', ')
  const text = `${sample.rows} training rows through ${names} gave what the model predicted when it was made.`
  return { holds: true, text, evidence }
}

/** null: an answer is missing or is no number where the other is one. */
function largestDifference(expected: Float64Array, found: Float64Array): number | null {
  if (found.length !== expected.length) return null
  let largest = 0
  for (let row = 0; row < expected.length; row++) {
    const a = expected[row] ?? Number.NaN
    const b = found[row] ?? Number.NaN
    if (Number.isNaN(a) && Number.isNaN(b)) continue
    const difference = Math.abs(a - b)
    if (Number.isNaN(difference)) return null
    largest = Math.max(largest, difference)
  }
  return largest
}
