import { invalid } from '#kernel/errors'
import { subject } from '#kernel/subjects'
import { authorize, type Context } from '#domains/access/index'
import { commit } from '#domains/journal/index'
import { getVersion } from '#domains/models/index'
import type { EndpointDetail } from './endpoint.ts'
import { findEndpoint } from './find-endpoint.ts'
import { getEndpoint } from './read-endpoints.ts'
import { type DeploymentsTables, readDeployments } from './store.ts'

/**
 * Mirrors a share of the traffic to a version whose answers are logged and never sent; `version`
 * null ends it. Errors: `not_found`, `invalid` for a share outside (0, 1].
 */
export async function setShadow(
  ctx: Context,
  input: { project: string; endpoint: string; version: string | null; share: number },
): Promise<EndpointDetail> {
  authorize(ctx, 'operator', input.project)
  const { project, endpoint: name } = input
  if (!(input.share > 0 && input.share <= 1)) {
    throw invalid(`The share of a shadow must be above 0 and at most 1, not ${input.share}.`)
  }
  const { model } = await findEndpoint(readDeployments(ctx), project, name)
  const version =
    input.version === null
      ? null
      : (await getVersion(ctx, { project, model, version: input.version })).version
  await commit(ctx, async (change) => {
    const db = change.sql<DeploymentsTables>()
    await db
      .deleteFrom('endpoint_variants')
      .where('project', '=', project)
      .where('endpoint', '=', name)
      .where('role', '=', 'shadow')
      .execute()
    if (version !== null) {
      const shadow = { version, share: input.share, rollout: null, step: null, since: ctx.clock() }
      await db
        .insertInto('endpoint_variants')
        .values({ project, endpoint: name, role: 'shadow', ...shadow })
        .execute()
    }
    change.record({
      verb: version === null ? 'shadow.ended' : 'shadow.started',
      subject: subject('endpoint', name),
      project,
      inputs: version === null ? [] : [subject('model', model, version)],
      detail: { model, version, share: version === null ? 0 : input.share },
    })
  })
  return getEndpoint(ctx, { project, endpoint: name })
}
