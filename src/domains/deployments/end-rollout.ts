import { GyreError } from '#kernel/errors'
import { subject } from '#kernel/subjects'
import { authorize, type Context } from '#domains/access/index'
import { commit } from '#domains/journal/index'
import { findEndpoint } from './find-endpoint.ts'
import { moveRollout } from './move-rollout.ts'
import { activeRollout, describeRollout, type Rollout } from './rollout.ts'
import { startRollout } from './start-rollout.ts'
import type { RolloutEvent } from './status.ts'
import { type DeploymentsTables, readDeployments, rolloutColumns } from './store.ts'

export interface RolloutEnd {
  project: string
  endpoint: string
  reason?: string | undefined
}

/**
 * Gives the release under way all the traffic. Errors: `not_found`, `conflict` when there is none, or
 * when its version was not yet compared with its training rows.
 */
export async function promoteRollout(ctx: Context, input: RolloutEnd): Promise<Rollout> {
  authorize(ctx, 'operator', input.project)
  return end(ctx, input, 'promote', 'promoted by hand')
}

/** Ends the release under way without a verdict on the version. Errors: `not_found`, `conflict`. */
export async function abortRollout(ctx: Context, input: RolloutEnd): Promise<Rollout> {
  authorize(ctx, 'operator', input.project)
  return end(ctx, input, 'abort', 'aborted by hand')
}

/**
 * Takes the release under way back; without one, releases the version that was the champion before,
 * at once. Errors: `not_found`, `conflict` when there is nothing to go back to.
 */
export async function rollBack(ctx: Context, input: RolloutEnd): Promise<Rollout> {
  authorize(ctx, 'operator', input.project)
  const db = readDeployments(ctx)
  await findEndpoint(db, input.project, input.endpoint)
  if ((await activeRollout(db, input.project, input.endpoint)) !== undefined) {
    return end(ctx, input, 'roll-back', 'rolled back by hand')
  }
  const last = await db
    .selectFrom('rollouts')
    .select(rolloutColumns)
    .where('project', '=', input.project)
    .where('endpoint', '=', input.endpoint)
    .where('state', '=', 'promoted')
    .orderBy('id', 'desc')
    .executeTakeFirst()
  const previous = last?.previous ?? null
  if (last === undefined || previous === null) {
    throw new GyreError({
      code: 'conflict',
      public: `Endpoint ${input.endpoint} never had another champion, so there is nothing to go back to.`,
    })
  }
  return startRollout(ctx, {
    project: input.project,
    endpoint: input.endpoint,
    version: previous,
    reason: input.reason ?? `rolled back by hand from ${last.model}@${last.version}`,
    immediate: true,
  })
}

async function end(
  ctx: Context,
  input: RolloutEnd,
  event: RolloutEvent,
  text: string,
): Promise<Rollout> {
  await findEndpoint(readDeployments(ctx), input.project, input.endpoint)
  return commit(ctx, async (change) => {
    const db = change.sql<DeploymentsTables>()
    const row = await activeRollout(db, input.project, input.endpoint)
    if (row === undefined) throw nothingUnderWay(input.endpoint)
    const moved = await moveRollout(ctx, change, row, {
      event,
      text: input.reason === undefined ? `It was ${text}.` : `It was ${text}: ${input.reason}`,
      evidence: {
        actor: ctx.principal.name,
        test: row.test === null ? null : JSON.parse(row.test),
      },
      inputs: [subject('endpoint', row.endpoint)],
    })
    return describeRollout(db, moved)
  })
}

function nothingUnderWay(endpoint: string): GyreError {
  return new GyreError({
    code: 'conflict',
    public: `No release to ${endpoint} is under way. Start one with: gyre deploy MODEL --endpoint ${endpoint}`,
  })
}
