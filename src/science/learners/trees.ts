import { invalid } from '#kernel/errors'
import { createRandom } from '../random.ts'
import { binColumns } from './tree-bins.ts'
import { TreeGrower } from './tree-growth.ts'
import { addTree } from './tree.ts'
import type { Tree } from './tree.ts'
import { checkColumns, checkTrainingTable, countRows } from './training-table.ts'
import type { TrainingTable } from './training-table.ts'

/** Gradient boosted trees for a binary label: log-odds = baseScore + the leaf values. JSON-ready. */
export interface TreesModel {
  kind: 'trees'
  names: string[]
  /** Log-odds before the first tree, a float32 value. */
  baseScore: number
  trees: Tree[]
}

export interface TreesOptions {
  /** Boosting iterations, 1 … 10,000. */
  trees: number
  /** Most splits between root and leaf, 1 … 16. */
  depth: number
  /** Shrinkage of each leaf value, in (0, 1]. */
  learningRate: number
  /** Bands that a column is quantised into, 2 … 255. */
  bins: number
  minRowsPerLeaf: number
  /** Added to the sum of hessians of a leaf. */
  l2: number
  /** Share of rows that each tree sees, in (0, 1]. */
  rowSample: number
  seed: number
}

/** Mean log losses, in nats, after an iteration. */
export interface IterationLosses {
  trainLogLoss: number
  validLogLoss?: number
}

interface TreesTraining extends TrainingTable {
  options: TreesOptions
  /** Rows that are only scored, for `validLogLoss`. */
  validation?: { columns: readonly Float32Array[]; labels: Uint8Array }
  /** Called after each tree; `iteration` counts from 1. */
  onIteration?: (iteration: number, losses: IterationLosses) => void
}

/** How much the splits on one feature reduced the training loss. */
export interface FeatureImportance {
  name: string
  /** Sum of gains, in nats of log loss times rows. */
  gain: number
  /** Share of the gain of all features, 0 … 1. */
  share: number
}

/** Labels and running log-odds (without the base) of a set of rows. */
interface Scored {
  labels: Uint8Array
  sums: Float32Array
}

/**
 * Trains gradient boosted trees on log loss with histograms, second-order leaf values and learned
 * directions for missing values (Friedman 2001; Chen and Guestrin 2016). Deterministic for a seed.
 *
 * Errors: `invalid` for a table that cannot be learned from (see `checkTrainingTable`) or options out
 * of range.
 */
export function trainTrees(training: TreesTraining): TreesModel {
  const { columns, labels, names, options, onIteration } = training
  checkTrainingTable(training)
  checkOptions(options)
  const rows = labels.length
  const model: TreesModel = { kind: 'trees', names: [...names], baseScore: 0, trees: [] }
  model.baseScore = logOddsOfMean(labels)
  const fitted: Scored = { labels, sums: new Float32Array(rows) }
  const held = startValidation(training)
  const slopes = new Float32Array(2 * rows)
  const table = binColumns(columns, options.bins, options.seed)
  const grower = new TreeGrower(table, options, slopes, fitted.sums)
  const drawRows = rowSampler(rows, options)
  fillSlopes(fitted, model.baseScore, slopes)
  for (let iteration = 1; iteration <= options.trees; iteration++) {
    const [used, unused] = drawRows()
    const tree = grower.grow(used)
    if (unused.length > 0) addTree(fitted.sums, tree, columns, unused)
    model.trees.push(tree)
    const trainLogLoss = fillSlopes(fitted, model.baseScore, slopes)
    if (held !== undefined) addTree(held.sums, tree, held.columns)
    if (onIteration === undefined) continue
    if (held === undefined) onIteration(iteration, { trainLogLoss })
    else onIteration(iteration, { trainLogLoss, validLogLoss: meanLogLoss(held, model.baseScore) })
  }
  return model
}

/**
 * Probabilities of class 1, one per row, for columns in the order of `model.names`. Sums are rounded
 * to float32 tree by tree, as an ONNX runtime does.
 *
 * Errors: `invalid` when the columns do not match the model.
 */
export function predictTrees(model: TreesModel, columns: readonly Float32Array[]): Float64Array {
  const rows = countRows(columns, model.names)
  const sums = new Float32Array(rows)
  for (const tree of model.trees) addTree(sums, tree, columns)
  const probabilities = new Float64Array(rows)
  for (let row = 0; row < rows; row++) {
    probabilities[row] = 1 / (1 + Math.exp(-Math.fround(sums[row]! + model.baseScore)))
  }
  return probabilities
}

