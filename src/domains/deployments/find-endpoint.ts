import { notFound } from '#kernel/errors'
import { type DeploymentsReader, endpointColumns, type EndpointRow } from './store.ts'

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
