import { mkdir, stat, writeFile } from 'node:fs/promises'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { GyreError, invalid } from '#kernel/errors'
import { type DvcConfig, readConfig } from './config.ts'
import { Git } from './git.ts'
import { IgnoreRules } from './ignore-rules.ts'
import { ObjectCache } from './object-cache.ts'

/** A DVC repository on this machine. */
export interface DvcRepository {
  /** The directory that holds `.dvc`. */
  root: string
  /** `.dvc/tmp`, which exists. */
  temporary: string
  config: DvcConfig
  cache: ObjectCache
  ignore: IgnoreRules
  /** Undefined outside of Git, and with `core.no_scm`. */
  git: Git | undefined
}

type Environment = Readonly<Record<string, string | undefined>>

/** The repository of a directory, here or above. Errors: `not_found` says how to make one. */
export async function openRepository(
  directory: string,
  environment: Environment = process.env,
): Promise<DvcRepository> {
  const root = await findAbove(directory, '.dvc')
  if (root !== undefined) return describe(root, environment)
  throw new GyreError({
    code: 'not_found',
    public: `There is no DVC repository in ${resolve(directory)} or above. "gyre data add" makes one, and so does "dvc init".`,
  })
}

/** The repository of a directory; made in the root of the Git repository when there is none. */
export async function openOrMakeRepository(
  directory: string,
  environment: Environment = process.env,
): Promise<DvcRepository> {
  const found = await findAbove(directory, '.dvc')
  if (found !== undefined) return describe(found, environment)
  const root = (await findAbove(directory, '.git')) ?? resolve(directory)
  await mkdir(join(root, '.dvc', 'tmp'), { recursive: true })
  await writeFile(join(root, '.dvc', 'config'), '')
  await writeFile(join(root, '.dvc', '.gitignore'), '/config.local\n/tmp\n/cache\n')
  return describe(root, environment)
}

async function describe(root: string, environment: Environment): Promise<DvcRepository> {
  const dvcDirectory = join(root, '.dvc')
  const temporary = join(dvcDirectory, 'tmp')
  await mkdir(temporary, { recursive: true })
  const config = readConfig(dvcDirectory, environment)
  const gitRoot = config.noScm ? undefined : await findAbove(root, '.git')
  return {
    root,
    temporary,
    config,
    cache: new ObjectCache(config.cacheDirectory, config.shared),
    ignore: new IgnoreRules(root),
    git: gitRoot === undefined ? undefined : new Git(gitRoot),
  }
}

/** The nearest directory, here or above, that has an entry of this name. */
async function findAbove(directory: string, name: string): Promise<string | undefined> {
  for (let current = resolve(directory); ; current = dirname(current)) {
    const found = await stat(join(current, name)).catch(() => undefined)
    // `.git` is a file in a work tree that another repository made; `.dvc` always is a directory.
    if (found?.isDirectory() === true || (found !== undefined && name === '.git')) return current
    if (current === dirname(current)) return undefined
  }
}

/** A path of the user as a path from the repository's root, with `/`. Errors: `invalid`. */
export function insideRepository(repository: DvcRepository, place: string): string {
  const inside = relative(repository.root, place)
  if (inside === '' || inside === '..' || inside.startsWith(`..${sep}`)) {
    throw invalid(`${place} is not inside the repository ${repository.root}. Name a path below it.`)
  }
  return inside.split(sep).join('/')
}
