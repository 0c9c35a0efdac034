import type { Role } from '#kernel/roles'
import { authorizeOnModels, type Context } from '#domains/access/index'

/**
 * As `authorize`, for a verb about one model: a grant on it alone counts as well, one that hides it
 * refuses. `onThing` is what a grant on it alone must hold, where that is more. Errors: `forbidden`.
 */
export function authorizeModel(
  ctx: Pick<Context, 'principal'>,
  role: Role,
  { project, model }: { project: string; model: string },
  onThing?: Role,
): void {
  authorizeOnModels(ctx, role, project, onThing).require(model.normalize('NFC'))
}
