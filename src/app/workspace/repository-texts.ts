import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { parse } from 'yaml'
import { GyreError } from '#kernel/errors'
import { checkRelativePath } from '#kernel/names'
import { findUpward } from './find-upward.ts'

/** A user's repository, as the server wants it to plan and apply. */
export interface RepositoryTexts {
  directory: string
  commit: string | null
  dirty: boolean
  files: Record<string, string>
}

const run = promisify(execFile)

/** Reads `gyre.yaml`, here or above, and every file that it names. */
export async function readRepository(from: string): Promise<RepositoryTexts> {
  const path = await findUpward(from, 'gyre.yaml')
  if (path === undefined) {
    throw new GyreError({
      code: 'not_found',
      public: `There is no gyre.yaml in ${from} or above. Make one with: gyre init`,
    })
  }
  const directory = dirname(path)
  const text = await readFile(path, 'utf8')
  const files: Record<string, string> = { 'gyre.yaml': text }
  for (const name of namedFiles(text)) {
    const content = await readFile(join(directory, name), 'utf8').catch(() => undefined)
    // What is missing is the server's to report: it knows the line that names it.
    if (content !== undefined) files[name] = content
  }
  return { directory, ...(await gitState(directory)), files }
}

/** Files that a declaration names. A text that is not YAML names none; the server says why. */
function namedFiles(text: string): string[] {
  const declared = parsedOrNothing(text) as {
    features?: unknown
    datasets?: Record<string, { expectations?: unknown } | null>
    pipelines?: Record<string, { file?: unknown } | null>
  } | null
  const named = [
    declared?.features,
    ...Object.values(declared?.datasets ?? {}).map((dataset) => dataset?.expectations),
    ...Object.values(declared?.pipelines ?? {}).flatMap((pipeline) => {
      const file = pipeline?.file ?? 'dvc.yaml'
      // Templates of a pipeline are filled from the parameters beside it.
      return typeof file === 'string' ? [file, join(dirname(file), 'params.yaml')] : []
    }),
  ]
  return named.filter((name): name is string => typeof name === 'string').map(checkRelativePath)
}

function parsedOrNothing(text: string): unknown {
  try {
    return parse(text)
  } catch {
    return null
  }
}

/** The commit that is checked out, and whether tracked files differ from it; nulls without Git. */
export async function gitState(
  directory: string,
): Promise<{ commit: string | null; dirty: boolean }> {
  try {
    const head = await run('git', ['rev-parse', 'HEAD'], { cwd: directory })
    const changes = await run(
      'git',
      ['--no-optional-locks', 'status', '--porcelain', '--untracked-files=no'],
      {
        cwd: directory,
      },
    )
    return { commit: head.stdout.trim(), dirty: changes.stdout.trim() !== '' }
  } catch {
    return { commit: null, dirty: false }
  }
}
