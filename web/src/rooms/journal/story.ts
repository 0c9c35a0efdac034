import type { Why, WhyNode } from './journal-reads.ts'

/** A record in the story, as deep as it lies behind the subject. */
export interface StoryEntry {
  key: string
  depth: number
  node: WhyNode
  /** It was told further up with all that led to it. */
  again: boolean
}

const deepest = 40

/** The records from effect to causes, each told once; a record met again is only named. */
export function storyLines(why: Why): StoryEntry[] {
  const nodes = new Map(why.nodes.map((node) => [node.seq, node]))
  const told = new Set<number>([])
  const lines: StoryEntry[] = []
  const tell = (seq: number, depth: number) => {
    const node = nodes.get(seq)
    if (node === undefined || depth > deepest) return
    const again = told.has(seq)
    if (again && depth === 0) return
    lines.push({ key: `${lines.length}-${seq}`, depth, node, again })
    if (again) return
    told.add(seq)
    for (const cause of node.because) tell(cause, depth + 1)
  }
  for (const root of why.roots) tell(root, 0)
  return lines
}
