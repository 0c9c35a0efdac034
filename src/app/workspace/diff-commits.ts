import { createProcessExecutor } from '#adapters/process/executor'
import { type CodeDiff, diffCommits } from '#domains/pipelines/index'

/** What changed between two commits of the repository that a directory is in, if it has both. */
export function diffCommitsHere(
  directory: string,
  left: string,
  right: string,
): Promise<CodeDiff | undefined> {
  return diffCommits(createProcessExecutor(), directory, left, right)
}
