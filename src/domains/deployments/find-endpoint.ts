import { notFound } from '#kernel/errors'
import { authorize, type Context } from '#domains/access/index'
import {
  type DeploymentsReader,
  endpointColumns,
  type EndpointRow,
  readDeployments,
} from './store.ts'

/** The model that an endpoint serves. Errors: `not_found`. */
export async function endpointModel(
  ctx: Context,
  input: { project: string; endpoint: string },
): Promise<string> {
  authorize(ctx, 'viewer', input.project)
  return (await findEndpoint(readDeployments(ctx), input.project, input.endpoint)).model
}

/** An endpoint's row. Errors: `not_found`. */
export async function findEndpoint(
  db: DeploymentsReader,
  project: string,
  name: string,
): Promise<EndpointRow> {
  const row = await db
    .selectFrom('endpoints')
    .select(endpointColumns)
    .where('project', '=', project)
    .where('name', '=', name)
    .executeTakeFirst()
  if (row !== undefined) return row
  throw notFound(
    'endpoint',
    name,
    'Declare it in gyre.yaml, or see those that are: gyre endpoints list',
  )
}
