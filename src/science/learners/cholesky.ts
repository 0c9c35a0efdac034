/**
 * Solves A x = b by Cholesky decomposition for a symmetric positive definite A (row-major [n, n],
 * only its lower triangle is read). Directions in which A is numerically singular get 0.
 */
export function solvePositiveDefinite(matrix: Float64Array, target: Float64Array): Float64Array {
  const size = target.length
  const factor = decompose(matrix, size)
  const solution = target.slice()
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < row; column++) {
      solution[row]! -= factor[row * size + column]! * solution[column]!
    }
    solution[row]! *= reciprocal(factor[row * size + row]!)
  }
  for (let row = size - 1; row >= 0; row--) {
    for (let column = row + 1; column < size; column++) {
      solution[row]! -= factor[column * size + row]! * solution[column]!
    }
    solution[row]! *= reciprocal(factor[row * size + row]!)
  }
  return solution
}

/** The lower triangular factor; 0 on its diagonal marks a singular direction. */
function decompose(matrix: Float64Array, size: number): Float64Array {
  const factor = new Float64Array(size * size)
  for (let row = 0; row < size; row++) {
    for (let column = 0; column <= row; column++) {
      let sum = matrix[row * size + column]!
      for (let index = 0; index < column; index++) {
        sum -= factor[row * size + index]! * factor[column * size + index]!
      }
      factor[row * size + column] =
        row === column
          ? Math.sqrt(Math.max(0, sum))
          : sum * reciprocal(factor[column * size + column]!)
    }
  }
  return factor
}

function reciprocal(pivot: number): number {
  return pivot > 0 ? 1 / pivot : 0
}
