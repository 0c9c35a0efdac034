import { GyreError } from '#kernel/errors'
import type { BlobStat } from '#ports/blobs/blobs'
import type { Context } from '#domains/access/index'
import type { Remote } from './remote.ts'
import { type SmallObject, storeSmallObjects } from './store-small-objects.ts'

interface Waiting extends SmallObject {
  resolve(stat: BlobStat): void
  reject(reason: unknown): void
}

const mostInGroup = 1000

/**
 * Small objects that clients push one a request: those that come while some are being stored are
 * stored together afterwards, so that a client with many connections does not pay a commit for each.
 */
export class UploadQueue {
  /** By remote, and by who pushes: the record names who did it. */
  readonly #waiting = new Map<string, Waiting[]>()

  /** Stores an object, durably. Errors: `invalid` when it is not what its name says. */
  store(ctx: Context, remote: Remote, object: SmallObject): Promise<BlobStat> {
    return new Promise((resolve, reject) => {
      const key = JSON.stringify([remote.repo, remote.project, ctx.principal.name])
      const entry = { ...object, resolve, reject }
      const waiting = this.#waiting.get(key)
      if (waiting !== undefined) {
        waiting.push(entry)
        return
      }
      const started = [entry]
      this.#waiting.set(key, started)
      void this.#run(ctx, remote, key, started)
    })
  }

  async #run(ctx: Context, remote: Remote, key: string, waiting: Waiting[]): Promise<void> {
    while (waiting.length > 0) await storeGroup(ctx, remote, waiting.splice(0, mostInGroup))
    // In the same turn as the look that found nothing, so that nobody comes in between.
    this.#waiting.delete(key)
  }
}

async function storeGroup(ctx: Context, remote: Remote, group: readonly Waiting[]): Promise<void> {
  try {
    const results = await storeSmallObjects(ctx, remote, group)
    for (const [index, result] of results.entries()) {
      if (result instanceof GyreError) group[index]?.reject(result)
      else group[index]?.resolve(result)
    }
  } catch (thrown) {
    for (const { reject } of group) reject(thrown)
  }
}
