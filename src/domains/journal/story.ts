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

/** What happens once and is over; all else has a long history that is a story of its own. */
const happenings: readonly SubjectKind[] = [
  'run',
  'execution',
  'rollout',
  'alarm',
  'incident',
  'job',
  'commit',
  'blob',
]
/** What looks at things from outside: their stories are not its story. */
const observers: readonly SubjectKind[] = ['monitor', 'alarm', 'incident']

type Bearing = 'told' | 'named' | 'none'

/**
 * The records that led to a record: the last word before it of its inputs and of its own subject.
 * From there the walk goes on, so that a chain is told link by link.
 */
export async function causesOf(story: Story, record: JournalRecord): Promise<Causes> {
  const causes = { told: new Map<number, JournalRecord>(), named: new Map<number, JournalRecord>() }
  for (const about of new Set([...record.inputs, record.subject])) {
    const bearing = bearingOf(record, about)
    if (bearing === 'none') continue
    const [last] = await story.lastWord(about, record.seq)
    if (last !== undefined && last.seq < record.seq) causes[bearing].set(last.seq, last)
  }
  for (const seq of causes.told.keys()) causes.named.delete(seq)
  return { told: newestFirst(causes.told), named: newestFirst(causes.named) }
}

/** What a subject that a record speaks of has to do with the record. */
function bearingOf(record: JournalRecord, about: string): Bearing {
  const { kind, name, version } = parseSubject(about)
  const own = parseSubject(record.subject)
  if (kind === 'record') return 'told'
  if (about === record.subject)
    return happenings.includes(kind) || version !== undefined ? 'told' : 'none'
  if (kind === 'trigger' || happenings.includes(kind)) return 'told'
  if (kind === 'service') return 'named'
  if (version === undefined || kind === 'view') return 'none'
  if (kind === own.kind && name === own.name) return 'named'
  // Of several versions the first is what it is about, the others what that was compared with.
  const first = record.inputs.find((input) => input.startsWith(`${kind}:${name}@`))
  if (first !== undefined && first !== about) return 'named'
  return observers.includes(own.kind) && kind !== 'data' ? 'named' : 'told'
}

function newestFirst(records: ReadonlyMap<number, JournalRecord>): JournalRecord[] {
  return [...records.values()].sort((a, b) => b.seq - a.seq)
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

  /** The last record before `before` that speaks of a subject; of `record:17` that record. */
  lastWord(about: string, before: number): Promise<JournalRecord[]> {
    const { kind, name } = parseSubject(about)
    return kind === 'record' ? this.bySeq([Number(name)]) : this.ofSubject(about, before, 1)
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
