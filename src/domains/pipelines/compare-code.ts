import { authorize, type Context } from '#domains/access/index'
import { compareVersions } from '#domains/models/index'
import { type CodeDiff, diffCommits } from './diff-commits.ts'
import { readPipelines } from './store.ts'

export interface CodeComparison extends CodeDiff {
  commits: { left: string | null; right: string | null }
  /** Whether a repository with both commits is on this server. */
  isReachable: boolean
  /** Why it is not, or which it is. */
  reason: string
}

/**
 * What changed in the code between the commits of two versions, read from the repositories of the
 * project's pipelines on this server. Errors: `not_found` for the versions.
 */
export async function compareCode(
  ctx: Context,
  input: { project: string; model: string; left: string; right: string },
): Promise<CodeComparison> {
  authorize(ctx, 'viewer', input.project)
  const { commits } = await compareVersions(ctx, input)
  const { left, right } = commits
  const unreachable = (reason: string): CodeComparison => ({
    commits,
    isReachable: false,
    reason,
    files: [],
    diff: '',
    isCut: false,
  })
  if (left === null || right === null) {
    return unreachable('Of one of the versions, the commit is not recorded.')
  }
  if (left === right) return { ...unreachable('Both are of the same commit.'), isReachable: true }
  const directories = await repositoriesOf(ctx, input.project)
  for (const directory of directories) {
    const found = await diffCommits(ctx.executor, directory, left, right)
    if (found === undefined) continue
    return { ...found, commits, isReachable: true, reason: `The repository at ${directory}.` }
  }
  const where = directories.length === 0 ? 'No pipeline of the project' : 'No pipeline’s directory'
  return unreachable(`${where} has a repository on this server that holds both commits.`)
}

async function repositoriesOf(ctx: Context, project: string): Promise<string[]> {
  const rows = await readPipelines(ctx)
    .selectFrom('pipelines')
    .select('directory')
    .distinct()
    .where('project', '=', project)
    .orderBy('directory')
    .limit(20)
    .execute()
  return rows.map(({ directory }) => directory)
}
