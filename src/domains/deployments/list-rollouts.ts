import { invalid } from '#kernel/errors'
import { authorize, type Context } from '#domains/access/index'
import { findEndpoint } from './find-endpoint.ts'
import { describeRollout, describeRollouts, findRollout, type Rollout } from './rollout.ts'
import { readDeployments, rolloutColumns } from './store.ts'

/** Releases of an endpoint, newest first. Errors: `not_found`, `invalid` for a foreign page token. */
export async function listRollouts(
  ctx: Context,
  input: { project: string; endpoint: string; limit: number; pageToken?: string | undefined },
): Promise<{ items: Rollout[]; nextPageToken?: string }> {
  authorize(ctx, 'viewer', input.project)
  const db = readDeployments(ctx)
  await findEndpoint(db, input.project, input.endpoint)
  if (input.pageToken !== undefined && !/^[0-9a-f]{32}$/.test(input.pageToken)) {
    throw invalid('The page token is not one that was given. Ask for the first page again.')
  }
  let select = db
    .selectFrom('rollouts')
    .select(rolloutColumns)
    .where('project', '=', input.project)
    .where('endpoint', '=', input.endpoint)
    .orderBy('id', 'desc')
    .limit(input.limit + 1)
  if (input.pageToken !== undefined) select = select.where('id', '<', input.pageToken)
  const rows = await select.execute()
  const items = await describeRollouts(db, rows.slice(0, input.limit))
  const last = items.at(-1)
  return rows.length > input.limit && last !== undefined
    ? { items, nextPageToken: last.id }
    : { items }
}

/** A release with its transitions. Errors: `not_found`. */
export async function getRollout(
  ctx: Context,
  input: { project: string; rollout: string },
): Promise<Rollout> {
  authorize(ctx, 'viewer', input.project)
  const db = readDeployments(ctx)
  return describeRollout(db, await findRollout(db, input.project, input.rollout))
}

/** Releases under way in all projects, for those who look after them. */
export async function listActiveRollouts(
  ctx: Context,
): Promise<{ id: string; project: string; state: string }[]> {
  return readDeployments(ctx)
    .selectFrom('rollouts')
    .select(['id', 'project', 'state'])
    .where('active_key', 'is not', null)
    .orderBy('id')
    .execute()
}
