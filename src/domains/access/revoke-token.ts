import { notFound } from '#kernel/errors'
import { authorize, everyProject } from '#kernel/principals'
import { subject } from '#kernel/subjects'
import { commit } from '#domains/journal/index'
import type { Context } from './context.ts'
import type { AccessTables } from './store.ts'
import { type ServiceToken, tokenColumns, tokenFromRow } from './token.ts'

/** Revokes a token by its id or name, from the next request on. Revoking twice changes nothing. */
export async function revokeToken(ctx: Context, idOrName: string): Promise<ServiceToken> {
  authorize(ctx, 'admin', everyProject)
  return commit(ctx, async (change) => {
    const db = change.sql<AccessTables>()
    const row = await db
      .selectFrom('service_tokens')
      .select(tokenColumns)
      .where((eb) => eb.or([eb('id', '=', idOrName), eb('name', '=', idOrName)]))
      .executeTakeFirst()
    if (row === undefined) throw notFound('token', idOrName, 'See them with: gyre token list')
    const token = tokenFromRow(row)
    if (token.revokedAt !== null) return token
    const revokedAt = ctx.clock()
    await db
      .updateTable('service_tokens')
      .set({ revoked_at: revokedAt })
      .where('id', '=', token.id)
      .execute()
    change.record({
      verb: 'token.revoked',
      subject: subject('token', token.name),
      project: everyProject,
      detail: { id: token.id },
    })
    return { ...token, revokedAt }
  })
}
