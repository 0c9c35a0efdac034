import { GyreError } from '#kernel/errors'
import { authorize, type Context } from '#domains/access/index'
import { findObject, openObject } from './open-object.ts'
import type { Remote } from './remote.ts'
import { removeObjects } from './remove-objects.ts'
import { storeObject } from './store-object.ts'

/**
 * Gives what lies at a path another one, as if it had been pushed there: it must be what the name
 * says. Errors: `not_found`, `invalid`, `already_exists` when it must not replace anything.
 */
export async function moveObject(
  ctx: Context,
  input: { remote: Remote; from: string; to: string; keep: boolean; replace: boolean },
): Promise<void> {
  const { remote, from, to } = input
  authorize(ctx, 'editor', remote.project)
  const { sha256 } = await openObject(ctx, { remote, path: from })
  if (from === to) return
  if (!input.replace && (await findObject(ctx, remote, to)) !== undefined) {
    throw new GyreError({ code: 'already_exists', public: `There is something at ${to} already.` })
  }
  await storeObject(ctx, { remote, path: to, content: ctx.blobs.read(sha256) })
  if (!input.keep) await removeObjects(ctx, { remote, path: from })
}
