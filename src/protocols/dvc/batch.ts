import { Readable } from 'node:stream'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { GyreError } from '#kernel/errors'
import { type BatchAnswer, getObjects, missingObjects, putObjects } from '#domains/data/index'
import { collectBody } from '../http/collect-body.ts'
import { readBytesBody } from '../http/request-body.ts'
import { readRecords } from './batch-records.ts'
import type { Call, Entry } from './entry.ts'

const mostIds = 100_000
/** `dos2unix:`, the md5, `.dir` and the end of the line. */
const longestIdBytes = 46

/** Mounts what takes many objects in one request; docs/protocols/blobs-batch.md says how. */
export function mountBatch(scope: FastifyInstance, entry: Entry): void {
  scope.post('/dvc/:repo/have', async (request, reply) => {
    const call = await entry.enter(request, reply)
    const ids = await readIds(call)
    const missing = await missingObjects(call.ctx, { remote: call.remote, ids })
    entry.visits.note(request, { asked: ids.length })
    return reply.type('text/plain; charset=us-ascii').send(lines(missing))
  })
  scope.post('/dvc/:repo/put', async (request, reply) => {
    const { ctx, remote } = await entry.enterToChange(request, reply)
    const records = readRecords(readBytesBody(request.raw, undefined))
    const outcome = await putObjects(ctx, { remote, records })
    const [refused] = outcome.refused
    entry.visits.note(request, {
      pushed: { objects: outcome.stored, sizeBytes: outcome.sizeBytes },
      ...(refused === undefined ? {} : { failure: refused.message }),
    })
    return reply.send(outcome)
  })
  scope.post('/dvc/:repo/get', async (request, reply) => {
    const call = await entry.enter(request, reply)
    return sendObjects(entry, call, await readIds(call))
  })
}

function lines(items: readonly string[]): string {
  return items.map((item) => `${item}\n`).join('')
}

/** Ids, one a line, each once. */
async function readIds({ request }: Call): Promise<string[]> {
  const body = await collectBody(request.raw, mostIds * longestIdBytes)
  const ids = [...new Set(body.toString('latin1').split('\n'))].filter((line) => line !== '')
  if (ids.length <= mostIds) return ids
  throw new GyreError({
    code: 'too_large',
    public: `${ids.length} ids are asked for at once. Ask for at most ${mostIds.toLocaleString('en-US')}.`,
  })
}

function sendObjects(entry: Entry, call: Call, ids: readonly string[]): FastifyReply {
  const { ctx, remote, request, reply } = call
  const objects = counted(getObjects(ctx, { remote, ids }), (pulled) =>
    entry.visits.note(request, { pulled }),
  )
  return reply.type('application/octet-stream').send(Readable.from(written(objects, ids.length)))
}

/** The same, and at its end, or where its reader left off, what there was of them. */
async function* counted(
  objects: AsyncIterable<BatchAnswer>,
  tell: (sum: { objects: number; sizeBytes: number }) => void,
): AsyncGenerator<BatchAnswer> {
  const sum = { objects: 0, sizeBytes: 0 }
  try {
    for await (const object of objects) {
      if (object.content !== undefined) sum.objects++
      sum.sizeBytes += object.sizeBytes
      yield object
    }
  } finally {
    tell(sum)
  }
}

/** Small records are gathered: a write for each costs more than the bytes. */
const gatheredBytes = 64 * 1024

async function* written(
  objects: AsyncIterable<BatchAnswer>,
  count: number,
): AsyncGenerator<Uint8Array> {
  let gathered: Uint8Array[] = []
  let sizeBytes = 0
  const gather = (bytes: Uint8Array): void => {
    gathered.push(bytes)
    sizeBytes += bytes.byteLength
  }
  const flush = (): Uint8Array => {
    const whole = Buffer.concat(gathered)
    gathered = []
    sizeBytes = 0
    return whole
  }
  for await (const { id, sizeBytes: size, content } of objects) {
    gather(Buffer.from(`${id} ${content === undefined ? '-' : size}\n`))
    if (content instanceof Uint8Array) gather(content)
    else if (content !== undefined) {
      yield flush()
      yield* content
    }
    if (sizeBytes >= gatheredBytes) yield flush()
  }
  gather(Buffer.from(`end ${count}\n`))
  yield flush()
}
