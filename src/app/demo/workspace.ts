import { execFile } from 'node:child_process'
import { cp, mkdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { packageDirectory } from '../package-facts.ts'

const run = promisify(execFile)

/**
 * Makes the example repository a Git repository of the user's own in `directory`, once. An existing
 * one is left as it is, so that a demo that was interrupted finds what it had.
 */
export async function openWorkspace(directory: string): Promise<void> {
  const exists = await stat(join(directory, '.git')).catch(() => undefined)
  if (exists !== undefined) return
  await mkdir(directory, { recursive: true })
  await cp(join(packageDirectory(), 'examples/flights'), directory, {
    recursive: true,
    force: true,
  })
  await mkdir(join(directory, 'data/flights'), { recursive: true })
  await git(directory, ['init', '--quiet', '--initial-branch', 'main'])
  await commitWorkspace(directory, 'Late flights: data, features, training and gate')
}

/** Commits what changed in the repository; nothing to commit is fine. */
export async function commitWorkspace(directory: string, message: string): Promise<void> {
  await git(directory, ['add', '--all'])
  const staged = await git(directory, ['diff', '--cached', '--name-only'])
  if (staged.trim() !== '') await git(directory, ['commit', '--quiet', '--message', message])
}

/** Git with an author of its own, so that it works where the user never configured one. */
async function git(directory: string, args: readonly string[]): Promise<string> {
  const author = ['-c', 'user.name=Gyre demo', '-c', 'user.email=demo@gyre.invalid']
  const { stdout } = await run('git', ['-C', directory, ...author, ...args])
  return stdout
}
