import type { FrameSession } from '#ports/frames/frames'
import type { Context } from '#domains/access/index'

export interface Measured {
  blobs: number
  sizeBytes: number
}

/** Longest that one question about lists of files may take. */
export const listTimeoutMs = 60_000

/** Digests and sizes that lists of files name, each once: a SELECT. */
export async function selectNamed(
  ctx: Context,
  session: FrameSession,
  lists: readonly string[],
): Promise<string> {
  const paths = await Promise.all(lists.map((digest) => ctx.blobs.localPath(digest)))
  return `SELECT sha256, any_value("sizeBytes") AS size_bytes FROM ${session.scan(paths, 'json')} GROUP BY sha256`
}

/** What only `lists` name, and none of `others`. */
export async function measureOnlyIn(
  ctx: Context,
  lists: readonly string[],
  others: readonly string[],
): Promise<Measured> {
  const stays = new Set(others)
  const going = [...new Set(lists)].filter((digest) => !stays.has(digest))
  if (going.length === 0) return { blobs: 0, sizeBytes: 0 }
  return ctx.frames.session(async (session) => {
    const named = await selectNamed(ctx, session, going)
    const kept = stays.size === 0 ? undefined : await selectNamed(ctx, session, [...stays])
    const but = kept === undefined ? '' : `ANTI JOIN (${kept}) AS kept USING (sha256)`
    const [row] = await session.rows<{ blobs: number; bytes: number | null }>(
      `SELECT count(*) AS blobs, sum(size_bytes)::DOUBLE AS bytes FROM (${named}) AS named ${but}`,
      { timeoutMs: listTimeoutMs },
    )
    return { blobs: row?.blobs ?? 0, sizeBytes: row?.bytes ?? 0 }
  })
}
