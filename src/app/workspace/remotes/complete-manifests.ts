import { createHash } from 'node:crypto'
import { appendFileSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Manifests that were seen at a remote with every file of theirs. Other remotes than Gyre's may hold
 * a manifest whose files never came, so that its presence proves nothing the first time. Losing the
 * memory costs time and nothing else.
 */
export class CompleteManifests {
  readonly #file: string
  readonly #known: Set<string>

  constructor(temporary: string, remoteName: string) {
    const directory = join(temporary, 'gyre', 'remotes')
    mkdirSync(directory, { recursive: true })
    this.#file = join(directory, createHash('sha1').update(remoteName).digest('hex'))
    this.#known = new Set(readLines(this.#file))
  }

  has(digest: string): boolean {
    return this.#known.has(digest)
  }

  add(digest: string): void {
    if (this.#known.has(digest)) return
    this.#known.add(digest)
    appendFileSync(this.#file, `${digest}\n`)
  }
}

function readLines(file: string): string[] {
  try {
    return readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw thrown
  }
}
