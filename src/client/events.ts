import { GyreError } from '#kernel/errors'
import type { JournalRecordView } from '#protocols/api/wire/journal'
import { chunksOf, type ClientOptions, send } from './transport.ts'

export type ServerEvent =
  /** The stream is up, for the first time or again; pulses in between were missed. */
  | { type: 'open' }
  | { type: 'record'; record: JournalRecordView }
  /** Telemetry of this subject changed: read again what is shown of it. */
  | { type: 'pulse'; topic: string }

export interface EventsRequest {
  project?: string
  /** Records after this one; default: from now on. */
  after?: number
  signal?: AbortSignal
}

const longestPauseMs = 10_000

/**
 * Follows the server: every record once and in order, over lost connections and restarts of the
 * server. Ends when `signal` aborts; throws what the server refuses for good.
 */
export async function* followEvents(
  options: ClientOptions,
  request: EventsRequest,
): AsyncGenerator<ServerEvent, void, undefined> {
  let last = request.after
  let pauseMs = 250
  while (!isAborted(request.signal)) {
    try {
      for await (const message of connectOnce(options, request, last)) {
        pauseMs = 250
        if (message.id !== undefined) last = message.id
        const event = eventOf(message)
        if (event !== undefined) yield event
      }
    } catch (thrown) {
      if (isAborted(request.signal)) return
      if (thrown instanceof GyreError && !thrown.retryable) throw thrown
    }
    await pause(pauseMs, request.signal)
    pauseMs = Math.min(pauseMs * 2, longestPauseMs)
  }
}

function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true
}

interface Message {
  event: string
  data: string
  id: number | undefined
}

async function* connectOnce(
  options: ClientOptions,
  { project, signal }: EventsRequest,
  after: number | undefined,
): AsyncGenerator<Message> {
  const response = await send(options, {
    method: 'GET',
    path: '/events',
    query: { project, after },
    headers: { accept: 'text/event-stream' },
    signal,
  })
  yield { event: 'open', data: '', id: undefined }
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of chunksOf(response)) {
    text += decoder.decode(chunk, { stream: true })
    const blocks = text.split('\n\n')
    text = blocks.pop() ?? ''
    for (const block of blocks) yield readBlock(block)
  }
}

function readBlock(block: string): Message {
  const message: Message = { event: 'message', data: '', id: undefined }
  for (const line of block.split('\n')) {
    const [field, value] = splitField(line)
    if (field === 'event') message.event = value
    else if (field === 'data') message.data += value
    else if (field === 'id') message.id = Number(value)
  }
  return message
}

function splitField(line: string): [string, string] {
  const colon = line.indexOf(':')
  return [line.slice(0, colon), line.slice(colon + 1).replace(/^ /, '')]
}

function eventOf({ event, data }: Message): ServerEvent | undefined {
  if (event === 'open') return { type: 'open' }
  if (event === 'record') return { type: 'record', record: JSON.parse(data) as JournalRecordView }
  if (event === 'pulse') return { type: 'pulse', ...(JSON.parse(data) as { topic: string }) }
  return undefined
}

/** Waits, or less long when the signal aborts; never throws. */
async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(done, ms)
    function done(): void {
      clearTimeout(timer)
      signal?.removeEventListener('abort', done)
      resolve()
    }
    signal?.addEventListener('abort', done, { once: true })
    if (signal?.aborted === true) done()
  })
}
