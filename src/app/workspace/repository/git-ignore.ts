import { readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { GyreError } from '#kernel/errors'
import type { DvcRepository } from './dvc-repository.ts'
import { writeWholeFile } from './write-whole-file.ts'

/**
 * Has Git ignore an output, with a line in the .gitignore beside it, as dvc does; nothing outside of
 * Git, or when a pattern ignores it already. Gives the .gitignore when it changed. Errors: `conflict`
 * when Git tracks the path.
 */
export async function ignoreInGit(
  repository: DvcRepository,
  path: string,
): Promise<string | undefined> {
  const { git, root } = repository
  if (git === undefined) return undefined
  const place = join(root, path)
  if (await git.isTracked(place)) {
    throw new GyreError({
      code: 'conflict',
      public: `${path} is tracked by Git already. Let Git forget it first, the file stays: git rm -r --cached '${path}'`,
    })
  }
  if (await git.isIgnored(place)) return undefined
  const file = join(dirname(place), '.gitignore')
  const text = textOf(file)
  const line = `/${basename(place)}`.replaceAll(/[[\]!*#?]/g, String.raw`\$&`)
  if (text.split('\n').includes(line)) return undefined
  const gap = text === '' || text.endsWith('\n') ? '' : '\n'
  writeWholeFile(file, `${text}${gap}${line}\n`)
  return file
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw thrown
  }
}
