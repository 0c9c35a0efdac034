import { lookup } from 'node:dns'
import { type ClientRequest, type IncomingMessage, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import { GyreError, invalid } from '#kernel/errors'
import type { Notice, NoticeAnswer, Notify } from '#ports/notify/notify'
import { createPublicAddresses } from './public-address.ts'

export interface WebhookOptions {
  /** Without the colon. */
  schemes: readonly string[]
  /** Also loopback, private and link-local addresses. */
  allowPrivate: boolean
  timeoutMs: number
  /** How often a notice is sent at most. */
  attempts: number
}

const mostRead = 16 * 1024
const longestWaitMs = 3_600_000

/** Notices by HTTP POST, to public addresses only unless `allowPrivate`. */
export function createWebhookNotify(options: WebhookOptions): Notify {
  const isPublic = createPublicAddresses()
  const allowed = (address: string) => options.allowPrivate || isPublic(address)
  return {
    attempts: options.attempts,
    check(url) {
      const { hostname } = readUrl(url, options.schemes)
      const host = hostname.replace(/^\[|\]$/g, '')
      if (isIP(host) !== 0 && !allowed(host)) throw privateHost(host)
      const local = host === 'localhost' || host.endsWith('.localhost')
      if (local && !options.allowPrivate) throw privateHost(host)
    },
    async send(notice) {
      const url = readUrl(notice.url, options.schemes)
      const host = url.hostname.replace(/^\[|\]$/g, '')
      // Node asks no name server for a literal, so that it is looked at here.
      if (isIP(host) !== 0 && !allowed(host)) throw blocked(host)
      return post(url, notice, options.timeoutMs, guardedLookup(allowed))
    },
  }
}

function readUrl(text: string, schemes: readonly string[]): URL {
  if (text.trim() === '') {
    throw invalid(`Webhook URL cannot be empty or just whitespace: ${JSON.stringify(text)}`)
  }
  if (!URL.canParse(text))
    throw invalid(`Invalid webhook URL ${JSON.stringify(text.slice(0, 500))}`)
  const url = new URL(text)
  const scheme = url.protocol.slice(0, -1)
  if (!schemes.includes(scheme)) {
    throw invalid(
      `Invalid webhook URL scheme: '${scheme.slice(0, 50)}'. Allowed schemes are: ${schemes.join(', ')}.`,
    )
  }
  if (url.hostname !== '') return url
  throw invalid(`Webhook URL must include a hostname: ${JSON.stringify(text.slice(0, 500))}`)
}

/** Resolves a name and passes on only if every address that it means is allowed. */
function guardedLookup(allowed: (address: string) => boolean): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      const [first] = addresses ?? []
      if (error !== null) return callback(error, '', 0)
      const bad = addresses.find(({ address }) => !allowed(address))
      if (bad !== undefined) return callback(new BlockedAddress(bad.address), '', 0)
      if (options.all === true) return callback(null, addresses)
      return callback(null, first?.address ?? '', first?.family ?? 0)
    })
  }
}

class BlockedAddress extends Error {
  readonly address: string

  constructor(address: string) {
    super(`blocked ${address}`)
    this.address = address
  }
}

async function post(
  url: URL,
  { headers, body, signal }: Notice,
  timeoutMs: number,
  guarded: LookupFunction,
): Promise<NoticeAnswer> {
  const content = Buffer.from(body)
  const limit = AbortSignal.timeout(timeoutMs)
  const request = (url.protocol === 'https:' ? requestHttps : requestHttp)(url, {
    method: 'POST',
    headers: { ...headers, 'content-length': content.length, 'user-agent': 'gyre' },
    lookup: guarded,
    agent: false,
    signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
  })
  try {
    request.end(content)
    const answer = await answered(request)
    return {
      status: answer.statusCode ?? 0,
      body: await beginning(answer),
      retryAfterMs: retryAfter(answer.headers['retry-after']),
    }
  } catch (thrown) {
    throw failure(thrown, url, limit.aborted ? timeoutMs : undefined)
  } finally {
    request.destroy()
  }
}

function answered(request: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.once('response', resolve)
    request.once('error', reject)
  })
}

async function beginning(answer: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  let read = 0
  for await (const part of answer) {
    parts.push(part as Buffer)
    read += (part as Buffer).length
    if (read >= mostRead) break
  }
  return Buffer.concat(parts).subarray(0, mostRead).toString('utf8')
}

/** Seconds or a date; a receiver may ask for an hour at most. */
function retryAfter(header: string | undefined): number | undefined {
  if (header === undefined) return undefined
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now()
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), longestWaitMs)
}

function privateHost(host: string): GyreError {
  return invalid(
    `The webhook's host ${host} is not of the public internet. Allow private addresses with GYRE_WEBHOOK_PRIVATE=true.`,
  )
}

function blocked(address: string): GyreError {
  return new GyreError({
    code: 'refused',
    public: `The webhook was not sent: ${address} is not an address of the public internet.`,
  })
}

function failure(thrown: unknown, url: URL, timeoutMs: number | undefined): GyreError {
  if (thrown instanceof BlockedAddress) return blocked(thrown.address)
  const why =
    timeoutMs === undefined ? String((thrown as Error).message) : `no answer in ${timeoutMs} ms`
  return new GyreError({
    code: 'unavailable',
    public: `The webhook's receiver at ${url.host} did not answer: ${why.slice(0, 300)}`,
    cause: thrown,
  })
}
