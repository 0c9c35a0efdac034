import { GyreError } from '#kernel/errors'
import type { BlobStat } from '#ports/blobs/blobs'
import { checkExpected } from '#ports/blobs/refusals'
import type { BlobStaging, SmallContent, StagedBlobs } from '#ports/blobs/staging'
import { statOf } from './digest.ts'
import { smallBytes } from './intake.ts'
import type { StoreParts } from './parts.ts'
import type { Tx } from './places.ts'
import type { RedoLog } from './redo.ts'
import { type SmallBlob, stageSmall } from './small-blobs.ts'

export function createStaging(parts: StoreParts, redo: RedoLog): BlobStaging {
  return { smallBytes, stage: (contents) => stage(parts, redo, contents) }
}

async function stage(
  parts: StoreParts,
  redo: RedoLog,
  contents: readonly SmallContent[],
): Promise<StagedBlobs> {
  const results = contents.map(examine)
  const blobs = results.flatMap((stat, index): SmallBlob[] => {
    const content = contents[index]?.content
    return stat instanceof GyreError || content === undefined ? [] : [{ stat, content }]
  })
  const staged = await stageSmall(parts, redo, blobs)
  return { results, keep: async (tx) => (await staged?.keep(tx as unknown as Tx)) ?? true }
}

function examine({ content, expect }: SmallContent): BlobStat | GyreError {
  if (content.byteLength > smallBytes) throw new Error('Only small blobs are staged.')
  const stat = statOf(content)
  try {
    checkExpected(stat, expect === undefined ? {} : { expect })
    return stat
  } catch (thrown) {
    if (thrown instanceof GyreError) return thrown
    throw thrown
  }
}
