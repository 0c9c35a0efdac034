import { parseSubject, type SubjectKind } from '#kernel/subjects'
import type { Context } from '#domains/access/index'
import type { JournalRecord } from './record.ts'
import { recordsBySeq, recordsOfSubject } from './records-of.ts'
import { sentenceOf } from './sentence.ts'

export interface WhyNode extends Omit<JournalRecord, 'project' | 'prevHash' | 'hash'> {
  sentence: string
  /** The records that explain this one, newest first. */
  because: number[]
}

/** How many of a subject's records belong to the story of what came of it. */
const recordsPerSubject = 6
/** A standing thing (an endpoint, a data set) has one long history; only what last changed it counts. */
const recordsPerStandingSubject = 1

const shortLived: readonly SubjectKind[] = [
  'run',
  'execution',
  'rollout',
  'alarm',
  'incident',
  'job',
  'commit',
  'blob',
]

/** Records that led to another one. */
export interface Causes {
  /** Whose own causes belong to the story, newest first. */
  told: JournalRecord[]
  /**
   * Only named: of what it was compared with or followed, such as the champion of a gate or the
   * version before. Their stories are their own.
   */
  named: JournalRecord[]
}

/**
 * The records that led to a record: what it names as inputs, as each was at that moment, and what
 * its own subject went through before.
 */
export async function causesOf(story: Story, record: JournalRecord): Promise<Causes> {
  const told = new Map<number, JournalRecord>()
  const named = new Map<number, JournalRecord>()
  const keep = (kept: typeof told, records: readonly JournalRecord[]): void => {
    for (const each of records) if (each.seq < record.seq) kept.set(each.seq, each)
  }
  for (const input of record.inputs) {
    const { kind, name } = parseSubject(input)
    if (kind === 'record') keep(told, await story.bySeq([Number(name)]))
    else if (isSibling(record.subject, input))
      keep(named, await story.ofSubject(input, record.seq, 1))
    else keep(told, await story.ofSubject(input, record.seq, breadthOf(input)))
  }
  // The start of a release explains its end.
  if (isShortLived(record.subject)) {
    keep(told, await story.ofSubject(record.subject, record.seq, recordsPerSubject))
  }
  for (const seq of told.keys()) named.delete(seq)
  return { told: newestFirst(told), named: newestFirst(named) }
}

function newestFirst(records: ReadonlyMap<number, JournalRecord>): JournalRecord[] {
  return [...records.values()].sort((a, b) => b.seq - a.seq)
}

/** Another version of the same thing. */
function isSibling(one: string, other: string): boolean {
  const [a, b] = [parseSubject(one), parseSubject(other)]
  return (
    a.kind === b.kind && a.name === b.name && b.version !== undefined && a.version !== b.version
  )
}

function breadthOf(subjectText: string): number {
  return isShortLived(subjectText) ? recordsPerSubject : recordsPerStandingSubject
}

/** Brought up to date again and again under the same version: only how it last was counts. */
const refreshed: readonly SubjectKind[] = ['view', 'service']

/** Versions never change again, so all that is said of one belongs to what was made from it. */
function isShortLived(subjectText: string): boolean {
  const { kind, version } = parseSubject(subjectText)
  if (refreshed.includes(kind)) return false
  return version !== undefined || shortLived.includes(kind)
}

/** The records found so far, and what they are because of. */
export class Story {
  readonly #ctx: Context
  readonly #project: string
  readonly #limit: number
  readonly #records = new Map<number, JournalRecord>()
  readonly #because = new Map<number, number[]>()
  readonly #asked = new Map<string, Promise<JournalRecord[]>>()
  truncated = false

  constructor(ctx: Context, project: string, limit: number) {
    this.#ctx = ctx
    this.#project = project
    this.#limit = limit
  }

  has(seq: number): boolean {
    return this.#records.has(seq)
  }

  /** Takes in records as far as there is room; gives those that are new. */
  add(records: readonly JournalRecord[]): JournalRecord[] {
    return records.filter((record) => {
      if (this.has(record.seq)) return false
      if (this.#records.size >= this.#limit) {
        this.truncated = true
        return false
      }
      this.#records.set(record.seq, record)
      return true
    })
  }

  link(record: JournalRecord, causes: readonly JournalRecord[]): void {
    const seqs = causes.map(({ seq }) => seq).filter((seq) => this.has(seq))
    this.#because.set(record.seq, seqs)
  }

  bySeq(seqs: readonly number[]): Promise<JournalRecord[]> {
    return this.#once(`#${seqs.join()}`, () => recordsBySeq(this.#ctx, this.#project, seqs))
  }

  ofSubject(subjectText: string, before: number, count: number): Promise<JournalRecord[]> {
    return this.#once(`${subjectText}<${before}:${count}`, () =>
      recordsOfSubject(this.#ctx, this.#project, subjectText, before, count),
    )
  }

  #once(key: string, ask: () => Promise<JournalRecord[]>): Promise<JournalRecord[]> {
    const known = this.#asked.get(key)
    if (known !== undefined) return known
    const asked = ask()
    this.#asked.set(key, asked)
    return asked
  }

  nodes(): WhyNode[] {
    return [...this.#records.values()]
      .sort((a, b) => b.seq - a.seq)
      .map((record) => {
        const { seq, at, actor, verb, subject, inputs, outputs, detail } = record
        const because = this.#because.get(seq) ?? []
        const sentence = sentenceOf(record)
        return { seq, at, actor, verb, subject, inputs, outputs, detail, sentence, because }
      })
  }
}
