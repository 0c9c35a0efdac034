import type { Blobs } from '#ports/blobs/blobs'
import { setTimeout as sleep } from 'node:timers/promises'
import { createdId, findCreated, findExperiment, markBody } from './already-there.ts'
import { parseObject } from './answers.ts'
import { changeNamed, createExperiment } from './changes.ts'
import type { Credentials } from './credentials.ts'
import type { Entry, Journal } from './journal.ts'
import type { LocalIds } from './local-ids.ts'
import type { MergedLogs } from './merge-logs.ts'
import type { Upstream, UpstreamAnswer, UpstreamRequest } from './upstream.ts'

export interface DeliveryParts {
  journal: Journal
  ids: LocalIds
  upstream: Upstream
  credentials: Credentials
  spool: Blobs
}

/** Two names of one thing. */
export interface Created {
  local: string
  server: string
}

/** What came of sending: the server has it, refused it for good, or is to be asked again. */
export type Delivered =
  | { state: 'done'; answer: UpstreamAnswer | undefined; created?: Created }
  | { state: 'refused'; answer: UpstreamAnswer }
  | { state: 'again'; reason: string; afterMs?: number; fault?: boolean }

/** A server that was killed in the middle of creating something gets this long to have done it. */
const graceMs = 1500
const credentialPauseMs = 15_000

/**
 * Sends one entry (or several that travel as one) in the server's own names. What creates something
 * is marked first, so that after a lost answer it is looked for before it is sent again.
 */
export async function deliver(
  parts: DeliveryParts,
  entry: Entry,
  merged: MergedLogs | undefined,
): Promise<Delivered> {
  const { journal, ids } = parts
  const isText = !isBinary(entry)
  const plain = Buffer.from(merged?.body ?? entry.body)
  const body = isText ? Buffer.from(ids.toServer(plain.toString('utf8'))) : plain
  if (changeNamed(entry.kind)?.creates === undefined) {
    return judge(entry, await send(parts, entry, { ...targetOf(parts, entry, merged), body }))
  }
  const found = entry.attempted === 1 ? await lookFor(parts, entry, body) : undefined
  if (found !== undefined) return createdBy(entry, found)
  await journal.noteAttempt(entry.seq)
  entry.attempted = 1
  const marked = markBody(entry.kind, body, journal.markOf(entry.seq), entry.local_id ?? '')
  const answer = await send(parts, entry, { ...targetOf(parts, entry), body: marked })
  if (entry.kind === createExperiment && saysExists(answer)) {
    const there = await findExperiment(body, (asked) => send(parts, entry, asked))
    if (there !== undefined) return createdBy(entry, there)
  }
  const judged = judge(entry, answer)
  return judged.state === 'done' ? createdBy(entry, parseObject(answer.body) ?? {}, answer) : judged
}

async function lookFor(parts: DeliveryParts, entry: Entry, body: Buffer) {
  await sleep(graceMs)
  const mark = parts.journal.markOf(entry.seq)
  return findCreated(entry, body, mark, (asked) => send(parts, entry, asked))
}

function createdBy(
  entry: Entry,
  value: ReturnType<typeof parseObject> & object,
  answer: UpstreamAnswer = {
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: Buffer.from(JSON.stringify(value)),
  },
): Delivered {
  const server = createdId(entry.kind, value)
  const local = entry.local_id
  if (server !== undefined && local !== null) {
    return { state: 'done', answer, created: { local, server } }
  }
  return { state: 'refused', answer }
}

function targetOf(
  { ids }: DeliveryParts,
  entry: Entry,
  merged?: MergedLogs,
): Pick<UpstreamRequest, 'method' | 'target'> {
  return { method: entry.method, target: ids.toServer(merged?.target ?? entry.target) }
}

/** With the headers, the credential and, for an artifact, the content of the entry. */
async function send(
  { upstream, credentials, ids, spool }: DeliveryParts,
  entry: Entry,
  asked: Omit<UpstreamRequest, 'headers'>,
): Promise<UpstreamAnswer> {
  const authorization = credentials.header(entry.credential)
  const given = JSON.parse(ids.toServer(entry.headers)) as Record<string, string>
  const headers = { ...given, ...(authorization === undefined ? {} : { authorization }) }
  if (entry.file === null || asked.method !== 'PUT') {
    const length = { 'content-length': String((asked.body as Buffer | undefined)?.byteLength ?? 0) }
    return upstream.request({ ...asked, headers: { ...headers, ...length } })
  }
  const content = await contentOf(ids, spool, entry)
  const length = { 'content-length': String(content.sizeBytes) }
  return upstream.request({ ...asked, headers: { ...headers, ...length }, body: content.body })
}

/** A model's description of itself names its run and its id: those become the server's, too. */
async function contentOf(ids: LocalIds, spool: Blobs, entry: Entry) {
  const sha256 = entry.file ?? ''
  if (entry.target.endsWith('/MLmodel')) {
    const text = Buffer.from(await spool.readAll(sha256)).toString('utf8')
    const body = Buffer.from(ids.toServer(text))
    return { sizeBytes: body.byteLength, body }
  }
  const stat = await spool.stat(sha256)
  return { sizeBytes: stat?.sizeBytes ?? 0, body: spool.read(sha256) }
}

function isBinary(entry: Entry): boolean {
  return entry.kind === 'spans' && !entry.headers.includes('json')
}

const again: ReadonlySet<number> = new Set([408, 425, 429, 502, 503, 504])

function judge(entry: Entry, answer: UpstreamAnswer): Delivered {
  const { status } = answer
  if (status >= 200 && status < 300) return { state: 'done', answer }
  const reason = `the server answers ${status}: ${messageOf(answer)}`
  if (status === 401) return { state: 'again', reason, afterMs: credentialPauseMs }
  if (again.has(status)) {
    const seconds = Number(answer.headers['retry-after'])
    return { state: 'again', reason, ...(seconds > 0 ? { afterMs: seconds * 1000 } : {}) }
  }
  if (status >= 500) return { state: 'again', reason, fault: true }
  if (isRemoval(entry) && status === 404) return { state: 'done', answer: undefined }
  if (entry.attempted === 1 && isThereAlready(entry, answer)) {
    return { state: 'done', answer: undefined }
  }
  return { state: 'refused', answer }
}

/** A repeated removal finds nothing to remove. */
function isRemoval({ method, kind }: Entry): boolean {
  return method === 'DELETE' || kind.endsWith('delete-tag')
}

/** Whether a registered model was refused because there is one of that name. */
export function isThereAlready(entry: Entry, answer: UpstreamAnswer): boolean {
  return entry.kind === 'registered-models/create' && saysExists(answer)
}

function saysExists({ status, body }: UpstreamAnswer): boolean {
  return status === 400 && parseObject(body)?.['error_code'] === 'RESOURCE_ALREADY_EXISTS'
}

/** What the server says, in its own words. */
export function messageOf({ body }: UpstreamAnswer): string {
  const message = parseObject(body)?.['message']
  return typeof message === 'string' ? message : body.toString('utf8').slice(0, 300)
}
