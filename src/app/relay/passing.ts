import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Answer, awayAnswer, jsonAnswer } from './answers.ts'
import { apiPath, type ClientRequest, type FrontParts } from './front.ts'
import { type Question, readerFor } from './local-reads.ts'
import { NoAnswer } from './upstream.ts'

/** An answer of the server on its way to a client. */
export interface Passing {
  status: number
  headers: Record<string, string>
  body: IncomingMessage
}

/** How long a read waits for what was logged before it to arrive. */
const settleMs = 3000
const hopByHop = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'host',
  'expect',
])

/**
 * Gives a request to the server and its answer back, in the names that this relay's clients know. A
 * read sees what its client has logged before: it waits for that to arrive, and while the server is
 * away, or does not know the thing yet, it is answered from what passed through.
 */
export async function passOn(parts: FrontParts, asked: ClientRequest): Promise<Answer | Passing> {
  const { upstream } = parts
  const isRead = asked.method === 'GET' || asked.method === 'HEAD'
  const reader = asked.method === 'GET' ? readerFor(decodedPath(asked.target)) : undefined
  const question = questionOf(parts, asked.target)
  await upstream.settled(1000)
  const upTo = parts.journal.lastSeq
  if (upstream.isUp && isRead) await settle(parts, reader?.lanes(question), upTo)
  const unknown = parts.ids.openIn(decodeURIComponent(asked.target.replaceAll('+', ' ')))
  if (upstream.isUp && unknown.length === 0) {
    try {
      const subject = reader?.subject?.(question)
      return await fromServer(parts, asked, subject === undefined ? undefined : { subject, upTo })
    } catch (thrown) {
      if (!(thrown instanceof NoAnswer)) throw thrown
    }
  }
  const own = await reader?.answer(question, { ...parts })
  if (own === undefined) return awayAnswer(upstream.url, whatIsMissing(isRead))
  if (typeof own.body !== 'string') return own
  return { ...own, body: parts.ids.toLocal(own.body) }
}

function whatIsMissing(isRead: boolean): string {
  return isRead
    ? 'this is not among what passed through the relay'
    : 'the relay cannot take this change upon itself'
}

async function settle(
  { journal, upstream }: FrontParts,
  lanes: readonly string[] | undefined,
  upTo: number,
): Promise<void> {
  for (let waited = 0; waited < settleMs && upstream.isUp; waited += 10) {
    if (!(await journal.isWaiting(lanes, upTo))) return
    await sleep(10)
  }
}

async function fromServer(
  parts: FrontParts,
  asked: ClientRequest,
  keep: { subject: string; upTo: number } | undefined,
): Promise<Answer | Passing> {
  const { upstream, ids, credentials, journal, views } = parts
  const fingerprint = credentials.fingerprint(asked.headers.authorization)
  const authorization = credentials.header(fingerprint)
  const hasBody = asked.method !== 'GET' && asked.method !== 'HEAD'
  const isJson = (asked.headers['content-type'] ?? '').includes('json')
  const body = hasBody
    ? isJson
      ? Buffer.from(ids.toServer((await buffer(asked.body)).toString('utf8')))
      : asked.body
    : undefined
  const answer = await upstream.open({
    method: asked.method,
    target: ids.toServer(asked.target),
    headers: {
      ...passedHeaders(asked.headers, isJson && hasBody),
      ...(authorization === undefined ? {} : { authorization }),
      ...(body instanceof Buffer ? { 'content-length': String(body.byteLength) } : {}),
    },
    ...(body === undefined ? {} : { body }),
  })
  const status = answer.statusCode ?? 502
  const type = answer.headers['content-type'] ?? ''
  const isArtifact = apiPath(asked.target).startsWith('2.0/mlflow-artifacts/artifacts/')
  if (!type.includes('json') || isArtifact || asked.method === 'HEAD') {
    return { status, headers: passedHeaders(answer.headers, false), body: answer }
  }
  const text = ids.toLocal(await wholeText(answer))
  if (keep !== undefined && status === 200) {
    const isBehind = await journal.isWaiting([keep.subject], keep.upTo)
    if (!isBehind) await views.remember(keep.subject, ids.canonical(text), keep.upTo)
  }
  return { ...jsonAnswer(null, status), type, body: text }
}

async function wholeText(answer: IncomingMessage): Promise<string> {
  try {
    return (await buffer(answer)).toString('utf8')
  } catch (thrown) {
    throw new NoAnswer(thrown, true)
  }
}

function passedHeaders(headers: IncomingHttpHeaders, rewritten: boolean): Record<string, string> {
  const passed: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || hopByHop.has(name)) continue
    // What is read here must come as it is.
    if (name === 'accept-encoding' || (rewritten && name === 'content-length')) continue
    passed[name] = Array.isArray(value) ? value.join(', ') : value
  }
  return passed
}

function decodedPath(target: string): string {
  return decodeURIComponent(apiPath(target))
}

function questionOf({ ids }: FrontParts, target: string): Question {
  const known = ids.canonical(target)
  return { path: decodedPath(known), query: new URLSearchParams(known.split('?')[1] ?? '') }
}
