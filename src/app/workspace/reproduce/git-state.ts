import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)

export interface GitState {
  commit: string | null
  branch: string | null
  /** Whether tracked files differ from the commit. */
  dirty: boolean
}

/** What Git says of a directory; nulls outside of a repository or without Git. */
export async function gitState(directory: string): Promise<GitState> {
  try {
    const options = { cwd: directory }
    const { stdout } = await run(
      'git',
      ['--no-optional-locks', 'status', '--porcelain=v2', '--branch', '--untracked-files=no'],
      options,
    )
    const lines = stdout.split('\n').filter((line) => line !== '')
    const commit = lines.find((line) => line.startsWith('# branch.oid '))?.slice(13)
    const branch = lines.find((line) => line.startsWith('# branch.head '))?.slice(14)
    return {
      commit: commit === undefined || commit === '(initial)' ? null : commit,
      branch: branch === undefined || branch === '(detached)' ? null : branch,
      dirty: lines.some((line) => !line.startsWith('# ')),
    }
  } catch {
    return { commit: null, branch: null, dirty: false }
  }
}
