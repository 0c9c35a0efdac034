import type { Role } from '#kernel/roles'
import { authorize, authorizeOnExperiments, type Context } from '#domains/access/index'
import { readRuns } from './store.ts'

export interface TreePlace {
  project: string
  /** In the project's tree of files. */
  path: string
  /** Whose files they are, where that is known; default: the path tells. */
  experiment?: number | undefined
}

/**
 * As `authorizeOnExperiments`, for files by their path: `<experiment>/<run>/artifacts/…`, or below a
 * run at an address of its own. What belongs to no experiment is for who may reach all of them.
 */
export async function authorizePath(
  ctx: Context,
  role: Role,
  place: TreePlace,
  onThing?: Role,
): Promise<void> {
  const reach = authorizeOnExperiments(ctx, role, place.project, onThing)
  if (reach.limits === undefined) return
  const number = place.experiment ?? (await ownerOf(ctx, place))
  if (number !== undefined) reach.require(String(number))
  else authorize(ctx, 'admin', place.project)
}

async function ownerOf(ctx: Context, { project, path }: TreePlace): Promise<number | undefined> {
  const parts = path.split('/')
  const [first = ''] = parts
  if (/^\d{1,15}$/.test(first)) return Number(first)
  const run = parts.find((part) => /^[0-9a-f]{32}$/.test(part))
  if (run === undefined) return undefined
  const row = await readRuns(ctx)
    .selectFrom('runs')
    .select('experiment')
    .where('id', '=', run)
    .where('project', '=', project)
    .executeTakeFirst()
  return row?.experiment
}
