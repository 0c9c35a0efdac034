/** How many of a kind there were at the source, and what became of them. */
export interface KindCount {
  found: number
  /** Brought by this import. */
  brought: number
  /** Here already, whole and unchanged. */
  present: number
  failed: number
}

/** Something that is not here after the import, and why. */
export interface LeftOut {
  kind: string
  id: string
  reason: string
}

export interface ImportReport {
  source: string
  project: string
  dryRun: boolean
  counts: Record<string, KindCount>
  leftOut: LeftOut[]
  /** More than are listed. */
  leftOutCount: number
}

const mostListed = 1000

/** Counts both sides while an import goes on. */
export class Tally {
  readonly #counts = new Map<string, KindCount>()
  readonly #leftOut: LeftOut[] = []
  #leftOutCount = 0

  add(kind: string, outcome: keyof KindCount, count = 1): void {
    const known = this.#counts.get(kind) ?? { found: 0, brought: 0, present: 0, failed: 0 }
    this.#counts.set(kind, { ...known, [outcome]: known[outcome] + count })
  }

  leaveOut(kind: string, id: string, reason: string): void {
    this.#leftOutCount += 1
    if (this.#leftOut.length < mostListed) this.#leftOut.push({ kind, id, reason })
  }

  get failures(): number {
    return [...this.#counts.values()].reduce((sum, count) => sum + count.failed, 0)
  }

  report(of: Pick<ImportReport, 'source' | 'project' | 'dryRun'>): ImportReport {
    return {
      ...of,
      counts: Object.fromEntries(this.#counts),
      leftOut: this.#leftOut,
      leftOutCount: this.#leftOutCount,
    }
  }
}
