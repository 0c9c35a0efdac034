import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { filesBelow } from '../reproduce/path-state.ts'

export interface LocalFile {
  /** From the root of the data set, with `/`. */
  path: string
  /** Where it lies. */
  place: string
  sha256: string
  md5: string
  sizeBytes: number
}

interface KnownFile {
  signature: string
  sha256: string
  md5: string
}

/**
 * Digests of files, remembered in `.dvc/tmp` while a file's inode, size and times stay the same, so
 * that only what changed is read again. Losing the memory costs time and nothing else.
 */
export class FileDigests {
  readonly #memory: string
  readonly #known: Map<string, KnownFile>
  #changed = false

  private constructor(memory: string, known: Map<string, KnownFile>) {
    this.#memory = memory
    this.#known = known
  }

  static async open(repository: string): Promise<FileDigests> {
    const memory = join(repository, '.dvc', 'tmp', 'gyre-digests.json')
    const text = await readFile(memory, 'utf8').catch(() => '{}')
    return new FileDigests(memory, new Map(Object.entries(parseMemory(text))))
  }

  /** The files of a data set: one file, or all below a directory, sorted by path. */
  async describe(path: string): Promise<LocalFile[]> {
    const info = await stat(path)
    const files = info.isDirectory()
      ? (await filesBelow(path)).map((name) => [name, join(path, name)] as const)
      : [[path.split('/').at(-1) ?? path, path] as const]
    const described: LocalFile[] = []
    for (const [name, place] of files) described.push(await this.#describeFile(name, place))
    return described.toSorted((a, b) => (a.path < b.path ? -1 : 1))
  }

  /** Writes the memory, in one piece. */
  async save(): Promise<void> {
    if (!this.#changed) return
    await mkdir(dirname(this.#memory), { recursive: true })
    await writeFile(`${this.#memory}.new`, JSON.stringify(Object.fromEntries(this.#known)))
    await rename(`${this.#memory}.new`, this.#memory)
  }

  async #describeFile(path: string, place: string): Promise<LocalFile> {
    const info = await stat(place, { bigint: true })
    const signature = `${info.ino}:${info.size}:${info.mtimeNs}:${info.ctimeNs}`
    const known = this.#known.get(place)
    const digests = known?.signature === signature ? known : await hashFile(place)
    if (digests !== known) {
      this.#known.set(place, { ...digests, signature })
      this.#changed = true
    }
    const { sha256, md5 } = digests
    return { path, place, sha256, md5, sizeBytes: Number(info.size) }
  }
}

/** A memory that was damaged is as good as none. */
function parseMemory(text: string): Record<string, KnownFile> {
  try {
    return JSON.parse(text) as Record<string, KnownFile>
  } catch {
    return {}
  }
}

async function hashFile(place: string): Promise<{ sha256: string; md5: string }> {
  const sha256 = createHash('sha256')
  const md5 = createHash('md5')
  for await (const chunk of createReadStream(place, { highWaterMark: 1 << 20 })) {
    sha256.update(chunk as Buffer)
    md5.update(chunk as Buffer)
  }
  return { sha256: sha256.digest('hex'), md5: md5.digest('hex') }
}
