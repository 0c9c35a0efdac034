import type { Json } from '#kernel/json'

/** Tokens and money of a span or a trace; `null` where nobody said. */
export interface Usage {
  input_tokens: number | null
  output_tokens: number | null
  total_tokens: number | null
  cache_read_tokens: number | null
  cache_write_tokens: number | null
  input_cost: number | null
  output_cost: number | null
  total_cost: number | null
}

export const usageColumns = [
  'input_tokens',
  'output_tokens',
  'total_tokens',
  'cache_read_tokens',
  'cache_write_tokens',
  'input_cost',
  'output_cost',
  'total_cost',
] as const satisfies readonly (keyof Usage)[]

/** A span in the tree of its trace, with what it used. */
export interface UsageNode extends Usage {
  span_id: string
  parent_id: string | null
}

const tokenNames = {
  input_tokens: 'input_tokens',
  output_tokens: 'output_tokens',
  total_tokens: 'total_tokens',
  cache_read_input_tokens: 'cache_read_tokens',
  cache_creation_input_tokens: 'cache_write_tokens',
} as const
const costNames = {
  input_cost: 'input_cost',
  output_cost: 'output_cost',
  total_cost: 'total_cost',
} as const

/** Reads MLflow's `{"input_tokens": …}` and `{"input_cost": …}`; what is no number there is left out. */
export function readUsage(tokens: Json | undefined, cost: Json | undefined): Usage {
  const usage: Usage = { ...noUsage }
  const counts = membersOf(tokens)
  for (const [name, column] of Object.entries(tokenNames)) {
    const value = counts[name]
    if (Number.isSafeInteger(value)) usage[column] = value as number
  }
  const costs = membersOf(cost)
  for (const [name, column] of Object.entries(costNames)) {
    const value = costs[name]
    if (typeof value === 'number' && Number.isFinite(value)) usage[column] = value
  }
  return usage
}

export const noUsage: Readonly<Usage> = {
  input_tokens: null,
  output_tokens: null,
  total_tokens: null,
  cache_read_tokens: null,
  cache_write_tokens: null,
  input_cost: null,
  output_cost: null,
  total_cost: null,
}

/** As MLflow writes it in a trace's metadata; `undefined` when nothing is known. */
export function tokenText(usage: Usage): string | undefined {
  return textOf(usage, tokenNames)
}

export function costText(usage: Usage): string | undefined {
  return textOf(usage, costNames)
}

function textOf(usage: Usage, names: Readonly<Record<string, keyof Usage>>): string | undefined {
  const known = Object.entries(names).flatMap(([name, column]) => {
    const value = usage[column]
    return value === null ? [] : [`${JSON.stringify(name)}: ${value}`]
  })
  return known.length === 0 ? undefined : `{${known.join(', ')}}`
}

/**
 * Sums what the spans of a trace used. Some instrumentations repeat on a parent what its children
 * used, so below a span that says something nothing more is counted; tokens and money each by
 * themselves.
 */
export function sumUsage(nodes: readonly UsageNode[]): Usage {
  return {
    ...noUsage,
    ...sumColumns(
      nodes,
      ['input_tokens', 'output_tokens', 'total_tokens'],
      ['cache_read_tokens', 'cache_write_tokens'],
    ),
    ...sumColumns(nodes, ['input_cost', 'output_cost', 'total_cost'], []),
  }
}

function sumColumns(
  nodes: readonly UsageNode[],
  always: readonly (keyof Usage)[],
  whenSaid: readonly (keyof Usage)[],
): Partial<Usage> {
  const columns = [...always, ...whenSaid]
  const counted = topmost(nodes, (node) => columns.some((column) => node[column] !== null))
  if (counted.length === 0) return {}
  const sums: Partial<Usage> = {}
  for (const column of columns) {
    const values = counted.flatMap((node) => node[column] ?? [])
    if (values.length > 0 || always.includes(column)) {
      sums[column] = values.reduce((sum, value) => sum + value, 0)
    }
  }
  return sums
}

/** The nodes that say something and have no ancestor that does. A parent that is missing is none. */
function topmost(
  nodes: readonly UsageNode[],
  says: (node: UsageNode) => boolean,
): readonly UsageNode[] {
  const ids = new Set(nodes.map((node) => node.span_id))
  const roots: UsageNode[] = []
  const children = new Map<string, UsageNode[]>()
  for (const node of nodes) {
    const parent = node.parent_id
    if (parent === null || !ids.has(parent)) roots.push(node)
    else addTo(children, parent, node)
  }
  const found: UsageNode[] = []
  const waiting = roots
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (says(node)) found.push(node)
    else waiting.push(...(children.get(node.span_id) ?? []))
  }
  return found
}

function addTo(groups: Map<string, UsageNode[]>, key: string, node: UsageNode): void {
  const group = groups.get(key)
  if (group === undefined) groups.set(key, [node])
  else group.push(node)
}

function membersOf(value: Json | undefined): Readonly<Record<string, Json>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {}
}
