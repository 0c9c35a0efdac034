import type { Transaction } from 'kysely'
import type { Context } from '#domains/access/index'
import { type Purge, type PurgeInput, purgeRuns } from '#domains/runs/index'
import type { ModelsTables } from '../store.ts'

/** Runs that a version of a model names: they are where it came from. */
async function registeredRuns(
  transaction: Transaction<unknown>,
  project: string,
): Promise<ReadonlyMap<string, string>> {
  const db = transaction as unknown as Transaction<ModelsTables>
  const rows = await db
    .selectFrom('model_versions')
    .select(['model', 'version', 'run_id'])
    .where('project', '=', project)
    .where('state', '=', 'active')
    .where('run_id', 'is not', null)
    .execute()
  return new Map(
    rows.map(({ model, version, run_id }) => [
      String(run_id),
      `${model}@${version} was made by it.`,
    ]),
  )
}

/** As `purgeRuns`; runs that made a version of a model stay. */
export function purgeUnregisteredRuns(ctx: Context, input: PurgeInput): Promise<Purge> {
  return purgeRuns(ctx, input, registeredRuns)
}
