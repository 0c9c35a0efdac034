import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import { type AnswerWriter, createAnswerWriter, type LaneAnswer } from './lane-answer.ts'
import { type PlainHead, readPlainHead } from './plain-head.ts'

/** Answers a body. Never throws: a failure is an answer, too. */
export type LaneHandler = (body: Buffer, requestId: string) => LaneAnswer | Promise<LaneAnswer>

export interface LaneRoute {
  /** As metrics name it: there must be few. */
  pattern: string
  answer: LaneHandler
}

export interface FastLaneOptions {
  /**
   * Who answers requests with this head; undefined: the HTTP server. Asked once for each new head of
   * a connection, so what may change between two requests is for the handler.
   */
  routeOf(head: PlainHead): LaneRoute | undefined
  newId(): string
  /** Of every answer. */
  headers: Readonly<Record<string, string>>
  onAnswered?(answer: { method: string; route: string; status: number; seconds: number }): void
}

export interface FastLane {
  /** Ends connections that are idle now, and each other one with its answer. */
  drain(): void
}

/** Longer bodies are read piece by piece, which is not worth a lane. */
const longestBody = 256 * 1024
/** What a connection may send ahead of the answers that it waits for. */
const mostAhead = 1024 * 1024
const firstRequestMs = 15_000
const keepAliveMs = 65_000

type Usual = (this: Server, socket: Socket) => void

/**
 * Puts a lane before an HTTP server, on the same port: a connection whose requests are plain and
 * have a route of the lane is answered without the server's parser, streams and router. With the
 * first request that is anything else, the connection and all that it sent go to the server for
 * good, as if the lane were not there; so it holds no rule of HTTP but what "plain" means.
 */
export function openFastLane(server: Server, options: FastLaneOptions): FastLane {
  const usual = server.listeners('connection') as Usual[]
  const passOn = (socket: Socket): void => {
    for (const listener of usual) listener.call(server, socket)
  }
  const lane = { ...options, passOn, write: createAnswerWriter(options.headers, keepAliveMs) }
  const connections = new Set<LaneConnection>()
  let draining = false
  server.removeAllListeners('connection')
  server.on('connection', (socket: Socket) => {
    if (draining) return passOn(socket)
    const connection = new LaneConnection(socket, lane, () => connections.delete(connection))
    connections.add(connection)
  })
  return {
    drain() {
      draining = true
      for (const connection of connections) connection.drain()
    },
  }
}

interface Lane extends FastLaneOptions {
  write: AnswerWriter
  /** Gives a connection to the HTTP server. */
  passOn(socket: Socket): void
}

interface KnownHead extends LaneRoute {
  text: string
  /** Of the head, the empty line at its end included. */
  length: number
  bodyBytes: number
}

class LaneConnection {
  readonly #socket: Socket
  readonly #lane: Lane
  readonly #left: () => void
  #waiting: Buffer | undefined
  #known: KnownHead | undefined
  #busy = false
  #draining = false
  /** Whether the caller says no more. */
  #ended = false

