import { authorizeWhole } from '#kernel/principals'
import { parseSubject, type Subject } from '#kernel/subjects'
import type { Context } from '#domains/access/index'
import type { JournalRecord } from './record.ts'
import { causesOf, Story, type WhyNode } from './story.ts'

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

/** How far back to look for what serves now: releases since may all have been rolled back. */
const lookedBack = 500

/**
 * Why a thing is as it is: the last words on it, and from each its causes, back to the beginning. The
 * causes of a record are what it names as inputs, as each was at that moment, and what had happened to
 * its own subject before. Bounded in depth and number; whatever does not fit is
 * reported as `truncated`. A subject that no record knows gives an empty story.
 */
export async function explain(
  ctx: Context,
  project: string,
  subjectText: string,
  { depth, limit }: WhyOptions,
): Promise<Why> {
  authorizeWhole(ctx, 'viewer', project)
  parseSubject(subjectText)
  const story = new Story(ctx, project, limit)
  const roots = await rootsOf(story, subjectText)
  await tell(story, roots, depth)
  return {
    subject: subjectText as Subject,
    roots: roots.map(({ seq }) => seq),
    nodes: story.nodes(),
    truncated: story.truncated,
  }
}

/** The last word on the subject; and where that was about something else, what last became of it. */
async function rootsOf(story: Story, subjectText: string): Promise<JournalRecord[]> {
  const last = await story.lastWord(subjectText, Number.MAX_SAFE_INTEGER)
  const recent = await story.ofSubject(subjectText, Number.MAX_SAFE_INTEGER, lookedBack)
  const promoted = recent.find(({ verb }) => verb === 'rollout.promoted')
  return promoted === undefined || promoted.seq === last[0]?.seq ? last : [...last, promoted]
}

/** Walks from effects to causes, breadth first, so that what is near is told before what is far. */
async function tell(story: Story, roots: readonly JournalRecord[], depth: number): Promise<void> {
  story.add(roots)
  const walked = new Set<number>()
  let edge = [...roots]
  for (let step = 1; edge.length > 0; step++) {
    const next: JournalRecord[] = []
    for (const record of edge) {
      walked.add(record.seq)
      const { told, named } = await causesOf(story, record)
      const causes = [...told, ...named].sort((a, b) => b.seq - a.seq)
      if (step <= depth) story.add(causes)
      else if (causes.some(({ seq }) => !story.has(seq))) story.truncated = true
      story.link(record, causes)
      next.push(...told.filter(({ seq }) => story.has(seq)))
    }
    edge = [...new Set(next)].filter(({ seq }) => !walked.has(seq))
  }
}
