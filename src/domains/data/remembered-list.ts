import type { Context } from '#domains/access/index'
import type { DataFile } from './dataset.ts'
import { readFileList } from './file-list.ts'

/** Files of lists that are kept in memory together: about 30 MB. */
const mostFiles = 100_000

/**
 * The list of a version's files, remembered for who looks around in it: reading one of 70,000 files
 * takes a tenth of a second.
 */
export async function rememberedList(ctx: Context, digest: string): Promise<readonly DataFile[]> {
  return ctx.memory('data.file-lists', () => new KnownLists()).get(ctx, digest)
}

/** The lists that were asked for last. A list never changes, so that none grows stale. */
class KnownLists {
  readonly #lists = new Map<string, readonly DataFile[]>()

  async get(ctx: Context, digest: string): Promise<readonly DataFile[]> {
    const known = this.#lists.get(digest)
    const files = known ?? (await readFileList(ctx, digest))
    this.#lists.delete(digest)
    this.#lists.set(digest, files)
    this.#forget()
    return files
  }

  #forget(): void {
    let files = 0
    for (const [digest, list] of [...this.#lists].toReversed()) {
      files += list.length
      if (files > mostFiles) this.#lists.delete(digest)
    }
  }
}
