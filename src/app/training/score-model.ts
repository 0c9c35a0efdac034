import { invalid } from '#kernel/errors'
import type { LoadedModel } from '#ports/model-runtime/model-runtime'
import { rowMajor } from './training-data.ts'

/** Loads a model into the runtime for the time of `work`. */
export async function withModel<T>(
  onnx: Uint8Array,
  work: (model: LoadedModel) => Promise<T>,
): Promise<T> {
  const { createOnnxRuntime } = await import('#adapters/onnx/model-runtime')
  const model = await createOnnxRuntime().load(onnx)
  try {
    return await work(model)
  } finally {
    await model.release()
  }
}

/** One probability per row, from columns in the model's order. Errors: `invalid`. */
export async function scoreColumns(
  model: LoadedModel,
  columns: readonly Float32Array[],
): Promise<Float64Array> {
  const rows = columns[0]?.length ?? 0
  const wanted = model.inputs[0]?.shape.at(-1) ?? -1
  if (wanted > 0 && wanted !== columns.length) {
    throw invalid(`The model takes ${wanted} features, but ${columns.length} were named.`)
  }
  const scores = await model.run(rowMajor(columns, rows), rows)
  if (scores.length !== rows) {
    throw invalid(
      `The model gives ${scores.length / rows} numbers per row; one probability is needed.`,
    )
  }
  return Float64Array.from(scores)
}

/** The largest absolute difference; a NaN on one side only is infinite. */
export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let largest = 0
  for (let row = 0; row < a.length; row++) {
    const difference = Math.abs((a[row] ?? Number.NaN) - (b[row] ?? Number.NaN))
    largest = Math.max(largest, Number.isNaN(difference) ? Infinity : difference)
  }
  return largest
}