  constructor(socket: Socket, lane: Lane, left: () => void) {
    this.#socket = socket
    this.#lane = lane
    this.#left = left
    socket.on('data', this.#onData)
    socket.on('end', this.#onEnd)
    socket.on('timeout', this.#onTimeout)
    socket.on('error', this.#onError)
    socket.on('close', this.#onClose)
    socket.setTimeout(firstRequestMs)
  }

  drain(): void {
    this.#draining = true
    if (!this.#busy && this.#waiting === undefined) this.#socket.destroy()
  }

  readonly #onData = (chunk: Buffer): void => {
    const bytes = this.#waiting === undefined ? chunk : Buffer.concat([this.#waiting, chunk])
    if (this.#busy) {
      this.#waiting = bytes
      if (bytes.length > mostAhead) this.#socket.pause()
    } else this.#work(bytes)
  }

  /** Answers what is there as a whole; keeps the rest. */
  #work(bytes: Buffer): void {
    let at = 0
    while (at < bytes.length && !this.#busy && this.#socket.writable) {
      const head = this.#headAt(bytes, at)
      if (head === undefined) return this.#leave(bytes.subarray(at))
      const end = at + head.length + head.bodyBytes
      if (end > bytes.length) break
      this.#answer(head, bytes.subarray(at + head.length, end))
      at = end
    }
    this.#waiting = at < bytes.length ? bytes.subarray(at) : undefined
  }

  #answer(head: KnownHead, body: Buffer): void {
    const requestId = this.#lane.newId()
    const begun = performance.now()
    const answer = head.answer(body, requestId)
    if (!(answer instanceof Promise)) return this.#send(head, answer, requestId, begun)
    this.#busy = true
    void answer.then((done) => {
      this.#busy = false
      this.#send(head, done, requestId, begun)
      const waiting = this.#waiting
      this.#waiting = undefined
      if (this.#socket.isPaused() && !this.#socket.writableNeedDrain) this.#socket.resume()
      if (waiting !== undefined) this.#work(waiting)
      if (this.#ended && !this.#busy) this.#socket.end()
    })
  }

  #send({ pattern }: KnownHead, answer: LaneAnswer, requestId: string, begun: number): void {
    const { write, onAnswered } = this.#lane
    const last = this.#draining
    const bytes = write(answer, { requestId, last })
    const socket = this.#socket
    if (typeof bytes === 'string') socket.write(bytes, 'latin1')
    else socket.write(bytes)
    if (last) socket.end()
    else if (socket.writableNeedDrain) {
      // Who asks without reading the answers must not fill this server's memory.
      socket.pause()
      socket.once('drain', () => socket.resume())
    }
    const seconds = (performance.now() - begun) / 1000
    onAnswered?.({ method: 'POST', route: pattern, status: answer.status, seconds })
  }

  /** The head that begins here; undefined: it is not for this lane. */
  #headAt(bytes: Buffer, at: number): KnownHead | undefined {
    const known = this.#known
    // A client says the same with every request, most of all in its connection's own lane.
    if (known?.text === bytes.toString('latin1', at, at + (known?.length ?? 0))) return known
    const end = bytes.indexOf('\r\n\r\n', at)
    if (end < 0) return undefined
    const text = bytes.toString('latin1', at, end + 4)
    const head = readPlainHead(text.slice(0, -4))
    if (head === undefined || head.bodyBytes > longestBody) return undefined
    const route = this.#lane.routeOf(head)
    if (route === undefined) return undefined
    if (known === undefined) this.#socket.setTimeout(keepAliveMs)
    const { bodyBytes } = head
    this.#known = { ...route, text, length: text.length, bodyBytes }
    return this.#known
  }

  /** Gives the connection to the HTTP server, with what it has not answered. */
  #leave(bytes: Buffer): void {
    const socket = this.#socket
    this.#forget()
    socket.setTimeout(0)
    socket.pause()
    socket.unshift(bytes)
    this.#lane.passOn(socket)
    socket.resume()
  }

  #forget(): void {
    const socket = this.#socket
    socket.off('data', this.#onData)
    socket.off('end', this.#onEnd)
    socket.off('timeout', this.#onTimeout)
    socket.off('error', this.#onError)
    socket.off('close', this.#onClose)
    this.#left()
  }

  readonly #onEnd = (): void => {
    this.#ended = true
    if (!this.#busy) this.#socket.end()
  }

  readonly #onTimeout = (): void => {
    const waiting = this.#waiting
    if (this.#busy) return
    // A body that stopped arriving: the server knows what to say to that.
    if (waiting !== undefined) this.#leave(waiting)
    else this.#socket.destroy()
  }

  // The socket closes by itself; there is nobody left to tell.
  readonly #onError = (): void => {}

  readonly #onClose = (): void => this.#forget()
}
