import { hash } from 'node:crypto'
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { GyreError } from '#kernel/errors'
import type { JsonObject } from '#kernel/json'
import type { Blobs, BlobStat } from '#ports/blobs/blobs'
import { collectBody } from '#protocols/http/collect-body'
import { readBytesBody } from '#protocols/http/request-body'
import { type Answer, failure, jsonAnswer, parseObject } from './answers.ts'
import { type Change, changeFor, createRun } from './changes.ts'
import type { Credentials } from './credentials.ts'
import type { Forwarder } from './forwarder.ts'
import type { Entry, Journal, NewEntry } from './journal.ts'
import { textOf } from '../json-parts.ts'
import type { LocalIds } from './local-ids.ts'
import type { LocalViews } from './local-views.ts'
import { namedRun } from './run-view.ts'
import type { Upstream } from './upstream.ts'

export interface FrontParts {
  journal: Journal
  ids: LocalIds
  views: LocalViews
  spool: Blobs
  upstream: Upstream
  forwarder: Forwarder
  credentials: Credentials
  maxBytes: number
}

/** A request of a client. */
export interface ClientRequest {
  method: string
  /** Path and query. */
  target: string
  headers: IncomingHttpHeaders
  body: IncomingMessage
}

/** What to send, and what to do once it is known whether the client got it. */
export interface Taken {
  answer: Answer
  delivered?: (whole: boolean) => Promise<void>
}

const largestBody = 64 * 1024 * 1024
/** While the server is there, its answer to what creates something is worth this wait. */
const patienceMs: Readonly<Record<string, number>> = { [createRun]: 5000 }
const usualPatienceMs = 20_000
const forwardedHeaders = /^(content-type|content-encoding|x-mlflow-.+)$/

