import { GyreError } from '#kernel/errors'
import type { Executor } from '#ports/executor/executor'

export interface CodeDiff {
  /** Lines; null: it is not text. */
  files: { path: string; added: number | null; removed: number | null }[]
  /** As Git writes it, from left to right. */
  diff: string
  /** There is more of it. */
  isCut: boolean
}

const mostDiffBytes = 400_000
const mostFiles = 2000
const timeoutMs = 20_000

function isCommit(text: string): boolean {
  return /^[0-9a-f]{7,64}$/.test(text)
}

/**
 * What Git says changed between two commits. undefined: the directory is not there, is no repository, or does not have
 * the commits.
 */
export async function diffCommits(
  executor: Executor,
  directory: string,
  left: string,
  right: string,
): Promise<CodeDiff | undefined> {
  if (!isCommit(left) || !isCommit(right)) return undefined
  const counted = await git(executor, directory, ['--numstat', left, right, '--'])
  if (counted === undefined) return undefined
  const whole = await git(executor, directory, [left, right, '--'])
  return {
    files: counted.text.split('\n').filter(Boolean).slice(0, mostFiles).map(readCounts),
    diff: whole?.text ?? '',
    isCut: whole?.isCut ?? true,
  }
}

function readCounts(line: string): CodeDiff['files'][number] {
  const [added = '-', removed = '-', ...path] = line.split('\t')
  const count = (text: string): number | null => (text === '-' ? null : Number(text))
  return { path: path.join('\t'), added: count(added), removed: count(removed) }
}

/** Nothing that the repository configures is run. */
const safely = ['-c', 'core.fsmonitor=false', '-c', 'core.quotepath=false', '--no-pager']

async function git(
  executor: Executor,
  directory: string,
  args: readonly string[],
): Promise<{ text: string; isCut: boolean } | undefined> {
  const lines: string[] = []
  let size = 0
  let execution: Awaited<ReturnType<Executor['start']>>
  const argv = ['git', ...safely, 'diff', '--no-ext-diff', '--no-textconv', '--no-color', ...args]
  try {
    execution = await executor.start(
      { argv, workingDirectory: directory, environment: {}, timeoutMs },
      (line, stream) => {
        if (stream === 'err') return
        size += line.length + 1
        if (size <= mostDiffBytes) lines.push(line)
      },
    )
  } catch (thrown) {
    // The directory or Git itself is not on this machine.
    if (thrown instanceof GyreError && thrown.code === 'invalid') return undefined
    throw thrown
  }
  const { exitCode } = await execution.exit
  return exitCode === 0 ? { text: lines.join('\n'), isCut: size > mostDiffBytes } : undefined
}
