import type { Log } from '#domains/access/index'
import { changeNamed } from './changes.ts'
import {
  deliver,
  type Delivered,
  type DeliveryParts,
  isThereAlready,
  messageOf,
} from './delivery.ts'
import type { Entry } from './journal.ts'
import { mergeLogs, type MergedLogs } from './merge-logs.ts'
import { NoAnswer, type UpstreamAnswer } from './upstream.ts'

export interface ForwarderOptions extends DeliveryParts {
  log: Log
  /** How many lanes are served at once. */
  connections: number
}

/** What a waiting client gets: the server's answer, good or bad, unless it got lost. */
export interface Outcome {
  answer: UpstreamAnswer | undefined
}

const pauseFirstMs = 200
const pauseMostMs = 30_000
/** So often a server may fail over one entry, while it is well otherwise. */
const mostFaults = 8
const mergeFrontier = 400
const mergeableBytes = 8000

/**
 * Brings entries to the server: each lane in order, several lanes at once. A lane whose front cannot
 * go yet is parked with the reason until something changes.
 */
export class Forwarder {
  readonly #parts: ForwarderOptions
  readonly #ready = new Set<string>()
  readonly #busy = new Set<string>()
  readonly #parked = new Map<string, string>()
  readonly #pauses = new Map<string, NodeJS.Timeout>()
  readonly #failures = new Map<string, number>()
  /** Lanes whose batch was refused as a whole go one by one up to here. */
  readonly #singly = new Map<string, number>()
  /** Entries that a lane has taken up, and the lanes that came to them meanwhile. */
  readonly #taken = new Map<number, Set<string>>()
  readonly #waiting = new Map<number, (outcome: Outcome) => void>()
  readonly #running = new Set<Promise<void>>()
  #stopped = false
  #forwarded = 0

