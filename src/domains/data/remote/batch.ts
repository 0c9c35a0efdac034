import { GyreError } from '#kernel/errors'
import type { BlobStat } from '#ports/blobs/blobs'
import { authorize, type Context } from '#domains/access/index'
import { readData } from '../store.ts'
import { type NamedBlob, nameObjects } from './name-objects.ts'
import { isPlainId, parseRemotePath, pathOfId } from './object-path.ts'
import { findObject } from './open-object.ts'
import { findPresent, type Found } from './present-objects.ts'
import type { Remote } from './remote.ts'
import { putVerified, storeObject } from './store-object.ts'
import { storeSmallObjects } from './store-small-objects.ts'

/** An object on its way in or out, by its id. */
export interface BatchRecord {
  id: string
  sizeBytes: number
  content: AsyncIterable<Uint8Array> | Uint8Array
}

export interface BatchOutcome {
  stored: number
  sizeBytes: number
  refused: { id: string; code: string; message: string }[]
}

const mostRefusals = 1000

/** Which of these objects are not there, in the order asked. Errors: `invalid` for what is no id. */
export async function missingObjects(
  ctx: Context,
  { remote, ids }: { remote: Remote; ids: readonly string[] },
): Promise<string[]> {
  authorize(ctx, 'viewer', remote.project)
  const paths = ids.map(pathOfId)
  const present = await findPresent(readData(ctx), remote, paths)
  const loose = [...present.values()].filter(({ claimed }) => !claimed)
  await ctx.blobUpkeep.touch(loose.map(({ sha256 }) => sha256))
  const missing: string[] = []
  for (const [index, id] of ids.entries()) {
    const path = paths[index] ?? ''
    const there = isManifest(path)
      ? (await findObject(ctx, remote, path)) !== undefined
      : present.has(path)
    if (!there) missing.push(id)
  }
  return missing
}

function isManifest(path: string): boolean {
  return path.endsWith('.dir')
}

/** Small objects that become durable together. */
const groupCount = 1000
const groupBytes = 4 * 1024 * 1024

/**
 * Stores objects as they come, many of the small ones at a time. One that is not what its id says
 * is refused, and the others are stored all the same.
 */
export async function putObjects(
  ctx: Context,
  { remote, records }: { remote: Remote; records: AsyncIterable<BatchRecord> },
): Promise<BatchOutcome> {
  authorize(ctx, 'editor', remote.project)
  const outcome: BatchOutcome = { stored: 0, sizeBytes: 0, refused: [] }
  let group: BatchRecord[] = []
  let sizeBytes = 0
  const flush = async (): Promise<void> => {
    await putGroup(ctx, remote, group, outcome)
    group = []
    sizeBytes = 0
  }
  for await (const record of records) {
    // A line that is no record's ends the request: what follows it cannot be trusted.
    pathOfId(record.id)
    if (!(record.content instanceof Uint8Array) || isManifest(record.id)) {
      await flush()
      await putOne(ctx, remote, record, outcome)
      continue
    }
    group.push(record)
    sizeBytes += record.sizeBytes
    if (group.length >= groupCount || sizeBytes >= groupBytes) await flush()
  }
  await flush()
  return outcome
}

async function putGroup(
  ctx: Context,
  remote: Remote,
  group: readonly BatchRecord[],
  outcome: BatchOutcome,
): Promise<void> {
  const { small = [], others = [] } = Object.groupBy(group, ({ id, sizeBytes }) =>
    isPlainId(id) && sizeBytes <= ctx.blobStaging.smallBytes ? 'small' : 'others',
  )
  await putSmallOnes(ctx, remote, small, outcome)
  await putOthers(ctx, remote, others, outcome)
}

/** All of them by one flush and one commit. */
async function putSmallOnes(
  ctx: Context,
  remote: Remote,
  group: readonly BatchRecord[],
  outcome: BatchOutcome,
): Promise<void> {
  if (group.length === 0) return
  const objects = group.map(({ id, content }) => ({ md5: id, content: content as Uint8Array }))
  for (const [index, result] of (await storeSmallObjects(ctx, remote, objects)).entries()) {
    if (result instanceof GyreError) refuse(outcome, group[index]?.id ?? '', result)
    else count(outcome, result)
  }
}