/** From the version on, without `/api` or `/ajax-api`. */
export function apiPath(target: string): string {
  const [path = ''] = target.split('?')
  return path.replace(/^\/(ajax-)?api\//, '').replace(/^\//, '')
}

/** Takes a change upon the relay; nothing when only a server can do it. */
export async function takeChange(
  parts: FrontParts,
  asked: ClientRequest,
): Promise<Taken | undefined> {
  const change = changeFor(asked.method, apiPath(asked.target))
  if (change === undefined) return undefined
  const full = await fullAnswer(parts)
  if (full !== undefined) return { answer: full }
  const entry = await entryOf(parts, change, asked)
  if ('status' in entry) return { answer: entry }
  if (change.creates !== undefined) return takeCreation(parts, change, entry)
  const seq = await parts.journal.accept(entry)
  parts.forwarder.wake(entry.lanes)
  const answer = change.waits === true ? await serverAnswer(parts, change, seq) : undefined
  return { answer: answer ?? jsonAnswer(await madeUp(parts, change, seq)) }
}

async function takeCreation(parts: FrontParts, change: Change, given: NewEntry): Promise<Taken> {
  const { journal, forwarder, ids } = parts
  const claim = given.claim ?? ''
  const claimed = await journal.claim(claim)
  const seq = claimed?.seq ?? (await journal.accept(given))
  const localId = claimed?.local_id ?? given.localId ?? ''
  if (claimed === undefined) forwarder.wake(given.lanes)
  const delivered = (whole: boolean): Promise<void> => journal.noteAnswered(seq, claim, whole)
  const theirs =
    claimed?.state === 'done'
      ? jsonAnswer(JSON.parse(claimed.answer ?? '{}'))
      : await serverAnswer(parts, change, seq)
  if (theirs !== undefined) return { answer: theirs, delivered }
  const entry = await journal.get(seq)
  if (entry === undefined) return { answer: failure(409, 'ABORTED', 'It was given up. Try again.') }
  await ids.handOut(localId)
  return { answer: jsonAnswer(await parts.views.madeUp(entry)), delivered }
}

async function serverAnswer(
  { forwarder, upstream, ids }: FrontParts,
  change: Change,
  seq: number,
): Promise<Answer | undefined> {
  await upstream.settled(1000)
  if (!upstream.isUp) return undefined
  const outcome = await forwarder.outcome(seq, patienceMs[change.kind] ?? usualPatienceMs)
  if (outcome?.answer === undefined) return undefined
  const { status, body } = outcome.answer
  return { status, type: 'application/json', body: ids.toLocal(body.toString('utf8')) }
}

async function madeUp(
  { journal, views, ids }: FrontParts,
  { kind }: Change,
  seq: number,
): Promise<JsonObject> {
  const entry = await journal.get(seq)
  if (entry === undefined) return {}
  const value = await shapeOf(views, kind, entry)
  return JSON.parse(ids.toLocal(JSON.stringify(value))) as JsonObject
}

async function shapeOf(views: LocalViews, kind: string, entry: Entry): Promise<JsonObject> {
  const body = parseObject(entry.body) ?? {}
  if (kind === 'runs/update') {
    const id = textOf(body['run_id'] ?? body['run_uuid'])
    const run = await views.run(id)
    return { run_info: run?.['info'] ?? { ...body, run_id: id } }
  }
  if (kind === 'logged-models/finalize' || kind === 'logged-models/tags') {
    const id = apiPath(entry.target).split('/')[2] ?? ''
    return { model: (await views.loggedModel(id)) ?? { info: { ...body, model_id: id } } }
  }
  if (kind.startsWith('registered-models/') && !kind.endsWith('tag') && !kind.endsWith('alias')) {
    return { registered_model: body }
  }
  if (kind === 'model-versions/update') return { model_version: body }
  if (kind === 'traces') return body
  return {}
}

async function entryOf(
  parts: FrontParts,
  change: Change,
  asked: ClientRequest,
): Promise<NewEntry | Answer> {
  const { ids, credentials } = parts
  const credential = credentials.fingerprint(asked.headers.authorization)
  const base = { kind: change.kind, method: asked.method, target: asked.target, credential }
  const headers = headersOf(asked.headers)
  if (change.kind === 'artifact') {
    const file = await spooled(parts, asked.body)
    if ('status' in file) return file
    const path = apiPath(ids.canonical(asked.target))
    const lanes = change.lanes({ method: asked.method, path, body: {} }, '')
    const needs = ids.openIn(asked.target)
    const content = { file: file.sha256, sizeBytes: file.sizeBytes, body: Buffer.alloc(0) }
    return { ...base, ...content, headers, lanes, needs }
  }
  if (change.kind !== 'spans' && !(headers['content-type'] ?? '').includes('json')) {
    return failure(400, 'BAD_REQUEST', "Content-Type must be one of ['application/json'].")
  }
  const raw = await collectBody(asked.body, largestBody)
  const isText = change.kind !== 'spans' || (headers['content-type'] ?? '').includes('json')
  const json = isText ? parseObject(raw) : {}
  if (json === undefined) {
    return failure(400, 'BAD_REQUEST', 'The body is no JSON object.')
  }
  const localId = change.creates?.()
  const named = change.kind === createRun ? namedRun(json, localId ?? '') : undefined
  const body = named === undefined ? raw : Buffer.from(JSON.stringify(named))
  const text = `${asked.target} ${JSON.stringify(headers)} ${isText ? body.toString('utf8') : ''}`
  const known = parseObject(Buffer.from(ids.canonical(JSON.stringify(json)))) ?? {}
  const path = apiPath(ids.canonical(asked.target))
  return {
    ...base,
    headers,
    body,
    sizeBytes: body.byteLength,
    needs: ids.openIn(text),
    lanes: change.lanes({ method: asked.method, path, body: known }, localId ?? ''),
    ...(localId === undefined
      ? {}
      : {
          localId,
          claim: hash(
            'sha256',
            Buffer.concat([Buffer.from(`${asked.target} ${credential} `), raw]),
            'hex',
          ),
        }),
  }
}

function headersOf(headers: IncomingHttpHeaders): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).filter(
      (pair): pair is [string, string] =>
        forwardedHeaders.test(pair[0]) && typeof pair[1] === 'string',
    ),
  )
}

function roomIn({ journal, maxBytes }: FrontParts): number {
  return Math.max(0, maxBytes - journal.bytes)
}

const fullSlack = 64 * 1024

/** Why nothing more can be taken in. What waits for the server keeps its place. */
async function fullAnswer(parts: FrontParts): Promise<Answer | undefined> {
  if (roomIn(parts) > fullSlack) return undefined
  await parts.journal.release({ before: Number.MAX_SAFE_INTEGER })
  return roomIn(parts) > fullSlack ? undefined : noRoom(parts)
}

/** A client waits and repeats after 429, and gives up at once after 507. */
function noRoom({ journal, maxBytes, upstream }: FrontParts): Answer {
  const size = `The relay keeps ${journal.bytes} bytes of at most ${maxBytes}`
  return upstream.isUp
    ? failure(429, 'RESOURCE_EXHAUSTED', `${size} and is forwarding them. Try again.`)
    : failure(
        507,
        'RESOURCE_EXHAUSTED',
        `${size}, and the server ${upstream.url} cannot be reached. Nothing of this request was kept. ` +
          'Bring the server back, or start the relay with a larger --max-disk.',
      )
}

/** The content of an artifact, on disk; or why there is no room for it. */
async function spooled(parts: FrontParts, body: IncomingMessage): Promise<BlobStat | Answer> {
  try {
    return await parts.spool.put(readBytesBody(body, roomIn(parts)))
  } catch (thrown) {
    if (thrown instanceof GyreError && thrown.code === 'too_large') return noRoom(parts)
    throw thrown
  }
}
