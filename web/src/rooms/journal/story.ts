import type { Why, WhyNode } from './journal-reads.ts'

/** A record in the story, as deep as it lies behind the subject. */
export interface StoryEntry {
  key: string
  depth: number
  node: WhyNode
  /** Further causes that were told higher up, on another branch. */
  seen: WhyNode[]
}

const deepest = 40

/** The records from effect to causes, each told once, where it first explains something. */
export function storyLines(why: Why): StoryEntry[] {
  const nodes = new Map(why.nodes.map((node) => [node.seq, node]))
  const told = new Set<number>([])
  const lines: StoryEntry[] = []
  /** Tells a record with all that led to it, and gives the numbers of what was told below it. */
  const tell = (node: WhyNode, depth: number): Set<number> => {
    const entry: StoryEntry = { key: String(node.seq), depth, node, seen: [] }
    const below = new Set<number>([node.seq])
    lines.push(entry)
    told.add(node.seq)
    for (const seq of node.because) {
      const cause = nodes.get(seq)
      if (cause === undefined || below.has(seq)) continue
      if (told.has(seq)) entry.seen.push(cause)
      else if (depth < deepest) for (const each of tell(cause, depth + 1)) below.add(each)
    }
    return below
  }
  for (const root of why.roots) {
    const node = nodes.get(root)
    if (node !== undefined && !told.has(root)) tell(node, 0)
  }
  return lines
}
