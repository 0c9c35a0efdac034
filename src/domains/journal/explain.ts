import { authorize } from '#kernel/principals'
import { parseSubject, type Subject, type SubjectKind } from '#kernel/subjects'
import type { Context } from '#domains/access/index'
import type { JournalRecord } from './record.ts'
import { recordsBySeq, recordsOfSubject } from './records-of.ts'
import { sentenceOf } from './sentence.ts'

export interface WhyNode extends Omit<JournalRecord, 'project' | 'prevHash' | 'hash'> {
  sentence: string
  /** The records that explain this one, newest first. */
  because: number[]
}

export interface Why {
  subject: Subject
  /** The records that speak of the subject itself, newest first. */
  roots: number[]
  /** Every record of the story, newest first. */
  nodes: WhyNode[]
  truncated: boolean
}

export interface WhyOptions {
  /** Steps from effect to cause. */
  depth: number
  /** Records in the story. */
  limit: number
}

/** How many of a subject's records belong to the story of what came of it. */
const recordsPerSubject = 6
/** A standing thing (an endpoint, a data set) has one long history; only what last changed it counts. */
const recordsPerStandingSubject = 1
const rootRecords = 3

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

/**
 * Why a thing is as it is: the records that speak of it, and from each its causes, back to the
 * beginning. The causes of a record are what it names as inputs, as each was at that moment, and what
 * had happened to its own subject before. Bounded in depth and number; whatever does not fit is
 * reported as `truncated`. A subject that no record knows gives an empty story.
 */
export async function explain(
  ctx: Context,
  project: string,
  subjectText: string,
  { depth, limit }: WhyOptions,
): Promise<Why> {
  authorize(ctx, 'viewer', project)
  const { kind, name } = parseSubject(subjectText)
  const story = new Story(ctx, project, limit)
  const roots =
    kind === 'record'
      ? await story.bySeq([Number(name)])
      : await story.ofSubject(subjectText, Number.MAX_SAFE_INTEGER, rootRecords)
  let edge = story.add(roots)
  for (let step = 1; edge.length > 0; step++) {
    const next: JournalRecord[] = []
    for (const record of edge) {
      const causes = await causesOf(story, record)
      const shown = step > depth ? causes.filter(({ seq }) => story.has(seq)) : causes
      if (shown.length < causes.length) story.truncated = true
      next.push(...story.add(shown))
      story.link(record, shown)
    }
    edge = next
  }
  return {
    subject: subjectText as Subject,
    roots: roots.map(({ seq }) => seq),
    nodes: story.nodes(),
    truncated: story.truncated,
  }
}

async function causesOf(story: Story, record: JournalRecord): Promise<JournalRecord[]> {
  const found = new Map<number, JournalRecord>()
  const keep = (records: readonly JournalRecord[]): void => {
    for (const each of records) if (each.seq < record.seq) found.set(each.seq, each)
  }
  for (const input of record.inputs) {
    const { kind, name } = parseSubject(input)
    keep(
      kind === 'record'
        ? await story.bySeq([Number(name)])
        : await story.ofSubject(input, record.seq, breadthOf(input)),
    )
  }
  // What a thing went through before: the start of a release explains its end.
  if (isShortLived(record.subject)) {
    keep(await story.ofSubject(record.subject, record.seq, recordsPerSubject))
  }
  return [...found.values()].sort((a, b) => b.seq - a.seq)
}

function breadthOf(subjectText: string): number {
  return isShortLived(subjectText) ? recordsPerSubject : recordsPerStandingSubject
}

/** Versions never change again, so all that is said of one belongs to what was made from it. */
function isShortLived(subjectText: string): boolean {
  const { kind, version } = parseSubject(subjectText)
  return version !== undefined || shortLived.includes(kind)
}

/** The records found so far, and what they are because of. */
class Story {
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
