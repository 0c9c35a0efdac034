import { invalid } from '#kernel/errors'
import { type Context, hasProject } from '#domains/access/index'
import type { DeclarationPlan, PlannedChange, RepositoryFiles } from '#protocols/api/wire/server'
import { differences } from './differences.ts'
import { withPlace } from './read-yaml.ts'
import { readRepository, type Repository } from './repository.ts'
import type { Declared, Section } from './section.ts'
import { sections } from './sections.ts'

interface Step {
  change: PlannedChange
  apply(ctx: Context): Promise<void>
}

/** What applying a repository would change in its project. */
export async function planDeclaration(
  ctx: Context,
  project: string,
  files: RepositoryFiles,
): Promise<DeclarationPlan> {
  return planOf(project, await stepsOf(ctx, project, readRepository(files)))
}

/**
 * Makes a project what its repository declares and gives what was changed. Everything is read and
 * checked before anything is changed; each change is one of its room, so that applying again goes on
 * where a failure left it.
 */
export async function applyDeclaration(
  ctx: Context,
  project: string,
  files: RepositoryFiles,
): Promise<DeclarationPlan> {
  const steps = await stepsOf(ctx, project, readRepository(files))
  for (const { change, apply } of steps) {
    if (change.action !== 'none' && change.action !== 'orphan') await apply(ctx)
  }
  return planOf(project, steps)
}

function planOf(project: string, steps: readonly Step[]): DeclarationPlan {
  const changes = steps.map(({ change }) => change)
  const differs = changes.some(({ action }) => action !== 'none' && action !== 'orphan')
  return { project, changes, differs }
}

async function stepsOf(ctx: Context, project: string, repository: Repository): Promise<Step[]> {
  if (repository.project !== project) {
    throw invalid(
      `gyre.yaml declares the project "${repository.project}", not "${project}". Leave --project away, or change it there.`,
    )
  }
  const declared: (readonly Declared[])[] = []
  for (const section of sections) declared.push(await readDeclared(section, repository, ctx))
  const isNew = !(await hasProject(ctx, project))
  const steps: Step[] = []
  for (const [index, section] of sections.entries()) {
    const present = isNew ? new Map<string, unknown>() : await section.present(ctx, project)
    steps.push(...sectionSteps(section, declared[index] ?? [], present, project))
  }
  return steps
}

async function readDeclared(
  section: Section,
  repository: Repository,
  ctx: Context,
): Promise<readonly Declared[]> {
  try {
    return await section.declared(repository, ctx)
  } catch (thrown) {
    throw withPlace(repository.declaration, thrown)
  }
}

function sectionSteps(
  { kind, remove }: Section,
  declared: readonly Declared[],
  present: ReadonlyMap<string, unknown>,
  project: string,
): Step[] {
  const steps = declared.map(({ name, value, apply }): Step => {
    const there = present.get(name)
    const found = differences(there, value)
    const action = there === undefined ? 'create' : found.length > 0 ? 'update' : 'none'
    const shown = there === undefined ? differences({}, value) : found
    return { change: { action, kind, name, differences: shown }, apply }
  })
  const names = new Set(declared.map(({ name }) => name))
  for (const name of present.keys()) {
    if (names.has(name)) continue
    steps.push({
      change: { action: remove === undefined ? 'orphan' : 'remove', kind, name, differences: [] },
      apply: async (ctx) => remove?.(ctx, project, name),
    })
  }
  return steps
}
