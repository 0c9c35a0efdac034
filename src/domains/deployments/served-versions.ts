import type { Transaction } from 'kysely'
import type { Context } from '#domains/access/index'
import {
  deleteModel,
  deleteVersion,
  type Retirement,
  type RetireInput,
  retireVersions,
} from '#domains/models/index'
import type { DeploymentsTables } from './store.ts'

/**
 * Versions that endpoints serve, are about to, or would go back to, each with the reason. Read in
 * the change that would delete them.
 */
export async function servedVersions(
  transaction: Transaction<unknown>,
  { project, model }: { project: string; model: string },
): Promise<ReadonlyMap<number, string>> {
  const db = transaction as unknown as Transaction<DeploymentsTables>
  const served = new Map<number, string>()
  const endpoints = await db
    .selectFrom('endpoints')
    .select(['name', 'next_version'])
    .where('project', '=', project)
    .where('model', '=', model)
    .execute()
  for (const { name, next_version } of endpoints) {
    const released = await db
      .selectFrom('rollouts')
      .select(['version', 'previous', 'active_key'])
      .where('project', '=', project)
      .where('endpoint', '=', name)
      .where((eb) => eb.or([eb('active_key', 'is not', null), eb('state', '=', 'promoted')]))
      .orderBy('id', 'desc')
      .limit(2)
      .execute()
    for (const { previous } of released) {
      if (previous !== null) served.set(previous, `The endpoint ${name} would go back to it.`)
    }
    for (const { version, active_key } of released) {
      if (active_key !== null) served.set(version, `It is being released to the endpoint ${name}.`)
    }
    if (next_version !== null) served.set(next_version, `The endpoint ${name} gets it next.`)
    const variants = await db
      .selectFrom('endpoint_variants')
      .select(['version', 'role'])
      .where('project', '=', project)
      .where('endpoint', '=', name)
      .execute()
    for (const { version, role } of variants) {
      served.set(version, `The endpoint ${name} serves it (${role}).`)
    }
  }
  return served
}

/** As `retireVersions`; what endpoints serve stays as well. */
export function retireUnserved(ctx: Context, input: RetireInput): Promise<Retirement> {
  return retireVersions(ctx, input, servedVersions)
}

/** As `deleteVersion`; `refused` while an endpoint serves it. */
export function deleteUnservedVersion(
  ctx: Context,
  input: Parameters<typeof deleteVersion>[1],
): Promise<void> {
  return deleteVersion(ctx, input, servedVersions)
}

/** As `deleteModel`; `refused` while an endpoint serves a version of it. */
export function deleteUnservedModel(
  ctx: Context,
  input: Parameters<typeof deleteModel>[1],
): Promise<void> {
  return deleteModel(ctx, input, servedVersions)
}
