import { GyreError } from '#kernel/errors'
import type { BlobStat, PutOptions } from '#ports/blobs/blobs'
import { authorize, type Context } from '#domains/access/index'
import { nameFile, nameObjects } from './name-objects.ts'
import { parseRemotePath, type RemotePath } from './object-path.ts'
import type { Remote } from './remote.ts'
import { storeManifest } from './store-manifest.ts'
import { checkedAsText } from './text-digest.ts'
import { UploadQueue } from './upload-queue.ts'

/** A manifest is held in memory; this is one of about 800,000 files. */
const maxManifestBytes = 64 * 1024 * 1024

type Content = AsyncIterable<Uint8Array> | Uint8Array

/**
 * Stores what a client pushes under a path, durably. An object must be what its name says
 * (`invalid` otherwise, and nothing is stored); pushing it again is harmless. A manifest is taken
 * aside until all its members are there.
 */
export async function storeObject(
  ctx: Context,
  input: { remote: Remote; path: string; content: Content; signal?: AbortSignal | undefined },
): Promise<BlobStat> {
  authorize(ctx, 'editor', input.remote.project)
  const at = parseRemotePath(input.path)
  const options: PutOptions = input.signal === undefined ? {} : { signal: input.signal }
  if (at.kind === 'object' && at.isDirectory) {
    const content = await collect(input.content)
    return storeManifest(ctx, input.remote, at, content)
  }
  const content = await takeSmall(input.content, ctx.blobStaging.smallBytes)
  if (content instanceof Uint8Array && at.kind === 'object' && at.layout === 'md5') {
    const queue = ctx.memory('data.remote-uploads', () => new UploadQueue())
    return queue.store(ctx, input.remote, { md5: at.digest, content })
  }
  const stat = await putVerified(ctx, at, content, options)
  const named = { path: at.path, ...stat }
  if (at.kind === 'plain') await nameFile(ctx, input.remote, named)
  else await nameObjects(ctx, input.remote, [named])
  return stat
}

/** Content that turns out to be small, whole; else the same stream. */
async function takeSmall(content: Content, smallBytes: number): Promise<Content> {
  if (content instanceof Uint8Array) return content
  const source = content[Symbol.asyncIterator]()
  const parts: Uint8Array[] = []
  let sizeBytes = 0
  for (;;) {
    const next = await source.next()
    if (next.done === true) return joined(parts, sizeBytes)
    // Sources may use their buffer again.
    parts.push(next.value.slice())
    sizeBytes += next.value.byteLength
    if (sizeBytes > smallBytes) return rejoined(parts, source)
  }
}

function joined(parts: readonly Uint8Array[], sizeBytes: number): Uint8Array {
  const whole = new Uint8Array(sizeBytes)
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.byteLength
  }
  return whole
}

async function* rejoined(
  begun: readonly Uint8Array[],
  source: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  try {
    yield* begun
    for (;;) {
      const next = await source.next()
      if (next.done === true) return
      yield next.value
    }
  } finally {
    await source.return?.()
  }
}

/** Stores content that is what its path says. */
export function putVerified(
  ctx: Context,
  at: RemotePath,
  content: Content,
  options: PutOptions = {},
): Promise<BlobStat> {
  if (at.kind === 'plain') return ctx.blobs.put(content, options)
  if (at.layout === 'md5') {
    return ctx.blobs.put(content, { ...options, expect: { md5: at.digest } })
  }
  const stream = content instanceof Uint8Array ? once(content) : content
  return ctx.blobs.put(checkedAsText(ctx, stream, at.digest), options)
}

async function* once(content: Uint8Array): AsyncGenerator<Uint8Array> {
  yield content
}

async function collect(content: Content): Promise<Uint8Array> {
  if (content instanceof Uint8Array) return content
  const parts: Uint8Array[] = []
  let sizeBytes = 0
  for await (const part of content) {
    sizeBytes += part.byteLength
    if (sizeBytes > maxManifestBytes) throw tooLargeManifest()
    // Sources may use their buffer again.
    parts.push(part.slice())
  }
  return joined(parts, sizeBytes)
}

function tooLargeManifest(): GyreError {
  return new GyreError({
    code: 'too_large',
    public: `The manifest is larger than ${maxManifestBytes} bytes. Track the directory in parts.`,
  })
}
