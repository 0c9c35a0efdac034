import { authorize, type Context } from '#domains/access/index'
import { getVersion } from '#domains/models/index'
import { readDeployments } from './store.ts'
import { featureServiceOf } from './version-input.ts'

/**
 * The feature services, as `name@version`, that versions with traffic get their features from. They
 * may be older than those that are declared now, and must stay up to date all the same.
 */
export async function listServedServices(
  ctx: Context,
  input: { project: string },
): Promise<string[]> {
  authorize(ctx, 'viewer', input.project)
  const rows = await readDeployments(ctx)
    .selectFrom('endpoint_variants')
    .innerJoin('endpoints', (join) =>
      join
        .onRef('endpoints.project', '=', 'endpoint_variants.project')
        .onRef('endpoints.name', '=', 'endpoint_variants.endpoint'),
    )
    .select(['endpoints.model', 'endpoint_variants.version'])
    .distinct()
    .where('endpoint_variants.project', '=', input.project)
    .execute()
  const services = new Set<string>()
  for (const { model, version } of rows) {
    const served = await getVersion(ctx, { ...input, model, version: String(version) })
    const service = featureServiceOf(served)
    if (service !== null) services.add(service)
  }
  return [...services].toSorted()
}
