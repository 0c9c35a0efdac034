import { text } from 'node:stream/consumers'
import type { Readable } from 'node:stream'
import { z } from 'zod'
import { invalid } from '#kernel/errors'
import type { Aside, Chosen } from './aside.ts'
import type { FrontParts } from './front.ts'
import type { Entry, Journal } from './journal.ts'

const mostListed = 200
const Choice = z.object({
  entries: z.union([z.literal('all'), z.array(z.int().positive()).min(1)]),
})

/** One entry that the server refused, for people. */
export interface AsideItem {
  entry: number
  what: string
  reason: string
  at: string
  /** The request's body, cut short. */
  body: string
}

export interface RelayStatus {
  server: { url: string; reachable: boolean; since: string; failure?: string } | undefined
  /** Entries that wait to be forwarded. */
  pending: number
  /** How many were forwarded since the relay started. */
  forwarded: number | undefined
  bytes: number
  maxBytes: number | undefined
  /** Lanes that cannot go on now, and why. */
  held: { lane: string; reason: string }[]
  aside: AsideItem[]
  asideCount: number
}

export async function relayStatus(parts: FrontParts, aside: Aside): Promise<RelayStatus> {
  const { upstream, forwarder, maxBytes } = parts
  const held = [...forwarder.parked].slice(0, mostListed)
  return {
    ...(await storedStatus(parts.journal, aside)),
    server: { url: upstream.url, ...upstream.condition },
    forwarded: forwarder.forwarded,
    maxBytes,
    held: held.map(([lane, reason]) => ({ lane, reason })),
  }
}

/** As much of the status as the directory tells without a running relay. */
export async function storedStatus(journal: Journal, aside: Aside): Promise<RelayStatus> {
  const { pending, aside: asideCount, bytes } = await journal.counts()
  return {
    server: undefined,
    pending,
    forwarded: undefined,
    bytes,
    maxBytes: undefined,
    held: [],
    aside: (await aside.list(mostListed)).map(asideItem),
    asideCount,
  }
}

export async function readChosen(body: unknown): Promise<Chosen> {
  const parsed = Choice.safeParse(parseJson(await text(body as Readable)))
  if (parsed.success) return parsed.data.entries
  throw invalid('Name the entries: {"entries": "all"} or {"entries": [12, 13]}.')
}

function parseJson(content: string): unknown {
  try {
    return JSON.parse(content)
  } catch (thrown) {
    if (thrown instanceof SyntaxError) return undefined
    throw thrown
  }
}

function asideItem(entry: Entry): AsideItem {
  return {
    entry: entry.seq,
    what: `${entry.method} ${entry.target}`,
    reason: entry.reason ?? '',
    at: new Date(entry.accepted_at).toISOString(),
    body: Buffer.from(entry.body).toString('utf8').slice(0, 500),
  }
}