  constructor(parts: ForwarderOptions) {
    this.#parts = parts
    parts.upstream.onUp(() => this.#pump())
  }

  get forwarded(): number {
    return this.#forwarded
  }

  /** Lanes that cannot go on, and why. */
  get parked(): ReadonlyMap<string, string> {
    return this.#parked
  }

  async start(): Promise<void> {
    this.wake(await this.#parts.journal.waitingLanes())
  }

  /** Says that these lanes have something to send. */
  wake(lanes: Iterable<string>): void {
    for (const lane of lanes) {
      this.#parked.delete(lane)
      if (!this.#pauses.has(lane)) this.#ready.add(lane)
    }
    this.#pump()
  }

  /** Says that what was in the way of any lane may be gone. */
  wakeParked(): void {
    for (const timer of this.#pauses.values()) clearTimeout(timer)
    const lanes = [...this.#parked.keys(), ...this.#pauses.keys()]
    this.#pauses.clear()
    this.wake(lanes)
  }

  /** The server's answer to an entry, if it comes in time and the server is there. */
  async outcome(seq: number, withinMs: number): Promise<Outcome | undefined> {
    const { promise, resolve } = Promise.withResolvers<Outcome | undefined>()
    const check = setInterval(() => {
      if (!this.#parts.upstream.isUp) resolve(undefined)
    }, 50)
    const timer = setTimeout(() => resolve(undefined), withinMs)
    this.#waiting.set(seq, resolve)
    try {
      return await promise
    } finally {
      clearInterval(check)
      clearTimeout(timer)
      this.#waiting.delete(seq)
    }
  }

  /** Ends after what is being sent now. */
  async stop(): Promise<void> {
    this.#stopped = true
    for (const timer of this.#pauses.values()) clearTimeout(timer)
    await Promise.all(this.#running)
  }

  #pump(): void {
    const { upstream, connections } = this.#parts
    for (const lane of this.#ready) {
      if (this.#stopped || !upstream.isUp || this.#busy.size >= connections) return
      if (this.#busy.has(lane)) continue
      this.#ready.delete(lane)
      this.#busy.add(lane)
      const running = this.#serve(lane).finally(() => {
        this.#running.delete(running)
        this.#busy.delete(lane)
        this.#pump()
      })
      this.#running.add(running)
    }
  }

  async #serve(lane: string): Promise<void> {
    try {
      const front = await this.#frontOf(lane)
      const [entry] = front
      if (entry === undefined) return
      const others = this.#taken.get(entry.seq)
      if (others !== undefined) {
        others.add(lane)
        return
      }
      const met = new Set<string>()
      this.#taken.set(entry.seq, met)
      try {
        await this.#send(lane, entry, front)
      } finally {
        this.#taken.delete(entry.seq)
        this.wake(met)
      }
    } catch (thrown) {
      this.#parts.log.error({ lane, internal: String(thrown) }, 'relay: forwarding failed')
      this.#pause(lane)
    }
  }

  async #send(lane: string, entry: Entry, front: readonly Entry[]): Promise<void> {
    const obstacle = await this.#obstacle(entry)
    if (obstacle !== undefined) {
      this.#parked.set(lane, obstacle)
      return
    }
    const singly = entry.seq <= (this.#singly.get(lane) ?? 0)
    const merged = singly ? undefined : mergeLogs(front)
    await this.#settle(lane, entry, merged, await this.#deliver(entry, merged))
  }

  async #frontOf(lane: string): Promise<Entry[]> {
    const { journal } = this.#parts
    const front = await journal.front(lane, 1)
    const [entry] = front
    if (entry === undefined || changeNamed(entry.kind)?.logs !== true) return front
    return entry.body.byteLength > mergeableBytes ? front : journal.front(lane, mergeFrontier)
  }

  /** What keeps an entry from being sent now. */
  async #obstacle(entry: Entry): Promise<string | undefined> {
    const { ids, credentials, journal } = this.#parts
    if (!credentials.has(entry.credential)) {
      return 'waits for its client, or a relay configured with the same credential: after a restart it is not known'
    }
    const needed = entry.needs.split(' ').filter((id) => ids.isOpen(id))
    if (needed.length > 0) return `waits for ${needed.join(', ')} to be created on the server`
    return (await journal.isFirst(entry.seq)) ? undefined : 'waits for what was sent before'
  }

  async #deliver(entry: Entry, merged: MergedLogs | undefined): Promise<Delivered> {
    try {
      return await deliver(this.#parts, entry, merged)
    } catch (thrown) {
      if (!(thrown instanceof NoAnswer)) throw thrown
      if (thrown.sent) entry.attempted = 1
      return { state: 'again', reason: thrown.message }
    }
  }

  async #settle(
    lane: string,
    entry: Entry,
    merged: MergedLogs | undefined,
    delivered: Delivered,
  ): Promise<void> {
    if (delivered.state === 'done') {
      await this.#finish(merged?.entries ?? [entry], delivered)
      return
    }
    if (delivered.state === 'refused' && merged !== undefined) {
      this.#singly.set(lane, merged.entries.at(-1)?.seq ?? 0)
      this.#ready.add(lane)
      return
    }
    if (delivered.state === 'refused') {
      await this.#refuse(entry, delivered.answer)
      return
    }
    const failures = (this.#failures.get(lane) ?? 0) + 1
    this.#failures.set(lane, failures)
    if (delivered.fault === true && failures >= mostFaults) {
      await this.#setAside(entry, `${delivered.reason} (${failures} times)`)
      return
    }
    // A server that is gone is waited for, not the clock.
    if (!this.#parts.upstream.isUp) this.#ready.add(lane)
    else this.#pause(lane, delivered.reason, delivered.afterMs)
  }

  async #finish(
    entries: readonly Entry[],
    { answer, created }: Extract<Delivered, { state: 'done' }>,
  ): Promise<void> {
    const { journal, spool } = this.#parts
    const seqs = entries.map((entry) => entry.seq)
    const lanes = await journal.lanesOf(seqs)
    await journal.finish(entries, answer?.body.toString('utf8'), created)
    for (const { file } of entries) {
      if (file !== null && !(await journal.isFileWanted(file))) await spool.delete(file)
    }
    // Of a run that ended on the server, nothing more is asked here.
    if (entries.some(endsRun) && lanes.length > 1) await journal.release({ lanes })
    for (const lane of lanes) this.#failures.delete(lane)
    for (const seq of seqs) this.#waiting.get(seq)?.({ answer })
    this.#forwarded += entries.length
    this.wake(lanes)
    if (created !== undefined || lanes.length > 1) this.#wakeBlocked()
  }

  async #refuse(entry: Entry, answer: UpstreamAnswer): Promise<void> {
    const waiting = this.#waiting.get(entry.seq)
    if (waiting === undefined) {
      // Its client was told that the model is there, and so it is.
      if (isThereAlready(entry, answer)) return this.#finish([entry], { state: 'done', answer })
      await this.#setAside(entry, `the server answers ${answer.status}: ${messageOf(answer)}`)
      return
    }
    const lanes = await this.#parts.journal.lanesOf([entry.seq])
    await this.#parts.journal.withdraw(entry)
    waiting({ answer })
    this.wake(lanes)
    this.#wakeBlocked()
  }

  async #setAside(entry: Entry, reason: string): Promise<void> {
    const { journal, log } = this.#parts
    const lanes = await journal.lanesOf([entry.seq])
    await journal.setAside(entry.seq, reason)
    log.warn({ entry: entry.seq, kind: entry.kind, reason }, 'relay: set aside')
    for (const lane of lanes) this.#failures.delete(lane)
    this.wake(lanes)
    this.#wakeBlocked()
  }

  #wakeBlocked(): void {
    this.wake([...this.#parked.keys()])
  }

  #pause(lane: string, reason = 'forwarding failed', afterMs?: number): void {
    if (this.#stopped) return
    const failures = Math.min(this.#failures.get(lane) ?? 1, 10)
    const usual = Math.min(pauseFirstMs * 2 ** (failures - 1), pauseMostMs)
    const pauseMs = (afterMs ?? usual) * (0.5 + Math.random())
    this.#parked.set(lane, reason)
    const timer = setTimeout(() => {
      this.#pauses.delete(lane)
      this.wake([lane])
    }, pauseMs)
    this.#pauses.set(lane, timer)
  }
}

/** It stands in the lane of the run's files, too, when the run is over. */
function endsRun({ kind }: Entry): boolean {
  return kind === 'runs/update'
}
