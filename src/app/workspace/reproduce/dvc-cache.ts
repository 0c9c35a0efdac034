import { randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import { chmod, copyFile, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { PathState } from '#domains/pipelines/index'
import { type DescribedPath, directoryList, isThere, type ListedFile } from './path-state.ts'

/** DVC 3's cache of a repository: `.dvc/cache/files/md5/ab/cdef…`. */
export class DvcCache {
  readonly #directory: string

  constructor(repository: string) {
    this.#directory = join(repository, '.dvc', 'cache', 'files', 'md5')
  }

  /** Whether all that a path held can be taken from the cache. */
  async has(state: PathState): Promise<boolean> {
    if (!(await isThere(this.#place(state.md5)))) return false
    if (!state.md5.endsWith('.dir')) return true
    for (const { md5 } of await this.#listOf(state.md5)) {
      if (!(await isThere(this.#place(md5)))) return false
    }
    return true
  }

  /** Copies what is at a path into the cache; a directory file by file, and its list last. */
  async put(path: string, state: DescribedPath): Promise<void> {
    if (state.files === undefined) return this.#putFile(path, state.md5)
    for (const { md5, relpath } of state.files) await this.#putFile(join(path, relpath), md5)
    const place = this.#place(state.md5)
    if (await isThere(place)) return
    await this.#write(place, (draft) => writeFile(draft, directoryList(state.files ?? [])))
  }

  /** Makes a path what the cache has. */
  async checkOut(path: string, state: PathState): Promise<void> {
    await rm(path, { recursive: true, force: true })
    if (!state.md5.endsWith('.dir')) return this.#take(state.md5, path)
    await mkdir(path, { recursive: true })
    for (const { md5, relpath } of await this.#listOf(state.md5)) {
      await this.#take(md5, join(path, relpath))
    }
  }

  async #take(md5: string, path: string): Promise<void> {
    await mkdir(dirname(path), { recursive: true })
    await copyFile(this.#place(md5), path, constants.COPYFILE_FICLONE)
    await chmod(path, 0o644)
  }

  async #putFile(path: string, md5: string): Promise<void> {
    const place = this.#place(md5)
    if (await isThere(place)) return
    await this.#write(place, (draft) => copyFile(path, draft, constants.COPYFILE_FICLONE))
  }

  /** Under its name only when it is whole, and read-only from then on, as DVC keeps it. */
  async #write(place: string, fill: (draft: string) => Promise<void>): Promise<void> {
    await mkdir(dirname(place), { recursive: true })
    const draft = `${place}.${randomUUID()}.tmp`
    try {
      await fill(draft)
      await chmod(draft, 0o444)
      await rename(draft, place)
    } finally {
      await rm(draft, { force: true })
    }
  }

  async #listOf(md5: string): Promise<ListedFile[]> {
    return JSON.parse(await readFile(this.#place(md5), 'utf8')) as ListedFile[]
  }

  #place(md5: string): string {
    return join(this.#directory, md5.slice(0, 2), md5.slice(2))
  }
}