/** Importance of every feature by total gain, the most important first. */
export function featureImportance(model: TreesModel): FeatureImportance[] {
  const gains = new Float64Array(model.names.length)
  for (const tree of model.trees) {
    for (const [node, feature] of tree.feature.entries()) {
      if (feature >= 0) gains[feature]! += tree.gain[node]!
    }
  }
  const total = gains.reduce((sum, gain) => sum + gain, 0)
  return model.names
    .map((name, index) => {
      const gain = gains[index]!
      return { name, gain, share: total > 0 ? gain / total : 0 }
    })
    .sort((a, b) => b.gain - a.gain)
}

function checkOptions(options: TreesOptions): void {
  const wholes = [
    ['trees', 1, 10_000],
    ['depth', 1, 16],
    ['bins', 2, 255],
    ['minRowsPerLeaf', 1, Number.MAX_SAFE_INTEGER],
    ['seed', 0, Number.MAX_SAFE_INTEGER],
  ] as const
  for (const [name, low, high] of wholes) {
    const value = options[name]
    if (Number.isInteger(value) && value >= low && value <= high) continue
    throw invalid(`Option ${name} must be a whole number from ${low} to ${high}, got ${value}.`)
  }
  for (const name of ['learningRate', 'rowSample'] as const) {
    if (options[name] > 0 && options[name] <= 1) continue
    throw invalid(`Option ${name} must be above 0 and at most 1, got ${options[name]}.`)
  }
  if (!(options.l2 >= 0 && options.l2 < Infinity)) {
    throw invalid(`Option l2 must be a number from 0 up, got ${options.l2}.`)
  }
}

function startValidation(
  training: TreesTraining,
): (Scored & { columns: readonly Float32Array[] }) | undefined {
  const { validation, names } = training
  if (validation === undefined) return undefined
  const { columns, labels } = validation
  countRows(columns, names)
  checkColumns(columns, labels.length, names)
  return { columns, labels, sums: new Float32Array(labels.length) }
}

function logOddsOfMean(labels: Uint8Array): number {
  let positives = 0
  for (const label of labels) positives += label
  return Math.fround(Math.log(positives / (labels.length - positives)))
}

/** Draws the rows of each tree, and those it does not see; both arrays are reused. */
function rowSampler(rows: number, options: TreesOptions): () => [Int32Array, Int32Array] {
  const random = createRandom(options.seed)
  const order = Int32Array.from({ length: rows }, (_, row) => row)
  const used = new Int32Array(rows)
  if (options.rowSample === 1) {
    return () => {
      used.set(order)
      return [used, used.subarray(0, 0)]
    }
  }
  const wanted = Math.max(1, Math.round(rows * options.rowSample))
  const unused = new Int32Array(rows)
  return () => {
    // Selection sampling (Knuth 3.4.2 S): keeps rows in order, which is kind to the caches.
    let taken = 0
    for (let row = 0; row < rows; row++) {
      if (random.next() * (rows - row) < wanted - taken) used[taken++] = row
      else unused[row - taken] = row
    }
    return [used.subarray(0, wanted), unused.subarray(0, rows - wanted)]
  }
}

/** Writes gradient and hessian of the log loss at the current sums; gives the mean log loss. */
function fillSlopes(scored: Scored, baseScore: number, slopes: Float32Array): number {
  const { labels, sums } = scored
  const loss = new LogLossSum()
  for (let row = 0; row < labels.length; row++) {
    const probability = 1 / (1 + Math.exp(-(sums[row]! + baseScore)))
    const label = labels[row]!
    slopes[2 * row] = probability - label
    slopes[2 * row + 1] = probability * (1 - probability)
    loss.add(label === 1 ? probability : 1 - probability)
  }
  return loss.total() / labels.length
}

function meanLogLoss(scored: Scored, baseScore: number): number {
  const { labels, sums } = scored
  const loss = new LogLossSum()
  for (let row = 0; row < labels.length; row++) {
    const probability = 1 / (1 + Math.exp(-(sums[row]! + baseScore)))
    loss.add(labels[row] === 1 ? probability : 1 - probability)
  }
  return loss.total() / labels.length
}

/** Sums -log(p), taking one logarithm per product of several p. */
class LogLossSum {
  #product = 1
  #sum = 0

  add(probability: number): void {
    this.#product *= probability > 1e-15 ? probability : 1e-15
    if (this.#product < 1e-250) this.#flush()
  }

  total(): number {
    this.#flush()
    return this.#sum
  }

  #flush(): void {
    this.#sum -= Math.log(this.#product)
    this.#product = 1
  }
}
