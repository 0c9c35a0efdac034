import type { BlobStat } from '#ports/blobs/blobs'
import { allows, type Context, everyProject } from '#domains/access/index'
import { checkDigest } from '../upload-blob.ts'

export interface BlobReasons {
  sha256: string
  /** Undefined when it is not there, or may not be seen. */
  stat: BlobStat | undefined
  /** What keeps it, of what the caller may see. */
  keptBy: string[]
  /** Whether something else keeps it as well. */
  more: boolean
}

/** What keeps a blob. Whoever sees nothing that names it learns nothing of it. */
export async function explainBlob(
  ctx: Context,
  { sha256 }: { sha256: string },
): Promise<BlobReasons> {
  const keepers = await ctx.blobNames.keepers(checkDigest(sha256))
  const isAdmin = allows(ctx.principal, 'admin', everyProject)
  const visible = keepers.filter(
    ({ project }) => isAdmin || (project !== undefined && allows(ctx.principal, 'viewer', project)),
  )
  if (visible.length === 0 && !isAdmin) {
    return { sha256, stat: undefined, keptBy: [], more: false }
  }
  return {
    sha256,
    stat: await ctx.blobs.stat(sha256),
    keptBy: visible.map(({ words }) => words),
    more: visible.length < keepers.length,
  }
}
