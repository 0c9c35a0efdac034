import type { TreeEnsemble } from './read-trees.ts'

/**
 * Scores rows as the ONNX operators do: float32 sums in the order of the trees, so equal to
 * onnxruntime on one thread but for the last bits of its Sigmoid. `input` is row-major
 * [rows, features]; gives one value per row.
 */
export function scoreTrees(
  ensemble: TreeEnsemble,
  input: Float32Array,
  rows: number,
): Float32Array {
  const { roots, feature, value, left, missing, features, base, sigmoid } = ensemble
  const scores = new Float32Array(rows)
  for (let row = 0; row < rows; row++) {
    const start = row * features
    let sum = 0
    for (let tree = 0; tree < roots.length; tree++) {
      let at = roots[tree]!
      let column = feature[at]!
      while (column >= 0) {
        const x = input[start + column]!
        const threshold = value[at]!
        at = left[at]! + (x <= threshold ? 0 : x > threshold ? 1 : missing[at]!)
        column = feature[at]!
      }
      sum = Math.fround(sum + value[at]!)
    }
    const total = Math.fround(sum + base)
    scores[row] = sigmoid ? 1 / (1 + Math.exp(-total)) : total
  }
  return scores
}
