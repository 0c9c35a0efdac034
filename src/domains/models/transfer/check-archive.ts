import { GyreError } from '#kernel/errors'
import { canonicalJson } from '#kernel/json'
import { subject } from '#kernel/subjects'
import { readTar } from '#kernel/tar'
import type { Context } from '#domains/access/index'
import { type JournalRecord, recordText } from '#domains/journal/index'
import { type Manifest, manifestPath, parseManifest, partPath, partsOf } from './manifest.ts'

const mostManifestBytes = 64 * 1024 * 1024

/**
 * Reads an archive to its end, stores its parts, and compares everything in it with everything else.
 * Errors: `invalid` for what is no archive, cut off or damaged; `refused` with what differs and where.
 */
export async function readArchive(
  ctx: Context,
  source: AsyncIterable<Uint8Array>,
): Promise<{ manifest: Manifest; sha256: string }> {
  let manifest: Manifest | undefined
  let sha256 = ''
  const missing = new Map<string, { sizeBytes: number; what: string }>()
  for await (const { path, sizeBytes, content } of readTar(source)) {
    if (manifest === undefined) {
      if (path !== manifestPath) {
        throw tampered(`the first file is ${path.slice(0, 200)}, not ${manifestPath}`)
      }
      if (sizeBytes > mostManifestBytes) throw tampered(`${manifestPath} is too long`)
      const stat = await ctx.blobs.put(content)
      sha256 = stat.sha256
      manifest = parseManifest(await ctx.blobs.readAll(sha256))
      for (const [digest, part] of partsOf(manifest)) missing.set(digest, part)
      continue
    }
    await takePart(ctx, { path, sizeBytes, content }, missing)
  }
  if (manifest === undefined) throw tampered('it is empty')
  const [absent] = [...missing.values()]
  if (absent !== undefined) throw tampered(`${absent.what} is missing`)
  checkRecords(ctx, manifest)
  checkFiles(manifest)
  return { manifest, sha256 }
}

interface Found {
  path: string
  sizeBytes: number
  content: AsyncIterable<Uint8Array>
}

async function takePart(
  ctx: Context,
  { path, sizeBytes, content }: Found,
  missing: Map<string, { sizeBytes: number; what: string }>,
): Promise<void> {
  const digest = path.replace(/^blobs\//, '')
  const part = missing.get(digest)
  if (part === undefined || path !== partPath(digest)) {
    throw tampered(`it holds ${path.slice(0, 200)}, which ${manifestPath} does not name`)
  }
  if (sizeBytes !== part.sizeBytes) {
    throw tampered(`${part.what} has ${sizeBytes} bytes; ${manifestPath} says ${part.sizeBytes}`)
  }
  const stored = await ctx.blobs.put(content)
  if (stored.sha256 !== digest) {
    throw tampered(`${part.what} has the sha256 ${stored.sha256}; ${manifestPath} says ${digest}`)
  }
  missing.delete(digest)
}

/** Each record is what its hash says, and follows the one before it where that is here as well. */
function checkRecords(ctx: Context, { journal }: Manifest): void {
  let before: Manifest['journal'][number] | undefined
  for (const record of journal) {
    if (ctx.digest(recordText(record as JournalRecord)) !== record.hash) {
      throw tampered(`journal record ${record.seq} (${record.verb}) does not match its hash`)
    }
    if (before !== undefined && record.seq <= before.seq) {
      throw tampered(`journal record ${record.seq} is out of its order`)
    }
    if (record.seq === (before?.seq ?? -1) + 1 && record.prevHash !== before?.hash) {
      throw tampered(`journal record ${record.seq} does not follow from the one before it`)
    }
    before = record
  }
}

/** The files are those that the journal saw when the version came to be. */
function checkFiles({ journal, files, origin }: Manifest): void {
  const about = subject('model', origin.model, origin.version)
  const born = journal.find(
    ({ verb, subject: of }) =>
      of === about && ['version.registered', 'version.imported'].includes(verb),
  )
  if (born === undefined) {
    throw tampered(`no journal record in it says how ${about} came to be`)
  }
  const told = born.detail['files']
  const list = (typeof told === 'string' ? JSON.parse(told) : (told ?? [])) as Manifest['files']
  const count = born.detail['fileCount']
  if (typeof count === 'number' && count !== files.length) {
    throw tampered(
      `${manifestPath} names ${files.length} files; journal record ${born.seq} says ${count}`,
    )
  }
  for (const file of list) {
    const here = files.find(({ path }) => path === file.path)
    if (here !== undefined && canonicalJson(here) === canonicalJson(file)) continue
    const found = here === undefined ? 'is not among the files' : `has the sha256 ${here.sha256}`
    throw tampered(`${file.path} ${found}; journal record ${born.seq} says ${file.sha256}`)
  }
}

function tampered(what: string): GyreError {
  return new GyreError({
    code: 'refused',
    public: `Nothing was imported: the archive is not as it was exported. In it, ${what}.`,
  })
}
