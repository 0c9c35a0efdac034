import { randomBytes } from 'node:crypto'
import { type Transaction, sql } from 'kysely'
import type { Tables } from '#ports/tables/tables'
import type { LocalIds } from './local-ids.ts'
import { entryColumns, type EntryRow, type RelayTables } from './tables.ts'

export type Entry = Omit<EntryRow, 'seq'> & { seq: number }

/** What a client asked for, before it has its place in the journal. */
export interface NewEntry {
  kind: string
  method: string
  target: string
  headers: Readonly<Record<string, string>>
  body: Uint8Array
  file?: string
  sizeBytes: number
  credential: string
  localId?: string
  needs: readonly string[]
  lanes: readonly string[]
  /** What creates something can be recognised by this when its client asks again. */
  claim?: string
}

export interface Counts {
  pending: number
  aside: number
  /** What the journal and the spooled files take. */
  bytes: number
}

const overheadBytes = 400
const mostReleased = 5000
/** How long a client may take to repeat what creates something and was not answered. */
const claimableMs = 600_000

/**
 * What clients were told "done" and the server does not have yet, on disk. Taking something in is
 * one commit, shared by all that arrive together; entries keep their order in each of their lanes.
 */
export class Journal {
  readonly #tables: Tables
  readonly #ids: LocalIds
  readonly #clock: () => number
  readonly #claimable = new Map<string, number>()
  #bytes = 0
  #lastSeq = 0
  #name = ''

  constructor(tables: Tables, ids: LocalIds, clock: () => number) {
    this.#tables = tables
    this.#ids = ids
    this.#clock = clock
  }

  /** Reads what the last process left. */
  async load(): Promise<void> {
    this.#name = await this.fact('relay', () => randomBytes(8).toString('hex'))
    await this.#measure()
    const unanswered = await this.#read
      .selectFrom('entries')
      .select(['seq', 'claim'])
      .where('answered', '=', 0)
      .where('accepted_at', '>', this.#clock() - claimableMs)
      .execute()
    for (const { claim, seq } of unanswered) if (claim !== null) this.#claimable.set(claim, seq)
  }

  get #read() {
    return this.#tables.read<RelayTables>()
  }

  get bytes(): number {
    return this.#bytes
  }

  /** The place of the latest entry. */
  get lastSeq(): number {
    return this.#lastSeq
  }

  /** By this the server can tell an entry of this relay from all others. */
  markOf(seq: number): string {
    return `${this.#name}-${seq}`
  }

