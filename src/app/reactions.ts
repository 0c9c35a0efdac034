import { parseSubject } from '#kernel/subjects'
import { asSystem, type Context, type Platform } from '#domains/access/index'
import { alignChampionAlias, releaseVersion } from '#domains/deployments/index'
import { hasEffect, type JournalRecord } from '#domains/journal/index'
import { evaluateGate } from '#domains/models/index'
import { fireTrigger, matchTriggers } from '#domains/pipelines/index'

type Reaction = (ctx: Context, record: JournalRecord) => Promise<void>

/** What follows from what: the arrows of the circle. Each may be asked twice for the same record. */
const reactions: Readonly<Record<string, Reaction>> = {
  'data.committed': fireTriggers,
  'alarm.raised': fireTriggers,
  'version.registered': decideAboutVersion,
  'version.evaluated': decideAboutVersion,
  'gate.passed': releasePassed,
  'rollout.promoted': alignChampion,
}

/** Makes what the loop does with each record. Its work names the record as its cause. */
export function createReactions(platform: Platform): (record: JournalRecord) => Promise<void> {
  return async (record) => {
    const reaction = reactions[record.verb]
    if (reaction === undefined) return
    await reaction({ ...asSystem(platform, 'loop'), cause: record.seq }, record)
  }
}

async function fireTriggers(ctx: Context, record: JournalRecord): Promise<void> {
  for (const match of await matchTriggers(ctx, record)) await fireTrigger(ctx, match)
}

async function decideAboutVersion(
  ctx: Context,
  { seq, subject, project }: JournalRecord,
): Promise<void> {
  const { name, version } = parseSubject(subject)
  // Handed over twice, a record must not be decided about twice.
  if (version !== undefined && !(await hasEffect(ctx, seq, 'gate.')))
    await evaluateGate(ctx, { project, model: name, version })
}

async function releasePassed(ctx: Context, { subject, project }: JournalRecord): Promise<void> {
  const { name: model, version } = parseSubject(subject)
  const reason = `${model}@${version} passed its gate.`
  await releaseVersion(ctx, { project, model, version: Number(version), reason })
}

async function alignChampion(ctx: Context, { subject, project }: JournalRecord): Promise<void> {
  await alignChampionAlias(ctx, { project, rollout: parseSubject(subject).name })
}
