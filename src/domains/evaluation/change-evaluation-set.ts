import { invalid } from '#kernel/errors'
import { subject } from '#kernel/subjects'
import { authorize, authorizeOnExperiments, type Context } from '#domains/access/index'
import { commit } from '#domains/journal/index'
import { requireExperiment } from '#domains/traces/index'
import {
  checkTags,
  describeSet,
  type EvaluationSet,
  findSet,
  newDigest,
  userTag,
  writeTags,
} from './evaluation-set.ts'
import { type EvaluationSetRow, type EvaluationTables, readEvaluation } from './store.ts'

interface Place {
  project: string
  set: string
}

/** Makes an empty set. Errors: `invalid`, `not_found` (experiment). */
export async function createEvaluationSet(
  ctx: Context,
  input: {
    project: string
    name: string
    experiments: readonly string[]
    tags: Readonly<Record<string, string>>
  },
): Promise<EvaluationSet> {
  authorize(ctx, 'editor', input.project)
  const { project, name, tags } = input
  if (name.trim() === '' || name.length > 255) {
    throw invalid('An evaluation dataset has a name of 1 to 255 characters.')
  }
  checkTags(tags)
  await requireExperiments(ctx, project, input.experiments)
  const now = ctx.clock()
  const user = tags[userTag] ?? null
  const row: EvaluationSetRow = {
    project,
    id: `d-${ctx.newId()}`,
    name,
    digest: newDigest(ctx, name),
    fields: null,
    created_at: now,
    updated_at: now,
    created_by: user,
    updated_by: user,
  }
  return commit(ctx, async (change) => {
    const db = change.sql<EvaluationTables>()
    await db.insertInto('evaluation_sets').values(row).execute()
    await writeTags(db, { project, set_id: row.id }, tags)
    const links = [...new Set(input.experiments)].map((experiment) => ({
      project,
      set_id: row.id,
      experiment: Number(experiment),
    }))
    if (links.length > 0) await db.insertInto('evaluation_set_experiments').values(links).execute()
    change.record({
      verb: 'evaluation-set.created',
      subject: subject('evaluation-set', row.id),
      project,
      detail: { name },
    })
    return describeSet(db, row)
  })
}

/** Errors: `not_found`. */
export async function getEvaluationSet(ctx: Context, input: Place): Promise<EvaluationSet> {
  authorize(ctx, 'viewer', input.project)
  const db = readEvaluation(ctx)
  return describeSet(db, await findSet(db, input.project, input.set))
}

const parts = ['evaluation_set_tags', 'evaluation_set_experiments', 'evaluation_records'] as const

/** Deletes a set with its records; one that is not there is deleted already. */
export async function deleteEvaluationSet(ctx: Context, input: Place): Promise<void> {
  authorize(ctx, 'editor', input.project)
  const { project, set } = input
  await commit(ctx, async (change) => {
    const db = change.sql<EvaluationTables>()
    const deleted = await db
      .deleteFrom('evaluation_sets')
      .where('project', '=', project)
      .where('id', '=', set)
      .returning('name')
      .executeTakeFirst()
    if (deleted === undefined) return
    for (const part of parts) {
      await db.deleteFrom(part).where('project', '=', project).where('set_id', '=', set).execute()
    }
    change.record({
      verb: 'evaluation-set.deleted',
      subject: subject('evaluation-set', set),
      project,
      detail: { name: deleted.name },
    })
  })
}

/** Sets tags; null removes one. Errors: `not_found`, `invalid`. */
export async function tagEvaluationSet(
  ctx: Context,
  input: Place & { tags: Readonly<Record<string, string | null>> },
): Promise<EvaluationSet> {
  authorize(ctx, 'editor', input.project)
  const { project, set } = input
  const given = Object.entries(input.tags)
  const kept = given.filter((entry): entry is [string, string] => entry[1] !== null)
  checkTags(Object.fromEntries(kept))
  const removed = given.filter(([, value]) => value === null).map(([key]) => key)
  return commit(ctx, async (change) => {
    const db = change.sql<EvaluationTables>()
    const row = await findSet(db, project, set)
    await writeTags(db, { project, set_id: set }, Object.fromEntries(kept))
    if (removed.length > 0) {
      await db
        .deleteFrom('evaluation_set_tags')
        .where('project', '=', project)
        .where('set_id', '=', set)
        .where('key', 'in', removed)
        .execute()
    }
    change.record({
      verb: 'evaluation-set.tagged',
      subject: subject('evaluation-set', set),
      project,
      detail: { tags: Object.fromEntries(given) },
    })
    return describeSet(db, row)
  })
}

/** Shows a set in more experiments, or in fewer. Errors: `not_found`. */
export async function placeEvaluationSet(
  ctx: Context,
  input: Place & { add?: readonly string[]; remove?: readonly string[] },
): Promise<EvaluationSet> {
  authorize(ctx, 'editor', input.project)
  const { project, set, add = [], remove = [] } = input
  await findSet(readEvaluation(ctx), project, set)
  await requireExperiments(ctx, project, add)
  return commit(ctx, async (change) => {
    const db = change.sql<EvaluationTables>()
    const row = await findSet(db, project, set)
    if (add.length > 0) {
      await db
        .insertInto('evaluation_set_experiments')
        .values([...new Set(add)].map((id) => ({ project, set_id: set, experiment: Number(id) })))
        .onConflict((c) => c.doNothing())
        .execute()
    }
    const numbers = remove.filter((id) => /^\d{1,15}$/.test(id)).map(Number)
    if (numbers.length > 0) {
      await db
        .deleteFrom('evaluation_set_experiments')
        .where('project', '=', project)
        .where('set_id', '=', set)
        .where('experiment', 'in', numbers)
        .execute()
    }
    change.record({
      verb: 'evaluation-set.placed',
      subject: subject('evaluation-set', set),
      project,
      detail: { added: [...add], removed: [...remove] },
    })
    return describeSet(db, row)
  })
}

async function requireExperiments(
  ctx: Context,
  project: string,
  ids: readonly string[],
): Promise<void> {
  const reach = authorizeOnExperiments(ctx, 'editor', project)
  for (const id of new Set(ids)) await requireExperiment(ctx, reach, id)
}