  /** A value that is made once and kept. */
  async fact(key: string, make: () => string): Promise<string> {
    return this.#tables.write<RelayTables, string>(async (tx) => {
      const row = { key, value: make() }
      await tx
        .insertInto('facts')
        .values(row)
        .onConflict((c) => c.doNothing())
        .execute()
      const kept = tx.selectFrom('facts').select('value').where('key', '=', key)
      return (await kept.executeTakeFirstOrThrow()).value
    })
  }

  /** Takes it in; on return it is durable. Gives its place. */
  async accept(entry: NewEntry): Promise<number> {
    const seq = await this.#tables.write<RelayTables, number>(async (tx) => {
      const inserted = await tx
        .insertInto('entries')
        .values(rowOf(entry, this.#clock()))
        .returning('seq')
        .executeTakeFirstOrThrow()
      const lanes = [...new Set(entry.lanes)].map((lane) => ({
        lane,
        waiting: 1,
        seq: inserted.seq,
      }))
      if (lanes.length > 0) await tx.insertInto('entry_lanes').values(lanes).execute()
      if (entry.localId !== undefined) await this.#ids.open(tx, entry.localId)
      return inserted.seq
    })
    this.#bytes += entry.sizeBytes + overheadBytes
    this.#lastSeq = Math.max(this.#lastSeq, seq)
    return seq
  }

  /**
   * The entry that an equal request left behind without having been answered, once: a client that
   * repeats what creates something means the same thing.
   */
  async claim(claim: string): Promise<Entry | undefined> {
    const seq = this.#claimable.get(claim)
    if (seq === undefined) return undefined
    this.#claimable.delete(claim)
    const found = await this.get(seq)
    return found !== undefined && found.accepted_at > this.#clock() - claimableMs
      ? found
      : undefined
  }

  /** Says whether the client of an entry that creates something got its answer. */
  async noteAnswered(seq: number, claim: string, delivered: boolean): Promise<void> {
    if (!delivered) {
      this.#claimable.set(claim, seq)
      return
    }
    await this.#tables.write<RelayTables, unknown>((tx) =>
      tx.updateTable('entries').set({ answered: 1 }).where('seq', '=', seq).execute(),
    )
  }

  async get(seq: number): Promise<Entry | undefined> {
    return this.#read
      .selectFrom('entries')
      .select(entryColumns)
      .where('seq', '=', seq)
      .executeTakeFirst()
  }

  /** The lanes that have something waiting. */
  async waitingLanes(): Promise<string[]> {
    const rows = await this.#read
      .selectFrom('entry_lanes')
      .select('lane')
      .distinct()
      .where('waiting', '=', 1)
      .execute()
    return rows.map((row) => row.lane)
  }

  /** The entries at the front of a lane, in order. */
  async front(lane: string, limit: number): Promise<Entry[]> {
    return this.#read
      .selectFrom('entry_lanes as l')
      .innerJoin('entries as e', 'e.seq', 'l.seq')
      .select(entryColumns.map((column) => `e.${column}` as const))
      .where('l.lane', '=', lane)
      .where('l.waiting', '=', 1)
      .orderBy('l.seq')
      .limit(limit)
      .execute()
  }

  /** Whether nothing waits before it in any of its lanes. */
  async isFirst(seq: number): Promise<boolean> {
    const before = await this.#read
      .selectFrom('entry_lanes as own')
      .innerJoin('entry_lanes as other', 'other.lane', 'own.lane')
      .select('other.seq')
      .where('own.seq', '=', seq)
      .where('other.waiting', '=', 1)
      .where('other.seq', '<', seq)
      .executeTakeFirst()
    return before === undefined
  }

  /** Whether something up to this place still waits: in these lanes, or anywhere. */
  async isWaiting(lanes: readonly string[] | undefined, upTo: number): Promise<boolean> {
    const waiting = this.#read
      .selectFrom('entry_lanes')
      .select('seq')
      .where('waiting', '=', 1)
      .where('seq', '<=', upTo)
      .limit(1)
    const chosen = lanes === undefined ? waiting : waiting.where('lane', 'in', [...lanes])
    return (await chosen.executeTakeFirst()) !== undefined
  }

  async lanesOf(seqs: readonly number[]): Promise<string[]> {
    const rows = await this.#read
      .selectFrom('entry_lanes')
      .select('lane')
      .distinct()
      .where('seq', 'in', [...seqs])
      .execute()
    return rows.map((row) => row.lane)
  }

  /** All that was asked for in a lane and is still known, done or not. */
  async history(lane: string, after = 0): Promise<Entry[]> {
    return this.#read
      .selectFrom('entry_lanes as l')
      .innerJoin('entries as e', 'e.seq', 'l.seq')
      .select(entryColumns.map((column) => `e.${column}` as const))
      .where('l.lane', '=', lane)
      .where('l.seq', '>', after)
      .where('e.state', '!=', 'aside')
      .orderBy('l.seq')
      .execute()
  }

  /** The entry that created the thing of this id, if it went through here. */
  async creatorOf(localId: string): Promise<Entry | undefined> {
    return this.#read
      .selectFrom('entries')
      .select(entryColumns)
      .where('local_id', '=', localId)
      .executeTakeFirst()
  }

  /** From here on the server may have seen it. Durable on return. */
  async noteAttempt(seq: number): Promise<void> {
    await this.#tables.write<RelayTables, unknown>((tx) =>
      tx.updateTable('entries').set({ attempted: 1 }).where('seq', '=', seq).execute(),
    )
  }

  /** The server has them. They stay, without content, for reading until they are released. */
  async finish(
    entries: readonly Entry[],
    answer: string | undefined,
    created: { local: string; server: string } | undefined,
  ): Promise<void> {
    const seqs = entries.map((entry) => entry.seq)
    await this.#tables.write<RelayTables, void>(async (tx) => {
      if (created !== undefined) {
        await this.#ids.resolve(tx, created.local, created.server)
        const kept = { answer: answer ?? null }
        await tx.updateTable('entries').set(kept).where('seq', 'in', seqs).execute()
      }
      const done = { state: 'done', file: null, size_bytes: sql<number>`length(body)` }
      await tx.updateTable('entries').set(done).where('seq', 'in', seqs).execute()
      await tx.updateTable('entry_lanes').set({ waiting: 0 }).where('seq', 'in', seqs).execute()
    })
    for (const entry of entries) this.#bytes -= entry.size_bytes - entry.body.byteLength
  }

  /** Forgets what is done: of these lanes, or all that is older. */
  async release(which: { lanes: readonly string[] } | { before: number }): Promise<void> {
    const gone = await this.#tables.write<RelayTables, Entry[]>(async (tx) => {
      const done = tx
        .selectFrom('entries')
        .select(entryColumns)
        .where('state', '=', 'done')
        .where('answered', '=', 1)
        .limit(mostReleased)
      const rows = await (
        'lanes' in which
          ? done.where('seq', 'in', (q) =>
              q
                .selectFrom('entry_lanes')
                .select('seq')
                .where('lane', 'in', [...which.lanes]),
            )
          : done.where('accepted_at', '<', which.before)
      ).execute()
      await remove(
        tx,
        rows.map((row) => row.seq),
      )
      return rows
    })
    this.forget(gone)
  }

  /** The server refused it for good: its lane goes on, it stays for a person to decide. */
  async setAside(seq: number, reason: string): Promise<void> {
    await this.#tables.write<RelayTables, void>(async (tx) => {
      await tx
        .updateTable('entries')
        .set({ state: 'aside', reason: reason.slice(0, 2000) })
        .where('seq', '=', seq)
        .execute()
      await tx.updateTable('entry_lanes').set({ waiting: 0 }).where('seq', '=', seq).execute()
    })
  }

  /** Removes an entry whose client was told that it failed. */
  async withdraw(entry: Entry): Promise<void> {
    await this.#tables.write<RelayTables, void>(async (tx) => {
      if (entry.local_id !== null) await this.#ids.forget(tx, entry.local_id)
      await remove(tx, [entry.seq])
    })
    this.forget([entry])
  }

  async counts(): Promise<Counts> {
    const rows = await this.#read
      .selectFrom('entries')
      .select(['state', (eb) => eb.fn.countAll<number>().as('count')])
      .groupBy('state')
      .execute()
    const countOf = (state: string): number => rows.find((row) => row.state === state)?.count ?? 0
    return { pending: countOf('pending'), aside: countOf('aside'), bytes: this.#bytes }
  }

  async isFileWanted(sha256: string): Promise<boolean> {
    const row = await this.#read
      .selectFrom('entries')
      .select('seq')
      .where('file', '=', sha256)
      .executeTakeFirst()
    return row !== undefined
  }

  /** Takes entries that are gone off the books. */
  forget(entries: readonly Entry[]): void {
    for (const entry of entries) this.#bytes -= entry.size_bytes + overheadBytes
  }

  async #measure(): Promise<void> {
    const row = await this.#read
      .selectFrom('entries')
      .select([
        sql<number>`coalesce(sum(size_bytes + ${overheadBytes}), 0)`.as('bytes'),
        sql<number>`coalesce(max(seq), 0)`.as('last'),
      ])
      .executeTakeFirstOrThrow()
    this.#bytes = row.bytes
    this.#lastSeq = row.last
  }
}

function rowOf(entry: NewEntry, now: number): Omit<EntryRow, 'seq'> {
  return {
    kind: entry.kind,
    method: entry.method,
    target: entry.target,
    headers: JSON.stringify(entry.headers),
    body: entry.body,
    file: entry.file ?? null,
    size_bytes: entry.sizeBytes,
    credential: entry.credential,
    local_id: entry.localId ?? null,
    needs: entry.needs.join(' '),
    state: 'pending',
    attempted: 0,
    answered: entry.claim === undefined ? 1 : 0,
    claim: entry.claim ?? null,
    answer: null,
    reason: null,
    accepted_at: now,
  }
}

/** Removes rows for good. */
export async function remove(tx: Transaction<RelayTables>, seqs: readonly number[]): Promise<void> {
  if (seqs.length === 0) return
  await tx
    .deleteFrom('entry_lanes')
    .where('seq', 'in', [...seqs])
    .execute()
  await tx
    .deleteFrom('entries')
    .where('seq', 'in', [...seqs])
    .execute()
}
