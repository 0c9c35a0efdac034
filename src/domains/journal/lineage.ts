import { authorizeWhole } from '#kernel/principals'
import { parseSubject, type Subject } from '#kernel/subjects'
import type { Context } from '#domains/access/index'
import type { JournalTables } from './store.ts'

export interface Lineage {
  subject: Subject
  /** `distance`: steps away; negative upstream, positive downstream, 0 for the subject. */
  nodes: { subject: Subject; kind: string; distance: number }[]
  edges: { source: string; target: string; seq: number }[]
  truncated: boolean
}

export interface LineageOptions {
  direction: 'up' | 'down' | 'both'
  depth: number
  /** Most nodes. */
  limit: number
}

interface Edge {
  seq: number
  source: string
  target: string
}

/** What a subject came from (`up`) and what came from it (`down`), over `depth` steps. */
export async function lineage(
  ctx: Context,
  project: string,
  subjectText: string,
  { direction, depth, limit }: LineageOptions,
): Promise<Lineage> {
  authorizeWhole(ctx, 'viewer', project)
  parseSubject(subjectText)
  const walk = new Walk(ctx, project, limit)
  walk.place(subjectText, 0)
  if (direction !== 'down') await follow(walk, subjectText, 'target', 'source', depth)
  if (direction !== 'up') await follow(walk, subjectText, 'source', 'target', depth)
  return walk.result(subjectText as Subject)
}

async function follow(
  walk: Walk,
  start: string,
  from: 'source' | 'target',
  to: 'source' | 'target',
  depth: number,
): Promise<void> {
  const sign = from === 'target' ? -1 : 1
  let front = [start]
  for (let step = 1; step <= depth && front.length > 0; step++) {
    const edges = await walk.edgesAt(front, from)
    const next = edges.filter((edge) => walk.place(edge[to], sign * step)).map((edge) => edge[to])
    walk.connect(edges)
    front = [...new Set(next)]
  }
  if (front.length > 0 && (await walk.edgesAt(front, from)).length > 0) walk.truncated = true
}

class Walk {
  readonly #ctx: Context
  readonly #project: string
  readonly #limit: number
  readonly #distances = new Map<string, number>()
  readonly #edges = new Map<string, Edge>()
  truncated = false

  constructor(ctx: Context, project: string, limit: number) {
    this.#ctx = ctx
    this.#project = project
    this.#limit = limit
  }

  /** True when the subject is new and there is room for it. */
  place(subject: string, distance: number): boolean {
    if (this.#distances.has(subject)) return false
    if (this.#distances.size >= this.#limit) {
      this.truncated = true
      return false
    }
    this.#distances.set(subject, distance)
    return true
  }

  connect(edges: readonly Edge[]): void {
    for (const edge of edges) {
      if (!this.#distances.has(edge.source) || !this.#distances.has(edge.target)) continue
      if (edge.source === edge.target) continue
      this.#edges.set(`${edge.source}\n${edge.target}`, edge)
    }
  }

  edgesAt(subjects: readonly string[], side: 'source' | 'target'): Promise<Edge[]> {
    return (
      this.#ctx.tables
        .read<JournalTables>()
        .selectFrom('journal_edges')
        .select(['seq', 'source', 'target'])
        .where('project', '=', this.#project)
        .where(side, 'in', subjects)
        // Records are causes, not things that something is made from.
        .where('source', 'not like', 'record:%')
        .orderBy('seq', 'desc')
        .limit(this.#limit * 4)
        .execute()
    )
  }

  result(subject: Subject): Lineage {
    const nodes = [...this.#distances].map(([name, distance]) => ({
      subject: name as Subject,
      kind: parseSubject(name).kind,
      distance,
    }))
    const edges = [...this.#edges.values()].map(({ source, target, seq }) => ({
      source,
      target,
      seq,
    }))
    return { subject, nodes, edges, truncated: this.truncated }
  }
}
