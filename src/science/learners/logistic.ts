import { invalid } from '#kernel/errors'
import { solvePositiveDefinite } from './cholesky.ts'
import { checkTrainingTable, countRows } from './training-table.ts'
import type { TrainingTable } from './training-table.ts'

/**
 * Log-odds = intercept + sum of coefficient * (x - mean) / scale; a missing x counts as the mean.
 * All numbers are float32 values. JSON-ready.
 */
export interface LogisticModel {
  kind: 'logistic'
  names: string[]
  means: number[]
  scales: number[]
  /** Per standard deviation of each feature. */
  coefficients: number[]
  intercept: number
}

export interface LogisticOptions {
  /**
   * Ridge penalty l2 / 2 * |coefficients|^2 on the summed log loss, for standardised features and
   * without the intercept: scikit-learn's 1 / C.
   */
  l2: number
  /** Most Newton steps, 1 … 1,000; about ten are enough. */
  iterations: number
}

interface LogisticTraining extends TrainingTable {
  options: LogisticOptions
  /** Called after each Newton step with the mean log loss in nats; `iteration` counts from 1. */
  onIteration?: (iteration: number, losses: { trainLogLoss: number }) => void
}

/** Keeps the Hessian invertible when columns repeat each other or are constant; per row. */
const JITTER = 1e-10
/** Stops when no mean gradient is larger. */
const TOLERANCE = 1e-10

/**
 * Trains a logistic regression by Newton's method (iteratively reweighted least squares), halving a
 * step that does not lower the penalised loss. Features are standardised inside.
 *
 * Errors: `invalid` for a table that cannot be learned from (see `checkTrainingTable`) or options out
 * of range.
 */
export function trainLogistic(training: LogisticTraining): LogisticModel {
  const { columns, labels, names, options, onIteration } = training
  checkTrainingTable(training)
  checkOptions(options)
  const scaling = columns.map(standardScaling)
  const means = scaling.map(({ mean }) => mean)
  const scales = scaling.map(({ scale }) => scale)
  const standardised = columns.map((column, index) =>
    standardise(column, means[index]!, scales[index]!),
  )
  const problem: Problem = { columns: standardised, labels, l2: options.l2 }
  let point = evaluate(problem, new Float64Array(columns.length + 1))
  for (let iteration = 1; iteration <= options.iterations; iteration++) {
    if (point.gradient.every((slope) => Math.abs(slope) <= TOLERANCE * labels.length)) break
    const next = newtonStep(problem, point)
    if (next === undefined) break
    point = next
    onIteration?.(iteration, { trainLogLoss: point.logLoss / labels.length })
  }
  const [intercept, ...coefficients] = Array.from(point.weights, Math.fround)
  return {
    kind: 'logistic',
    names: [...names],
    means,
    scales,
    coefficients,
    intercept: intercept!,
  }
}

/**
 * Probabilities of class 1, one per row, for columns in the order of `model.names`.
 *
 * Errors: `invalid` when the columns do not match the model.
 */
export function predictLogistic(
  model: LogisticModel,
  columns: readonly Float32Array[],
): Float64Array {
  const rows = countRows(columns, model.names)
  const logOdds = new Float64Array(rows).fill(model.intercept)
  for (const [index, column] of columns.entries()) {
    const standardised = standardise(column, model.means[index]!, model.scales[index]!)
    const coefficient = model.coefficients[index]!
    for (let row = 0; row < rows; row++) logOdds[row]! += coefficient * standardised[row]!
  }
  return logOdds.map((value) => 1 / (1 + Math.exp(-value)))
}

/** What is minimised: the summed log loss plus the penalty. */
interface Problem {
  columns: readonly Float32Array[]
  labels: Uint8Array
  l2: number
}

/** The loss at some weights (intercept first), with its derivatives. */
interface Point {
  weights: Float64Array
  logLoss: number
  penalised: number
  gradient: Float64Array
  /** Symmetric, row-major; only the lower triangle is filled. */
  hessian: Float64Array
}

function checkOptions({ l2, iterations }: LogisticOptions): void {
  if (!(l2 >= 0 && l2 < Infinity)) {
    throw invalid(`Option l2 must be a number from 0 up, got ${l2}.`)
  }
  if (!Number.isInteger(iterations) || iterations < 1 || iterations > 1000) {
    throw invalid(`Option iterations must be a whole number from 1 to 1000, got ${iterations}.`)
  }
}

/** Mean and population standard deviation of the present values, as float32; 0 and 1 if none. */
function standardScaling(column: Float32Array): { mean: number; scale: number } {
  let count = 0
  let mean = 0
  let squares = 0
  for (const value of column) {
    if (Number.isNaN(value)) continue
    count++
    const difference = value - mean
    mean += difference / count
    squares += difference * (value - mean)
  }
  const scale = Math.fround(Math.sqrt(squares / count))
  return { mean: Math.fround(mean), scale: scale > 0 ? scale : 1 }
}

/** (x - mean) / scale in float32, with 0 for missing values. */
function standardise(column: Float32Array, mean: number, scale: number): Float32Array {
  return column.map((value) => (Number.isNaN(value) ? 0 : Math.fround(value - mean) / scale))
}

function newtonStep(problem: Problem, from: Point): Point | undefined {
  const step = solvePositiveDefinite(from.hessian, from.gradient)
  for (let share = 1; share > 1e-6; share /= 2) {
    const weights = from.weights.map((weight, index) => weight - share * step[index]!)
    const point = evaluate(problem, weights)
    if (point.penalised <= from.penalised) return point
  }
  return undefined
}

function evaluate({ columns, labels, l2 }: Problem, weights: Float64Array): Point {
  const size = weights.length
  const rows = labels.length
  const gradient = new Float64Array(size)
  const hessian = new Float64Array(size * size)
  const values = new Float64Array(size).fill(1)
  let logLoss = 0
  for (let row = 0; row < rows; row++) {
    let logOdds = weights[0]!
    for (let index = 1; index < size; index++) {
      values[index] = columns[index - 1]![row]!
      logOdds += weights[index]! * values[index]!
    }
    const probability = 1 / (1 + Math.exp(-logOdds))
    const signed = labels[row] === 1 ? -logOdds : logOdds
    logLoss += Math.max(signed, 0) + Math.log1p(Math.exp(-Math.abs(signed)))
    addDerivatives(gradient, hessian, values, probability - labels[row]!, probability)
  }
  let penalty = 0
  for (let index = 0; index < size; index++) {
    const ridge = index === 0 ? 0 : l2
    gradient[index]! += ridge * weights[index]!
    hessian[index * size + index]! += ridge + JITTER * rows
    penalty += (ridge * weights[index]! ** 2) / 2
  }
  return { weights, logLoss, penalised: logLoss + penalty, gradient, hessian }
}

function addDerivatives(
  gradient: Float64Array,
  hessian: Float64Array,
  values: Float64Array,
  slope: number,
  probability: number,
): void {
  const size = values.length
  const curvature = probability * (1 - probability)
  for (let index = 0; index < size; index++) {
    const value = values[index]!
    gradient[index]! += slope * value
    const weighted = curvature * value
    const base = index * size
    for (let other = 0; other <= index; other++) hessian[base + other]! += weighted * values[other]!
  }
}
