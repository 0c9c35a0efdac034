import { invalid } from '#kernel/errors'
import { parseStored } from '#kernel/json'
import { subject } from '#kernel/subjects'
import { authorizeOnExperiments, type Context, type Reach } from '#domains/access/index'
import { commit } from '#domains/journal/index'
import { checkSubject, commitOf, writeLinks } from './create-run.ts'
import { checkTags } from './logged-texts.ts'
import { separateTags } from './mirrored-tags.ts'
import { describeRun, findRun } from './read-run.ts'
import type { Lifecycle, Run, RunEnvironment } from './run.ts'
import type { RunsTables } from './store.ts'
import { writeTags } from './write-texts.ts'

export interface RunChange {
  project: string
  run: string
  name?: string | undefined
  description?: string | undefined
  /** null removes a tag. */
  tags?: Record<string, string | null> | undefined
}

/** Renames, describes or tags a run, ended or not. Errors: `not_found`, `invalid`. */
export async function updateRun(ctx: Context, input: RunChange): Promise<Run> {
  const reach = authorizeOnExperiments(ctx, 'editor', input.project)
  const removed: string[] = []
  const set: Record<string, string> = {}
  for (const [key, value] of Object.entries(input.tags ?? {})) {
    if (value === null) removed.push(key)
    else set[key] = value
  }
  const tags = checkTags(set)
  const name = input.name?.trim()
  if (name === '') throw invalid('A run cannot have an empty name.')
  return commit(ctx, async (change) => {
    const db = change.sql<RunsTables>()
    const row = await findRun(db, reach, input.run)
    const mirrored = separateTags(tags)
    const next = {
      ...row,
      name: name ?? (mirrored.name?.trim() || row.name),
      description: input.description ?? mirrored.description ?? row.description,
      parent: mirrored.parent ?? row.parent,
      updated_at: ctx.clock(),
    }
    await db
      .updateTable('runs')
      .set({
        name: next.name,
        description: next.description,
        parent: next.parent,
        updated_at: next.updated_at,
      })
      .where('id', '=', row.id)
      .execute()
    await writeTags(db, row.id, mirrored.tags)
    if (removed.length > 0) {
      await db
        .deleteFrom('run_tags')
        .where('run_id', '=', row.id)
        .where('key', 'in', removed)
        .execute()
    }
    change.record({
      verb: 'run.updated',
      subject: subject('run', row.id),
      project: input.project,
      detail: { name: next.name, tags, removedTags: removed },
    })
    return describeRun(db, next)
  })
}

export interface RunLinks {
  project: string
  run: string
  inputs?: readonly string[] | undefined
  outputs?: readonly string[] | undefined
  /** Members given replace those that are known. */
  environment?: RunEnvironment | undefined
}

/** Says what a run was made from and what it made. Errors: `not_found`, `invalid`. */
export async function linkToRun(ctx: Context, input: RunLinks): Promise<Run> {
  const reach = authorizeOnExperiments(ctx, 'editor', input.project)
  const inputs = (input.inputs ?? []).map(checkSubject)
  const outputs = (input.outputs ?? []).map(checkSubject)
  return commit(ctx, async (change) => {
    const db = change.sql<RunsTables>()
    const row = await findRun(db, reach, input.run)
    await writeLinks(db, row.id, 'input', inputs)
    await writeLinks(db, row.id, 'output', outputs)
    const environment = {
      ...parseStored<RunEnvironment>(row.environment),
      ...input.environment,
    }
    const next = { ...row, environment: JSON.stringify(environment), updated_at: ctx.clock() }
    await db
      .updateTable('runs')
      .set({ environment: next.environment, updated_at: next.updated_at })
      .where('id', '=', row.id)
      .execute()
    change.record({
      verb: 'run.linked',
      subject: subject('run', row.id),
      project: input.project,
      inputs: [...inputs, ...commitOf(input.environment)],
      outputs,
    })
    return describeRun(db, next)
  })
}

/** Hides a run from searches and stops logging to it. Doing it again changes nothing. */
export async function deleteRun(
  ctx: Context,
  input: { project: string; run: string },
): Promise<void> {
  const reach = authorizeOnExperiments(ctx, 'editor', input.project, 'operator')
  await moveRun(ctx, reach, input.run, 'deleted')
}

/** Brings a deleted run back. Doing it again changes nothing. */
export async function restoreRun(
  ctx: Context,
  input: { project: string; run: string },
): Promise<Run> {
  const reach = authorizeOnExperiments(ctx, 'editor', input.project, 'operator')
  return moveRun(ctx, reach, input.run, 'active')
}

async function moveRun(ctx: Context, reach: Reach, run: string, state: Lifecycle): Promise<Run> {
  return commit(ctx, async (change) => {
    const db = change.sql<RunsTables>()
    const row = await findRun(db, reach, run)
    if (row.state === state) return describeRun(db, row)
    const next = { ...row, state, deleted_with_experiment: 0, updated_at: ctx.clock() }
    await db
      .updateTable('runs')
      .set({ state, deleted_with_experiment: 0, updated_at: next.updated_at })
      .where('id', '=', row.id)
      .execute()
    change.record({
      verb: state === 'deleted' ? 'run.deleted' : 'run.restored',
      subject: subject('run', row.id),
      project: row.project,
      detail: { name: row.name },
    })
    return describeRun(db, next)
  })
}
