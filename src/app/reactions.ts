import { parseSubject } from '#kernel/subjects'
import { asSystem, type Context, type Platform } from '#domains/access/index'
import { followRecord, queueDeliveries } from '#domains/alerts/index'
import { alignChampionAlias, followModelName, releaseVersion } from '#domains/deployments/index'
import { commit, hasEffect, type JournalRecord } from '#domains/journal/index'
import { evaluateGate } from '#domains/models/index'
import { fireTrigger, matchTriggers, recordSkipped } from '#domains/pipelines/index'
import { materializeJob, materializeViewJob } from '#workers/ingester'

type Reaction = (ctx: Context, record: JournalRecord) => Promise<void>

/** What follows from what: the arrows of the circle. Each may be asked twice for the same record. */
const reactions: Readonly<Record<string, readonly Reaction[]>> = {
  'data.committed': [materialize, fireTriggers],
  'data.released': [materialize],
  'view.applied': [materializeView],
  'alarm.raised': [fireTriggers],
  'version.registered': [decideAboutVersion],
  'version.evaluated': [decideAboutVersion],
  'gate.passed': [releasePassed],
  'rollout.promoted': [alignChampion],
  'model.renamed': [followName],
}

/** Makes what the loop does with each record. Its work names the record as its cause. */
export function createReactions(platform: Platform): (record: JournalRecord) => Promise<void> {
  return async (record) => {
    const ctx: Context = { ...asSystem(platform, 'loop'), cause: record.seq }
    await followRecord(ctx, record)
    await queueDeliveries(ctx, record)
    for (const react of reactions[record.verb] ?? []) await react(ctx, record)
  }
}

/** Features follow the data, as a job: reading files must not hold up what else is to follow. */
async function materialize(ctx: Context, { subject, project }: JournalRecord): Promise<void> {
  const { name: dataset, version } = parseSubject(subject)
  const job = materializeJob(project, dataset, Number(version))
  await commit(ctx, async (change) => change.enqueue(job))
}

/** A view that was declared, or declared anew, is to answer before a model is released with it. */
async function materializeView(ctx: Context, record: JournalRecord): Promise<void> {
  const { name, version } = parseSubject(record.subject)
  const job = materializeViewJob(record.project, `${name}@${version}`, record.seq)
  await commit(ctx, async (change) => change.enqueue(job))
}

async function fireTriggers(ctx: Context, record: JournalRecord): Promise<void> {
  const matches = await matchTriggers(ctx, record)
  for (const match of matches.filter(({ fires }) => fires)) await fireTrigger(ctx, match)
  await recordSkipped(
    ctx,
    record,
    matches.filter(({ fires }) => !fires),
  )
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

async function followName(ctx: Context, { project, at, detail }: JournalRecord): Promise<void> {
  const { from, to } = detail as { from: string; to: string }
  await followModelName(ctx, { project, from, to, at })
}
