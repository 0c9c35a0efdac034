import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { TestContext } from 'node:test'
import { type DvcRepository, openOrMakeRepository } from '../repository/dvc-repository.ts'
import { findOutputs } from '../repository/find-outputs.ts'
import { selectOutputs, type SelectedOutput } from '../repository/select-outputs.ts'

/** A DVC repository in Git with files, for one test. */
export async function newRepository(
  t: TestContext,
  files: Readonly<Record<string, string>>,
): Promise<DvcRepository> {
  const root = await mkdtemp(join(tmpdir(), 'gyre-data-'))
  t.after(() => rm(root, { recursive: true, force: true }))
  execFileSync('git', ['init', '--quiet', '--initial-branch=main'], { cwd: root })
  for (const [path, text] of Object.entries(files)) await put(root, path, text)
  return openOrMakeRepository(root, { HOME: root })
}

export async function put(root: string, path: string, text: string): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true })
  await writeFile(join(root, path), text)
}

export function commitAll({ root }: DvcRepository, message: string): void {
  const identity = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.com']
  execFileSync('git', ['add', '--all'], { cwd: root })
  execFileSync('git', [...identity, 'commit', '--quiet', '--message', message], { cwd: root })
}

export async function selected(
  repository: DvcRepository,
  ...targets: readonly string[]
): Promise<SelectedOutput[]> {
  return selectOutputs(repository, await findOutputs(repository), targets, repository.root)
}

export const work = { signal: new AbortController().signal }
