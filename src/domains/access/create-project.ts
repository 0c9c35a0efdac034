import { GyreError } from '#kernel/errors'
import { checkName } from '#kernel/names'
import { authorize, everyProject } from '#kernel/principals'
import { subject } from '#kernel/subjects'
import { commit } from '#domains/journal/index'
import type { Context } from './context.ts'
import type { Project } from './list-projects.ts'
import type { AccessTables } from './store.ts'

/** Creates a project. Throws `already_exists` when there is one of that name. */
export async function createProject(
  ctx: Context,
  input: { name: string; description: string },
): Promise<Project> {
  authorize(ctx, 'admin', everyProject)
  const name = checkName('project', input.name)
  const project = await insertProject(ctx, name, input.description)
  if (project !== undefined) return project
  throw new GyreError({ code: 'already_exists', public: `There is a project "${name}" already.` })
}

/** Makes sure that a project is there, for who may edit it. Gives whether it is new. */
export async function ensureProject(ctx: Context, name: string): Promise<boolean> {
  authorize(ctx, 'editor', name)
  return (await insertProject(ctx, checkName('project', name), '')) !== undefined
}

/** Inserts it unless it is there. */
async function insertProject(
  ctx: Context,
  name: string,
  description: string,
): Promise<Project | undefined> {
  const createdAt = ctx.clock()
  return commit(ctx, async (change) => {
    const inserted = await change
      .sql<AccessTables>()
      .insertInto('projects')
      .values({ name, description, created_at: createdAt })
      .onConflict((oc) => oc.column('name').doNothing())
      .returning('name')
      .executeTakeFirst()
    if (inserted === undefined) return undefined
    const detail = description === '' ? {} : { description }
    change.record({
      verb: 'project.created',
      subject: subject('project', name),
      project: name,
      detail,
    })
    return { name, description, createdAt }
  })
}
