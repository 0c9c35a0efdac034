import { authorize, everyProject } from '#kernel/principals'
import type { Context, Platform } from './context.ts'
import type { AccessTables } from './store.ts'
import { type ServiceToken, tokenColumns, tokenFromRow } from './token.ts'

/** All service tokens, newest first, also those that were revoked. */
export async function listTokens(ctx: Context): Promise<ServiceToken[]> {
  authorize(ctx, 'admin', everyProject)
  const rows = await ctx.tables
    .read<AccessTables>()
    .selectFrom('service_tokens')
    .select(tokenColumns)
    .orderBy('id', 'desc')
    .execute()
  return rows.map(tokenFromRow)
}

/** Whether there is any token that could still be used. */
export async function hasTokens(platform: Platform): Promise<boolean> {
  const row = await platform.tables
    .read<AccessTables>()
    .selectFrom('service_tokens')
    .select('id')
    .where('revoked_at', 'is', null)
    .where((eb) => eb.or([eb('expires_at', 'is', null), eb('expires_at', '>', platform.clock())]))
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}
