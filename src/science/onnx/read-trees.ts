import { MalformedMessage, readMessage, readText } from '#kernel/protobuf'
import { type NodeAttributes, readAttributes } from './read-attributes.ts'

/**
 * An ensemble of regression trees as flat arrays. The children of node i are `left[i]` (its
 * condition `x <= threshold` holds) and `left[i] + 1`.
 */
export interface TreeEnsemble {
  features: number
  roots: Int32Array
  /** Column per node; -1 marks a leaf. */
  feature: Int32Array
  /** Float32 threshold of a node, or what a leaf adds. */
  value: Float32Array
  left: Int32Array
  /** 0: a missing value (NaN) goes left, 1: right. */
  missing: Uint8Array
  /** Float32, added to the sum of the leaves. */
  base: number
  /** Whether the sum is the log-odds of what the model gives. */
  sigmoid: boolean
}

/** A model of more nodes is left to the runtime that is made for it. */
const mostNodes = 500_000

/**
 * Reads a model that is one TreeEnsembleRegressor with one target, sum and conditions `<=`, followed
 * by a Sigmoid or by nothing: what `writeTreesOnnx` and the usual exporters of boosted trees write.
 * Gives undefined for every other model; whether the bytes are a model at all is for others to say.
 */
export function readTreeEnsemble(bytes: Uint8Array, features: number): TreeEnsemble | undefined {
  try {
    return readModel(bytes, features)
  } catch (thrown) {
    if (thrown instanceof MalformedMessage) return undefined
    throw thrown
  }
}

interface GraphNode {
  operator: string
  inputs: string[]
  outputs: string[]
  attributes: Uint8Array[]
}

function readModel(bytes: Uint8Array, features: number): TreeEnsemble | undefined {
  const nodes: GraphNode[] = []
  for (const model of readMessage(bytes)) {
    if (model.field !== 7 || model.kind !== 'bytes') continue
    for (const graph of readMessage(model.value)) {
      if (graph.field === 1 && graph.kind === 'bytes') nodes.push(readNode(graph.value))
    }
  }
  const [trees, link, ...more] = nodes
  if (trees?.operator !== 'TreeEnsembleRegressor' || more.length > 0) return undefined
  if (link !== undefined && link.operator !== 'Sigmoid') return undefined
  if (link !== undefined && link.inputs[0] !== trees.outputs[0]) return undefined
  return assemble(readAttributes(trees.attributes), features, link !== undefined)
}

function readNode(bytes: Uint8Array): GraphNode {
  const node: GraphNode = { operator: '', inputs: [], outputs: [], attributes: [] }
  for (const { field, value } of readMessage(bytes)) {
    if (typeof value === 'bigint') continue
    if (field === 1) node.inputs.push(readText(value))
    else if (field === 2) node.outputs.push(readText(value))
    else if (field === 4) node.operator = readText(value)
    else if (field === 5) node.attributes.push(value)
  }
  return node
}

function assemble(
  given: NodeAttributes,
  features: number,
  sigmoid: boolean,
): TreeEnsemble | undefined {
  const { numbers, texts } = given
  const of = (name: string): ArrayLike<number> => numbers.get(name) ?? []
  const plain =
    (of('n_targets')[0] ?? 1) === 1 &&
    (texts.get('aggregate_function')?.[0] ?? 'SUM') === 'SUM' &&
    (texts.get('post_transform')?.[0] ?? 'NONE') === 'NONE' &&
    of('base_values').length <= 1
  const treeIds = of('nodes_treeids')
  if (!plain || treeIds.length === 0 || treeIds.length > mostNodes) return undefined
  const places = placesOf(treeIds, of('nodes_nodeids'))
  const leaves = leavesOf(treeIds.length, places, {
    trees: of('target_treeids'),
    nodes: of('target_nodeids'),
    weights: of('target_weights'),
  })
  return leaves === undefined
    ? undefined
    : layOut({ given, places, leaves, features, base: of('base_values')[0] ?? 0, sigmoid })
}

/** Where each node of each tree stands among the attributes; trees in their order. */
type Places = Map<number, Map<number, number>>

function placesOf(treeIds: ArrayLike<number>, nodeIds: ArrayLike<number>): Places {
  const places: Places = new Map()
  for (let i = 0; i < treeIds.length; i++) {
    const tree = places.get(treeIds[i]!) ?? new Map<number, number>()
    if (tree.size === 0) places.set(treeIds[i]!, tree)
    tree.set(nodeIds[i] ?? -1, i)
  }
  return places
}

/** What each node adds; undefined when a leaf has several targets or is not there. */
function leavesOf(
  count: number,
  places: Places,
  { trees, nodes, weights }: Record<'trees' | 'nodes' | 'weights', ArrayLike<number>>,
): Float32Array | undefined {
  const added = new Float32Array(count)
  const seen = new Set<number>()
  for (let i = 0; i < weights.length; i++) {
    const at = places.get(trees[i] ?? -1)?.get(nodes[i] ?? -1)
    if (at === undefined || seen.has(at)) return undefined
    seen.add(at)
    added[at] = weights[i]!
  }
  return added
}

interface Parts {
  given: NodeAttributes
  places: Places
  leaves: Float32Array
  features: number
  base: number
  sigmoid: boolean
}

/** Lays the nodes out anew, so that both children of a node stand side by side. */
function layOut({
  given: { numbers, texts },
  places,
  leaves,
  features,
  base,
  sigmoid,
}: Parts): TreeEnsemble | undefined {
  const of = (name: string): ArrayLike<number> => numbers.get(name) ?? []
  const modes = texts.get('nodes_modes') ?? []
  const [columns, thresholds] = [of('nodes_featureids'), of('nodes_values')]
  const [yes, no] = [of('nodes_truenodeids'), of('nodes_falsenodeids')]
  const missingYes = of('nodes_missing_value_tracks_true')
  const count = leaves.length
  const ensemble: TreeEnsemble = {
    features,
    roots: new Int32Array(places.size),
    feature: new Int32Array(count).fill(-1),
    value: new Float32Array(count),
    left: new Int32Array(count),
    missing: new Uint8Array(count),
    base,
    sigmoid,
  }
  let used = 0
  let tree = 0
  for (const nodes of places.values()) {
    ensemble.roots[tree++] = used
    const queue = [0]
    const first = used++
    for (let next = 0; next < queue.length; next++) {
      const at = first + next
      const from = nodes.get(queue[next]!)
      // A node that is not there, or two ways to one: no tree.
      if (from === undefined || queue.length > nodes.size) return undefined
      if (modes[from] === 'LEAF') {
        ensemble.value[at] = leaves[from]!
        continue
      }
      const column = columns[from] ?? -1
      if (modes[from] !== 'BRANCH_LEQ' || !(column >= 0 && column < features)) return undefined
      ensemble.feature[at] = column
      ensemble.value[at] = thresholds[from] ?? Number.NaN
      ensemble.missing[at] = missingYes[from] === 1 ? 0 : 1
      ensemble.left[at] = used
      queue.push(yes[from] ?? -1, no[from] ?? -1)
      used += 2
      if (used > count) return undefined
    }
  }
  return ensemble
}
