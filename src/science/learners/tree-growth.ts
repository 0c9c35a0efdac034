import type { BinnedTable } from './tree-bins.ts'
import { CELL, findSplit } from './tree-split.ts'
import type { Split, SplitLimits } from './tree-split.ts'
import { appendLeaf, plantTree } from './tree.ts'
import type { Tree } from './tree.ts'

/** What stops a tree from growing, and how its leaves are set. */
interface GrowthLimits extends SplitLimits {
  depth: number
  learningRate: number
}

/** The largest float32: a split there separates missing from present values. */
const LARGEST_FLOAT32 = 3.4028234663852886e38

/**
 * Grows one tree after another over the same binned table, depth first, from histograms of gradient
 * sums (as XGBoost `hist` and LightGBM): only the smaller child is scanned, its sibling is the parent
 * minus it. All buffers are allocated once, one histogram per level.
 */
export class TreeGrower {
  readonly #table: BinnedTable
  readonly #limits: GrowthLimits
  /** Gradient and hessian of each row, side by side. */
  readonly #slopes: Float32Array
  readonly #sums: Float32Array
  readonly #stride: number
  readonly #lastBins: Int32Array
  readonly #histograms: Float64Array[]
  readonly #scratch: Int32Array
  readonly #isRight = new Uint8Array(256)
  readonly #best: Split = { feature: -1, bin: 0, missingLeft: 0, gain: 0 }
  #order: Int32Array
  #tree: Tree

  /** `slopes` is read and `sums` (log-odds per row, without the base) is added to in `grow`. */
  constructor(table: BinnedTable, limits: GrowthLimits, slopes: Float32Array, sums: Float32Array) {
    this.#table = table
    this.#limits = limits
    this.#slopes = slopes
    this.#sums = sums
    this.#lastBins = Int32Array.from(table.edges, (edges) => edges.length + 1)
    this.#stride = (Math.max(...this.#lastBins) + 1) * CELL
    this.#histograms = Array.from(
      { length: limits.depth + 1 },
      () => new Float64Array(table.features * this.#stride),
    )
    this.#scratch = new Int32Array(table.rows)
    this.#order = this.#scratch
    this.#tree = plantTree()
  }

  /** Grows a tree on the given rows, which it reorders, and adds its leaf values to their sums. */
  grow(rows: Int32Array): Tree {
    this.#order = rows
    this.#tree = plantTree()
    this.#scan(this.#histograms[0]!, 0, rows.length)
    this.#growNode(0, 0, rows.length, 0, 0)
    return this.#tree
  }

  /** Grows below a node whose rows are order[begin … end) and whose histogram is in `slot`. */
  #growNode(node: number, begin: number, end: number, level: number, slot: number): void {
    if (this.#maySplit(end - begin, level)) {
      findSplit(this.#histograms[slot]!, this.#stride, this.#lastBins, this.#limits, this.#best)
      if (this.#best.feature >= 0) {
        this.#growChildren(node, begin, end, level, slot)
        return
      }
    }
    this.#setLeaf(node, begin, end)
  }

  #maySplit(rows: number, level: number): boolean {
    return level < this.#limits.depth && rows >= 2 * this.#limits.minRowsPerLeaf
  }

  #growChildren(node: number, begin: number, end: number, level: number, slot: number): void {
    const [left, right] = this.#recordSplit(node)
    const middle = this.#partition(begin, end)
    const leftIsSmaller = middle - begin <= end - middle
    const larger = Math.max(middle - begin, end - middle)
    if (this.#maySplit(larger, level + 1)) {
      const scanned = this.#histograms[slot + 1]!
      if (leftIsSmaller) this.#scan(scanned, begin, middle)
      else this.#scan(scanned, middle, end)
      subtract(this.#histograms[slot]!, scanned)
    }
    // The smaller child comes first: it uses the slots below, which its sibling then reuses.
    if (leftIsSmaller) {
      this.#growNode(left, begin, middle, level + 1, slot + 1)
      this.#growNode(right, middle, end, level + 1, slot)
    } else {
      this.#growNode(right, middle, end, level + 1, slot + 1)
      this.#growNode(left, begin, middle, level + 1, slot)
    }
  }

  #recordSplit(node: number): [number, number] {
    const tree = this.#tree
    const { feature, bin, missingLeft, gain } = this.#best
    const left = appendLeaf(tree)
    const right = appendLeaf(tree)
    tree.feature[node] = feature
    tree.threshold[node] = this.#table.edges[feature]![bin - 1] ?? LARGEST_FLOAT32
    tree.missingLeft[node] = missingLeft
    tree.gain[node] = gain
    tree.left[node] = left
    tree.right[node] = right
    return [left, right]
  }

  /** Moves the rows that go left to the front, keeping their order; gives where the right begin. */
  #partition(begin: number, end: number): number {
    const { bins, features } = this.#table
    const { feature, bin: lastLeft, missingLeft } = this.#best
    const order = this.#order
    const scratch = this.#scratch
    const isRight = this.#isRight.fill(1).fill(0, 1, lastLeft + 1)
    isRight[0] = 1 - missingLeft
    let middle = begin
    let moved = 0
    // Writes both ways and advances one of them: the side is a coin toss that no CPU predicts.
    for (let index = begin; index < end; index++) {
      const row = order[index]!
      const right = isRight[bins[row * features + feature]!]!
      order[middle] = row
      scratch[moved] = row
      middle += 1 - right
      moved += right
    }
    order.set(scratch.subarray(0, moved), middle)
    return middle
  }

  #scan(histogram: Float64Array, begin: number, end: number): void {
    const { bins, features } = this.#table
    const stride = this.#stride
    const order = this.#order
    const slopes = this.#slopes
    histogram.fill(0)
    for (let index = begin; index < end; index++) {
      const row = order[index]!
      const gradient = slopes[2 * row]!
      const hessian = slopes[2 * row + 1]!
      const first = row * features
      for (let feature = 0, base = 0; feature < features; feature++, base += stride) {
        const cell = base + CELL * bins[first + feature]!
        histogram[cell]! += gradient
        histogram[cell + 1]! += hessian
        histogram[cell + 2]! += 1
      }
    }
  }

  /** Sets the Newton step as the leaf's value and adds it to the sums of its rows. */
  #setLeaf(node: number, begin: number, end: number): void {
    const order = this.#order
    let gradient = 0
    let hessian = this.#limits.l2
    for (let index = begin; index < end; index++) {
      const row = order[index]!
      gradient += this.#slopes[2 * row]!
      hessian += this.#slopes[2 * row + 1]!
    }
    if (hessian <= 0) return
    const value = Math.fround((-this.#limits.learningRate * gradient) / hessian)
    this.#tree.value[node] = value
    for (let index = begin; index < end; index++) this.#sums[order[index]!]! += value
  }
}

/** Turns a parent's histogram into that of one child by taking its sibling's away. */
function subtract(parent: Float64Array, sibling: Float64Array): void {
  for (let cell = 0; cell < parent.length; cell++) parent[cell]! -= sibling[cell]!
}
