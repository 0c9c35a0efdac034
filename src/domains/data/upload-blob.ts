import { GyreError, invalid } from '#kernel/errors'
import type { BlobStat } from '#ports/blobs/blobs'
import { authorize, type Context } from '#domains/access/index'
import { type DataTables, readData } from './store.ts'

/** Rows of one statement: engines bound the count of parameters. */
const rowsPerQuery = 500

/**
 * Stores bytes under their digest, durably, and lets the project use them. Nothing is stored when
 * they turn out to be something else (`invalid`). Doing it twice is harmless. No state of the
 * project changes, so nothing is recorded: bytes mean something once a version names them.
 */
export async function uploadBlob(
  ctx: Context,
  input: { project: string; sha256: string; content: AsyncIterable<Uint8Array> | Uint8Array },
): Promise<BlobStat> {
  authorize(ctx, 'editor', input.project)
  const sha256 = checkDigest(input.sha256)
  const stat = await ctx.blobs.put(input.content, {
    expect: { sha256 },
    ...(ctx.signal === undefined ? {} : { signal: ctx.signal }),
  })
  await ctx.tables.write<DataTables, void>(async (tx) => {
    await tx
      .insertInto('data_blobs')
      .values({
        project: input.project,
        sha256,
        md5: stat.md5,
        size_bytes: stat.sizeBytes,
        created_at: ctx.clock(),
      })
      .onConflict((c) => c.doNothing())
      .execute()
  })
  return { sha256, md5: stat.md5, sizeBytes: stat.sizeBytes }
}

/** Which of these digests were not yet uploaded to the project, each once, in the order given. */
export async function missingBlobs(
  ctx: Context,
  input: { project: string; items: readonly string[] },
): Promise<string[]> {
  authorize(ctx, 'editor', input.project)
  const asked = [...new Set(input.items.map(checkDigest))]
  // Whoever is told that one is there is about to name it.
  await ctx.blobUpkeep.touch(asked)
  const known = await knownBlobs(ctx, input.project, asked)
  return asked.filter((sha256) => !known.has(sha256))
}

/** What the project has of these blobs, by sha256. */
export async function knownBlobs(
  ctx: Context,
  project: string,
  digests: readonly string[],
): Promise<Map<string, BlobStat>> {
  const known = new Map<string, BlobStat>()
  for (let start = 0; start < digests.length; start += rowsPerQuery) {
    const rows = await readData(ctx)
      .selectFrom('data_blobs')
      .select(['sha256', 'md5', 'size_bytes'])
      .where('project', '=', project)
      .where('sha256', 'in', digests.slice(start, start + rowsPerQuery))
      .execute()
    for (const row of rows) {
      known.set(row.sha256, { sha256: row.sha256, md5: row.md5, sizeBytes: row.size_bytes })
    }
  }
  return known
}

/** A blob that was uploaded to the project. Errors: `not_found` says how to upload it. */
export async function requireBlob(
  ctx: Context,
  project: string,
  sha256: string,
): Promise<BlobStat> {
  const stat = (await knownBlobs(ctx, project, [checkDigest(sha256)])).get(sha256)
  if (stat !== undefined) return stat
  throw new GyreError({
    code: 'not_found',
    public: `There is no blob ${sha256} in project "${project}". Upload it first: PUT /projects/${project}/blobs/${sha256}`,
  })
}

export function checkDigest(sha256: string): string {
  if (/^[0-9a-f]{64}$/.test(sha256)) return sha256
  throw invalid(
    `${JSON.stringify(sha256.slice(0, 100))} is not a sha256: 64 lower-case hexadecimal characters.`,
  )
}
