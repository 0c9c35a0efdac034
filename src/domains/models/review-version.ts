import { invalid } from '#kernel/errors'
import { type Role, roles } from '#kernel/roles'
import { subject } from '#kernel/subjects'
import { allows, type Context } from '#domains/access/index'
import { commit } from '#domains/journal/index'
import { authorizeModel } from './authorize-model.ts'
import { findVersion } from './find-model.ts'
import { type ModelsReader, type ModelsTables, type ModelVersionRow, readModels } from './store.ts'

export const verdicts = ['approved', 'rejected', 'comment'] as const
export type Verdict = (typeof verdicts)[number]

export interface Review {
  id: string
  verdict: Verdict
  comment: string
  actor: string
  /** The highest that the actor had in the project at that moment. */
  role: Role
  at: number
}

interface VersionAddress {
  project: string
  model: string
  version: string | number
}

/**
 * Says what somebody thinks of a version. The last approval or rejection of a person is what counts
 * at the gate; a comment changes nothing. Errors: `not_found`, `invalid`.
 */
export async function reviewVersion(
  ctx: Context,
  input: VersionAddress & { verdict: Verdict; comment: string },
): Promise<Review> {
  authorizeModel(ctx, 'viewer', input)
  if (input.verdict === 'comment' && input.comment.trim() === '') {
    throw invalid('A comment says something. Write a text.')
  }
  return commit(ctx, async (change) => {
    const db = change.sql<ModelsTables>()
    const { project, model, version } = await findVersion(
      db,
      input.project,
      input.model,
      input.version,
    )
    const review: Review = {
      id: ctx.newId(),
      verdict: input.verdict,
      comment: input.comment,
      actor: ctx.principal.name,
      role: highestRole(ctx, project),
      at: ctx.clock(),
    }
    await db
      .insertInto('version_reviews')
      .values({ project, model, version, ...review })
      .execute()
    change.record({
      verb: input.verdict === 'comment' ? 'version.commented' : `version.${input.verdict}`,
      subject: subject('model', model, version),
      project,
      detail: { model, version, comment: review.comment, role: review.role },
    })
    return review
  })
}

function highestRole(ctx: Context, project: string): Role {
  return roles.findLast((role) => allows(ctx.principal, role, project)) ?? 'viewer'
}

/** What was said of a version, oldest first. Errors: `not_found`. */
export async function listReviews(
  ctx: Context,
  input: VersionAddress,
): Promise<{ items: Review[] }> {
  authorizeModel(ctx, 'viewer', input)
  const db = readModels(ctx)
  const row = await findVersion(db, input.project, input.model, input.version)
  return { items: await reviewsOf(db, row) }
}

export async function reviewsOf(
  db: ModelsReader,
  row: Pick<ModelVersionRow, 'project' | 'model' | 'version'>,
): Promise<Review[]> {
  const rows = await db
    .selectFrom('version_reviews')
    .select(['id', 'verdict', 'comment', 'actor', 'role', 'at'])
    .where('project', '=', row.project)
    .where('model', '=', row.model)
    .where('version', '=', row.version)
    .orderBy('id')
    .limit(1000)
    .execute()
  return rows.map((review) => ({
    ...review,
    verdict: review.verdict as Verdict,
    role: review.role as Role,
  }))
}
