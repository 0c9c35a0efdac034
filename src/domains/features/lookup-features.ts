import { authorize, type Context } from '#domains/access/index'
import type { LookedUp, RequestColumns } from './lookup-rows.ts'
import type { OnlineFeatures } from './online.ts'

/**
 * Features of a batch of requests from the online store, for who may see the project. Errors:
 * `not_found`, `invalid` names column and row.
 */
export async function lookupFeatures(
  ctx: Context,
  online: OnlineFeatures,
  input: {
    project: string
    service: string
    columns: RequestColumns
    timestamps?: readonly number[] | undefined
  },
): Promise<LookedUp> {
  authorize(ctx, 'viewer', input.project)
  return online.lookup(input.project, input.service, input.columns, input.timestamps)
}