async function putOthers(
  ctx: Context,
  remote: Remote,
  group: readonly BatchRecord[],
  outcome: BatchOutcome,
): Promise<void> {
  const puts = group.map(async (record): Promise<NamedBlob> => {
    const at = parseRemotePath(pathOfId(record.id))
    return { path: at.path, ...(await putVerified(ctx, at, record.content)) }
  })
  const named: NamedBlob[] = []
  for (const [index, result] of (await Promise.allSettled(puts)).entries()) {
    if (result.status === 'fulfilled') named.push(result.value)
    else refuse(outcome, group[index]?.id ?? '', result.reason)
  }
  if (named.length > 0) await nameObjects(ctx, remote, named)
  for (const blob of named) count(outcome, blob)
}

function count(outcome: BatchOutcome, { sizeBytes }: BlobStat): void {
  outcome.stored++
  outcome.sizeBytes += sizeBytes
}

async function putOne(
  ctx: Context,
  remote: Remote,
  { id, content }: BatchRecord,
  outcome: BatchOutcome,
): Promise<void> {
  const path = pathOfId(id)
  try {
    const stat = await storeObject(ctx, { remote, path, content })
    outcome.stored++
    outcome.sizeBytes += stat.sizeBytes
  } catch (thrown) {
    refuse(outcome, id, thrown)
  }
}

/** What is wrong with the object is told with the others; what is wrong with us ends the request. */
function refuse(outcome: BatchOutcome, id: string, thrown: unknown): void {
  if (!(thrown instanceof GyreError) || !['invalid', 'too_large'].includes(thrown.code))
    throw thrown
  if (outcome.refused.length < mostRefusals) {
    outcome.refused.push({ id, code: thrown.code, message: thrown.public })
  }
}

/** An object that was asked for; `undefined` content for one that is not there. */
export interface BatchAnswer {
  id: string
  sizeBytes: number
  content: AsyncIterable<Uint8Array> | Uint8Array | undefined
}

const wholeBytes = 256 * 1024

/** Objects in the order asked. Errors: `invalid` for what is no id. */
export async function* getObjects(
  ctx: Context,
  { remote, ids }: { remote: Remote; ids: readonly string[] },
): AsyncGenerator<BatchAnswer> {
  authorize(ctx, 'viewer', remote.project)
  for (let start = 0; start < ids.length; start += groupCount) {
    const some = ids.slice(start, start + groupCount)
    const found = await findPresent(readData(ctx), remote, some.map(pathOfId))
    yield* readGroup(ctx, remote, some, found)
  }
}

async function* readGroup(
  ctx: Context,
  remote: Remote,
  ids: readonly string[],
  found: ReadonlyMap<string, Found>,
): AsyncGenerator<BatchAnswer> {
  const small = ids.flatMap((id) => {
    const row = found.get(pathOfId(id))
    return row === undefined || row.size_bytes > wholeBytes ? [] : [row.sha256]
  })
  const contents = ctx.blobs.readEach(small)
  try {
    for (const id of ids) {
      const path = pathOfId(id)
      const row = found.get(path)
      const next = row !== undefined && row.size_bytes <= wholeBytes ? await contents.next() : null
      const object = isManifest(path) ? await findObject(ctx, remote, path) : asObject(row)
      if (object === undefined) yield { id, sizeBytes: 0, content: undefined }
      else {
        const content = next?.value ?? ctx.blobs.read(object.sha256)
        yield { id, sizeBytes: object.sizeBytes, content }
      }
    }
  } finally {
    await contents.return(undefined)
  }
}

function asObject(row: Found | undefined): { sha256: string; sizeBytes: number } | undefined {
  return row === undefined ? undefined : { sha256: row.sha256, sizeBytes: row.size_bytes }
}
