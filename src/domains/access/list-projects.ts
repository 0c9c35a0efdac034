import { mayEnter } from '#kernel/principals'
import type { Context, Platform } from './context.ts'
import type { AccessTables } from './store.ts'

export interface Project {
  name: string
  description: string
  createdAt: number
}

/** The projects that the caller may see, by name. */
export async function listProjects(ctx: Context): Promise<Project[]> {
  const rows = await ctx.tables
    .read<AccessTables>()
    .selectFrom('projects')
    .select(['name', 'description', 'created_at'])
    .orderBy('name')
    .execute()
  return rows
    .filter((row) => mayEnter(ctx.principal, 'viewer', row.name))
    .map((row) => ({ name: row.name, description: row.description, createdAt: row.created_at }))
}

/** Whether there is a project of that name. */
export async function hasProject(platform: Platform, name: string): Promise<boolean> {
  const row = await platform.tables
    .read<AccessTables>()
    .selectFrom('projects')
    .select('name')
    .where('name', '=', name)
    .executeTakeFirst()
  return row !== undefined
}
