import { GyreError, invalid } from '#kernel/errors'
import { checkName } from '#kernel/names'
import { authorize, everyProject, type Grant } from '#kernel/principals'
import { subject } from '#kernel/subjects'
import { commit } from '#domains/journal/index'
import type { Context } from './context.ts'
import { checkGrants, grantsDetail } from './grants.ts'
import type { AccessTables } from './store.ts'
import { secretPrefix, type ServiceToken } from './token.ts'

export interface NewToken {
  name: string
  grants: readonly Grant[]
  expiresAt?: number | undefined
}

/**
 * Creates a service token. Its secret is in this answer and nowhere else: only its sha256 is kept.
 * Throws `already_exists` for a name that was used before, even by a revoked token, since the
 * journal knows actors by that name.
 */
export async function createToken(
  ctx: Context,
  input: NewToken,
): Promise<{ token: ServiceToken; secret: string }> {
  authorize(ctx, 'admin', everyProject)
  const name = checkName('token', input.name)
  const grants = checkGrants(input.grants)
  if (grants.length === 0) throw invalid('A token needs a role in at least one project.')
  const now = ctx.clock()
  const expiresAt = input.expiresAt ?? null
  if (expiresAt !== null && expiresAt <= now) throw invalid('The token would already be expired.')
  const secret = secretPrefix + ctx.newSecret()
  const token: ServiceToken = {
    id: ctx.newId(),
    name,
    grants,
    createdAt: now,
    createdBy: ctx.principal.name,
    expiresAt,
    revokedAt: null,
  }
  await commit(ctx, async (change) => {
    const db = change.sql<AccessTables>()
    const same = await db
      .selectFrom('service_tokens')
      .select('id')
      .where('name', '=', name)
      .executeTakeFirst()
    if (same !== undefined) throw nameTaken(name)
    await db
      .insertInto('service_tokens')
      .values({
        id: token.id,
        name,
        secret_sha256: ctx.digest(secret),
        grants: JSON.stringify(grants),
        created_at: now,
        created_by: token.createdBy,
        expires_at: expiresAt,
        revoked_at: null,
      })
      .execute()
    change.record({
      verb: 'token.created',
      subject: subject('token', name),
      project: everyProject,
      detail: { id: token.id, grants: grantsDetail(grants), expiresAt },
    })
  })
  return { token, secret }
}

function nameTaken(name: string): GyreError {
  return new GyreError({
    code: 'already_exists',
    public: `There is or was a token "${name}". Choose another name.`,
  })
}
