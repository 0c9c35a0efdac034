import { createHash, randomUUID } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { chmod, lstat, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { ObjectTarget } from '../files/file-tasks.ts'
import { type Algorithm, type ObjectCache, wholeMode } from './object-cache.ts'

/** Where the cache's files lie until they are whole. */
export function draftsDirectory(cache: ObjectCache): string {
  const directory = join(cache.directory, 'files', 'gyre-drafts')
  mkdirSync(directory, { recursive: true })
  return directory
}

/** The cache as a place for objects of an algorithm. */
export function cacheTarget(cache: ObjectCache, algorithm: Algorithm): ObjectTarget {
  const objects = cache.root(algorithm)
  mkdirSync(objects, { recursive: true })
  const directoryMode = cache.shared ? 0o2775 : 0o777
  return { algorithm, objects, drafts: draftsDirectory(cache), directoryMode }
}

/** Keeps the text of a manifest in the cache and gives what DVC calls it: md5 and `.dir`. */
export async function storeManifest(
  cache: ObjectCache,
  text: string | Uint8Array,
  algorithm: Algorithm,
): Promise<string> {
  const digest = `${createHash('md5').update(text).digest('hex')}.dir`
  const place = cache.place(digest, algorithm)
  const info = await lstat(place).catch(() => undefined)
  if (info !== undefined && (info.mode & 0o777) === wholeMode) return digest
  mkdirSync(dirname(place), { recursive: true })
  if (cache.shared) await chmod(dirname(place), 0o2775)
  const draft = join(draftsDirectory(cache), `${process.pid}-${randomUUID()}`)
  try {
    await writeFile(draft, text, { flush: true })
    await chmod(draft, wholeMode)
    await rename(draft, place)
  } finally {
    await rm(draft, { force: true })
  }
  return digest
}
