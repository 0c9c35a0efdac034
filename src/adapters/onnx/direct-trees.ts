import { createRandom, type Random } from '#science/random'
import { readTreeEnsemble, type TreeEnsemble } from '#science/onnx/read-trees'
import { scoreTrees } from '#science/onnx/score-trees'

/** Scores rows at once. */
export type DirectScorer = (input: Float32Array, rows: number) => Float32Array

/**
 * Up to so many rows our own evaluation is faster than a call of the library, which takes some 12 µs
 * before its first row and then 0.4 µs for each, where we take 1 µs (60 trees of depth 6).
 */
export const mostDirectRows = 12

const probes = 256
const tolerance = 1e-6

/**
 * Our own evaluation of a model that is an ensemble of trees, once it has agreed with the library on
 * rows around the model's own thresholds, missing and infinite values included; undefined for other
 * models, and for one where the two differ.
 */
export async function directTrees(
  model: Uint8Array,
  features: number,
  run: (input: Float32Array, rows: number) => Promise<Float32Array>,
): Promise<DirectScorer | undefined> {
  const ensemble = readTreeEnsemble(model, features)
  if (ensemble === undefined) return undefined
  const input = probeRows(ensemble)
  const expected = await run(input, probes)
  const actual = scoreTrees(ensemble, input, probes)
  const equal = expected.length === probes && expected.every((value, i) => close(value, actual[i]))
  return equal ? (rows, count) => scoreTrees(ensemble, rows, count) : undefined
}

function close(a: number, b = Number.NaN): boolean {
  return Object.is(a, b) || Math.abs(a - b) <= tolerance * Math.max(1, Math.abs(a))
}

/** Rows of values that stand at, below and above thresholds that their columns are compared with. */
function probeRows({ features, feature, value }: TreeEnsemble): Float32Array {
  const random = createRandom(1)
  const thresholds = Array.from({ length: features }, () => [0])
  feature.forEach((column, node) => thresholds[column]?.push(value[node] ?? 0))
  const rows = Array.from({ length: probes }, () =>
    thresholds.map((own) => probeValue(random, own[random.integer(own.length)] ?? 0)),
  )
  return Float32Array.from(rows.flat())
}

function probeValue(random: Random, threshold: number): number {
  const kind = random.integer(8)
  if (kind === 0) return Number.NaN
  if (kind === 1) return random.next() < 0.5 ? Infinity : -Infinity
  return kind < 4 ? threshold : threshold + (random.next() - 0.5) * (1 + Math.abs(threshold))
}
