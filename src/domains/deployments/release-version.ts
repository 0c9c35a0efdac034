import { GyreError } from '#kernel/errors'
import { parseStored } from '#kernel/json'
import { subject } from '#kernel/subjects'
import { authorize, type Context } from '#domains/access/index'
import { commit } from '#domains/journal/index'
import { championAlias, setAlias } from '#domains/models/index'
import type { RolloutPolicy } from './policy.ts'
import { activeRollout } from './rollout.ts'
import { startRollout } from './start-rollout.ts'
import {
  type DeploymentsTables,
  endpointColumns,
  type EndpointRow,
  readDeployments,
} from './store.ts'

/**
 * Releases a version that passed its gate to every endpoint of its model that releases by itself.
 * Where another release is under way the version waits, the newest one only. A version that was
 * released before is not released again. Gives the releases that were started.
 */
export async function releaseVersion(
  ctx: Context,
  input: { project: string; model: string; version: number; reason: string },
): Promise<string[]> {
  authorize(ctx, 'operator', input.project)
  const endpoints = await readDeployments(ctx)
    .selectFrom('endpoints')
    .select(endpointColumns)
    .where('project', '=', input.project)
    .where('model', '=', input.model)
    .orderBy('name')
    .execute()
  const started: string[] = []
  for (const endpoint of endpoints) {
    if (!parseStored<RolloutPolicy>(endpoint.policy).automatic) continue
    if (await wasReleased(ctx, endpoint, input.version)) continue
    const id = await startOrPostpone(ctx, endpoint, input.version, input.reason)
    if (id !== undefined) started.push(id)
  }
  return started
}

async function wasReleased(ctx: Context, endpoint: EndpointRow, version: number): Promise<boolean> {
  const known = await readDeployments(ctx)
    .selectFrom('rollouts')
    .select('id')
    .where('project', '=', endpoint.project)
    .where('endpoint', '=', endpoint.name)
    .where('version', '=', version)
    .executeTakeFirst()
  return known !== undefined
}

async function startOrPostpone(
  ctx: Context,
  endpoint: EndpointRow,
  version: number,
  reason: string,
): Promise<string | undefined> {
  const { project, name } = endpoint
  try {
    return (await startRollout(ctx, { project, endpoint: name, version, reason })).id
  } catch (thrown) {
    if (!(thrown instanceof GyreError) || thrown.code !== 'conflict') throw thrown
    await postpone(ctx, endpoint, version)
    return undefined
  }
}

async function postpone(ctx: Context, endpoint: EndpointRow, version: number): Promise<void> {
  const { project, name, model } = endpoint
  await commit(ctx, async (change) => {
    const db = change.sql<DeploymentsTables>()
    const running = await activeRollout(db, project, name)
    const changed = await db
      .updateTable('endpoints')
      .set({ next_version: version })
      .where('project', '=', project)
      .where('name', '=', name)
      .where((eb) => eb.or([eb('next_version', 'is', null), eb('next_version', '<', version)]))
      .executeTakeFirst()
    if (changed.numUpdatedRows === 0n) return
    change.record({
      verb: 'rollout.postponed',
      subject: subject('endpoint', name),
      project,
      inputs: [
        subject('model', model, version),
        ...(running === undefined ? [] : [subject('rollout', running.id)]),
      ],
      detail: {
        version,
        reason:
          running === undefined
            ? 'A release was under way.'
            : `The release of ${model}@${running.version} is under way (${running.state}).`,
      },
    })
    // The release may have ended in between; then nobody else would start this one.
    if (running === undefined) {
      change.enqueue({
        kind: 'rollout.advance',
        project,
        payload: { project, endpoint: name },
        key: `postponed ${project}/${name} ${version}`,
      })
    }
  })
}

/** Starts the release that waited for another one to end. Gives its id, if there is one. */
export async function startPostponed(
  ctx: Context,
  input: { project: string; endpoint: string },
): Promise<string | undefined> {
  authorize(ctx, 'operator', input.project)
  const db = readDeployments(ctx)
  const endpoint = await db
    .selectFrom('endpoints')
    .select(endpointColumns)
    .where('project', '=', input.project)
    .where('name', '=', input.endpoint)
    .executeTakeFirst()
  const version = endpoint?.next_version ?? null
  if (endpoint === undefined || version === null) return undefined
  const running = await activeRollout(db, input.project, input.endpoint)
  if (running !== undefined) return undefined
  await ctx.tables.write<DeploymentsTables, void>(async (tx) => {
    await tx
      .updateTable('endpoints')
      .set({ next_version: null })
      .where('project', '=', input.project)
      .where('name', '=', input.endpoint)
      .where('next_version', '=', version)
      .execute()
  })
  const champion = await championVersion(ctx, input.project, input.endpoint)
  if (champion !== null && champion > version) return undefined
  if (await wasReleased(ctx, endpoint, version)) return undefined
  return startOrPostpone(ctx, endpoint, version, 'It waited for the release before it to end.')
}

async function championVersion(
  ctx: Context,
  project: string,
  endpoint: string,
): Promise<number | null> {
  const row = await readDeployments(ctx)
    .selectFrom('endpoint_variants')
    .select('version')
    .where('project', '=', project)
    .where('endpoint', '=', endpoint)
    .where('role', '=', 'champion')
    .executeTakeFirst()
  return row?.version ?? null
}

/**
 * Points the model's alias `champion` at what the endpoint's promoted release serves. To be called
 * for the record `rollout.promoted`, as its consequence; doing it twice changes nothing.
 */
export async function alignChampionAlias(
  ctx: Context,
  input: { project: string; rollout: string },
): Promise<void> {
  authorize(ctx, 'operator', input.project)
  const row = await readDeployments(ctx)
    .selectFrom('rollouts')
    .select(['endpoint', 'model', 'version', 'state', 'reason'])
    .where('project', '=', input.project)
    .where('id', '=', input.rollout)
    .executeTakeFirst()
  if (row?.state !== 'promoted') return
  // A later release may have come since: what serves now is what counts.
  const version = await championVersion(ctx, input.project, row.endpoint)
  if (version !== row.version) return
  await setAlias(ctx, {
    project: input.project,
    model: row.model,
    alias: championAlias,
    version: row.version,
    reason: row.reason,
    evidence: [subject('rollout', input.rollout)],
  })
}
