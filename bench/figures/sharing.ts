import { randomBytes } from 'node:crypto'
import { mkdtemp } from 'node:fs/promises'
import { join } from 'node:path'
import { openPlatform } from '#app/platform'
import { residentBytes } from '../process.ts'

const sizeMb = Number(process.env['GYRE_BENCH_MB'] ?? 1024)
const fileCount = 4
/** Where the second version differs, and by how much each time. */
const edits = 400
const editBytes = 26_750

/**
 * What a second version of a set of large files takes when 10.7 MB of it are new, at 400 places; and
 * how fast they are taken in, hashed and cut, both names of each.
 */
export async function measureSharing(scratch: string): Promise<object> {
  const directory = await mkdtemp(join(scratch, 'sharing-'))
  const { platform, close } = await openPlatform({ dataDirectory: join(directory, 'store') })
  const { blobs, blobUpkeep } = platform
  const first = Array.from({ length: fileCount }, () =>
    randomBytes(Math.round((sizeMb * 1_048_576) / fileCount)),
  )
  const startedAt = performance.now()
  for (const content of first) await blobs.put(inPieces(content))
  const firstSeconds = (performance.now() - startedAt) / 1000
  const before = (await blobUpkeep.summary()).storedBytes
  const secondStartedAt = performance.now()
  for (const content of first) await blobs.put(inPieces(edited(content)))
  const secondSeconds = (performance.now() - secondStartedAt) / 1000
  const after = (await blobUpkeep.summary()).storedBytes
  const residentMb = Math.round((await residentBytes(process.pid)) / 1e6)
  await close()
  return {
    sizeMb,
    newMb: (edits * editBytes) / 1e6,
    firstSeconds,
    firstMbPerSecond: sizeMb / firstSeconds,
    secondSeconds,
    secondVersionMb: (after - before) / 1e6,
    residentMb,
  }
}

/** The same bytes, with others at places that are spread over them. */
function edited(content: Buffer): Buffer {
  const copy = Buffer.from(content)
  const count = edits / fileCount
  for (let i = 0; i < count; i++) {
    const at = Math.floor(((i + 0.37) * copy.length) / count)
    randomBytes(editBytes).copy(copy, at)
  }
  return copy
}

async function* inPieces(content: Buffer): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < content.length; at += 1 << 16) yield content.subarray(at, at + (1 << 16))
}
