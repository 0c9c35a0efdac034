import {
  constants,
  copyFileSync,
  linkSync,
  lstatSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { GyreError } from '#kernel/errors'
import type { LinkType } from '../repository/config.ts'
import type { DvcRepository } from '../repository/dvc-repository.ts'
import { draftsDirectory } from '../repository/store-object.ts'
import { draftsBeside } from './check-out-rows.ts'

/**
 * The first of the configured ways from the cache into the work tree that the file systems at hand
 * can do; tried, because there is no way to ask. Errors: `unavailable` when none works.
 */
export function chooseLink(repository: DvcRepository, place: string): LinkType {
  const types = repository.config.linkTypes
  if (types[0] === 'copy') return 'copy'
  const from = join(draftsDirectory(repository.cache), `probe-${process.pid}`)
  const drafts = draftsBeside(repository, place)
  const to = join(drafts, 'probe')
  writeFileSync(from, 'probe')
  try {
    const found = types.find((type) => works(type, from, to))
    if (found !== undefined) return found
  } finally {
    rmSync(from, { force: true })
    rmSync(drafts, { recursive: true, force: true })
  }
  throw new GyreError({
    code: 'unavailable',
    retryable: false,
    public: `None of cache.type = ${types.join(', ')} works between ${repository.cache.directory} and ${place}. Add copy to cache.type.`,
  })
}

function works(type: LinkType, from: string, to: string): boolean {
  try {
    if (type === 'reflink') copyFileSync(from, to, constants.COPYFILE_FICLONE_FORCE)
    else if (type === 'hardlink') linkSync(from, to)
    else if (type === 'symlink') symlinkSync(from, to)
    else return true
    return lstatSync(to, { throwIfNoEntry: false }) !== undefined
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException
    if (
      ['ENOTSUP', 'EOPNOTSUPP', 'EXDEV', 'EINVAL', 'ENOSYS', 'EPERM', 'ENOTTY'].includes(code ?? '')
    )
      return false
    throw thrown
  } finally {
    rmSync(to, { force: true })
  }
}
