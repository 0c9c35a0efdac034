import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openDuckdbFrames } from '#adapters/duckdb/frames'
import type { FrameSession } from '#ports/frames/frames'

/** Columnar queries of this process alone, without a server. */
export async function withFrames<T>(work: (session: FrameSession) => Promise<T>): Promise<T> {
  const scratchDirectory = await mkdtemp(join(tmpdir(), 'gyre-frames-'))
  const frames = await openDuckdbFrames({ scratchDirectory })
  try {
    return await frames.session(work)
  } finally {
    await frames.close()
    await rm(scratchDirectory, { recursive: true, force: true })
  }
}
