/**
 * One binary tree as parallel arrays; node 0 is the root. A row goes left when its value is <= the
 * threshold, or is missing (NaN) and `missingLeft` is 1.
 */
export interface Tree {
  /** Column index per node; -1 marks a leaf. */
  feature: number[]
  /** Float32 values; 0 in leaves. */
  threshold: number[]
  left: number[]
  right: number[]
  /** 1 when missing values go left. */
  missingLeft: number[]
  /** Float32 addition to the log-odds, already times the learning rate; 0 in inner nodes. */
  value: number[]
  /** Loss reduction of the split, in log loss times rows; 0 in leaves. */
  gain: number[]
}

/** A tree of one leaf that adds nothing. */
export function plantTree(): Tree {
  const tree: Tree = {
    feature: [],
    threshold: [],
    left: [],
    right: [],
    missingLeft: [],
    value: [],
    gain: [],
  }
  appendLeaf(tree)
  return tree
}

/** Adds a leaf without a parent yet and gives its index. */
export function appendLeaf(tree: Tree): number {
  tree.threshold.push(0)
  tree.left.push(0)
  tree.right.push(0)
  tree.missingLeft.push(0)
  tree.value.push(0)
  tree.gain.push(0)
  return tree.feature.push(-1) - 1
}

/** Adds the leaf value that each row reaches to its running float32 sum; only to `rows` if given. */
export function addTree(
  sums: Float32Array,
  tree: Tree,
  columns: readonly Float32Array[],
  rows?: Int32Array,
): void {
  const feature = Int32Array.from(tree.feature)
  const threshold = Float32Array.from(tree.threshold)
  const left = Int32Array.from(tree.left)
  const right = Int32Array.from(tree.right)
  const missing = Int32Array.from(tree.missingLeft, (flag, node) =>
    flag === 1 ? tree.left[node]! : tree.right[node]!,
  )
  const value = Float32Array.from(tree.value)
  const count = rows === undefined ? sums.length : rows.length
  for (let index = 0; index < count; index++) {
    const row = rows === undefined ? index : rows[index]!
    let node = 0
    let column = feature[0]!
    while (column >= 0) {
      const x = columns[column]![row]!
      if (x <= threshold[node]!) node = left[node]!
      else if (Number.isNaN(x)) node = missing[node]!
      else node = right[node]!
      column = feature[node]!
    }
    sums[row]! += value[node]!
  }
}
