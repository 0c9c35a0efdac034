import { authorize, type Context } from '#domains/access/index'
import { listLateGateways } from './gateways.ts'
import { unreadyStates } from './status.ts'
import { readDeployments } from './store.ts'

/**
 * What moves by itself at the endpoints of a project, as sentences: releases that get ready, and
 * gateways that have yet to follow a change. A canary that waits for labels is at rest.
 */
export async function listMovements(ctx: Context, input: { project: string }): Promise<string[]> {
  authorize(ctx, 'viewer', input.project)
  const rows = await readDeployments(ctx)
    .selectFrom('rollouts')
    .select(['model', 'version', 'endpoint', 'state'])
    .where('project', '=', input.project)
    .where('active_key', 'is not', null)
    .where('state', 'in', unreadyStates)
    .orderBy('id')
    .execute()
  const late = await listLateGateways(ctx)
  return [
    ...rows.map(
      ({ model, version, endpoint, state }) =>
        `The release of ${model}@${version} to ${endpoint} is ${state}.`,
    ),
    ...late.map((id) => `Gateway ${id} has yet to serve what it is to serve.`),
  ]
}
