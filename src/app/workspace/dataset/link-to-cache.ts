import { join } from 'node:path'
import { GyreError } from '#kernel/errors'
import { checkOutRows } from '../files/check-out-rows.ts'
import { chooseLink } from '../files/choose-link.ts'
import { KnownFiles } from '../files/known-files.ts'
import { type Content, placeOf } from '../files/read-content.ts'
import type { DvcRepository } from '../repository/dvc-repository.ts'
import type { Algorithm } from '../repository/object-cache.ts'
import { lstatSync, readlinkSync } from 'node:fs'
import type { Work } from './add-path.ts'

/**
 * Where the repository wants links, makes files that were just added links to their objects, so that
 * they take no space twice. Copies and clones stay as they are.
 */
export async function linkToCache(
  repository: DvcRepository,
  path: string,
  content: Content,
  algorithm: Algorithm,
  work: Work,
): Promise<void> {
  const place = join(repository.root, path)
  const [first] = repository.config.linkTypes
  if (first === 'copy' || first === 'reflink') return
  const link = chooseLink(repository, place)
  if (link !== 'hardlink' && link !== 'symlink') return
  const { files, scanned } = content
  const rows = files.paths.flatMap((inside, row) => {
    const object = repository.cache.place(files.digest(row), algorithm)
    return isLinked(placeOf(place, inside), object, link) ? [] : [row]
  })
  const failed = await checkOutRows({
    repository,
    algorithm,
    place,
    files,
    rows,
    link,
    isExecutable: scanned.isExecutable,
    isNew: false,
    ...work,
  })
  if (failed.length > 0) {
    throw new GyreError({
      code: 'conflict',
      public: `${failed.length} files of ${path} could not be linked to the cache, first ${failed[0]?.path ?? ''}. They are as they were; run: gyre data fsck`,
    })
  }
  const digest = scanned.kind === 'directory' ? content.digest : undefined
  new KnownFiles(repository.temporary).write(path, { algorithm, files, digest }, Date.now())
}

function isLinked(place: string, object: string, link: 'hardlink' | 'symlink'): boolean {
  const info = lstatSync(place)
  // Empty files are never links.
  if (info.size === 0 && !info.isSymbolicLink()) return true
  if (link === 'hardlink') return info.ino === lstatSync(object).ino
  return info.isSymbolicLink() && readlinkSync(place) === object
}
