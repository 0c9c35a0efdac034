import { type Generated, sql, type Transaction } from 'kysely'
import { GyreError } from '#kernel/errors'
import type { Tables } from '#ports/tables/tables'

/** One change that a client asked for and that the server has, or is to get. */
export interface EntryRow {
  seq: Generated<number>
  /** What it does; the name of a change in `changes.ts`. */
  kind: string
  method: string
  /** Path and query, as the client sent them. */
  target: string
  /** The headers that go along, as JSON. Never credentials. */
  headers: string
  body: Uint8Array
  /** The spooled content of an artifact, by sha256. */
  file: string | null
  size_bytes: number
  /** Fingerprint of the client's credential; empty when it sent none. */
  credential: string
  /** The id that was handed out for what it creates. */
  local_id: string | null
  /** Ids that must be known on the server before it can go there, joined by blanks. */
  needs: string
  /** `pending`, `done` (kept because its run is open), `aside` (refused for good). */
  state: string
  /** Whether the server may have seen it already. */
  attempted: number
  /** Whether the client got its answer, as far as can be known. */
  answered: number
  /** What a client that repeats its request is recognised by, for what creates something. */
  claim: string | null
  /** The server's answer to what creates something. */
  answer: string | null
  reason: string | null
  accepted_at: number
}

/** The lanes in which an entry keeps its place. */
export interface EntryLaneRow {
  lane: string
  waiting: number
  seq: number
}

/** An id that was handed out and what the server calls it. */
export interface LocalIdRow {
  local: string
  /** null: the server does not know it yet. */
  server: string | null
  /** Whether a client was told the local id, so that answers must speak it. */
  handed_out: number
}

/** The last answer to a read, for when the server is away. */
export interface SeenRow {
  target: string
  body: string
  /** Entries up to here are in it. */
  up_to: number
  seen_at: number
}

export interface FactRow {
  key: string
  value: string
}

export interface RelayTables {
  entries: EntryRow
  entry_lanes: EntryLaneRow
  local_ids: LocalIdRow
  seen: SeenRow
  facts: FactRow
}

export const entryColumns = [
  'seq',
  'kind',
  'method',
  'target',
  'headers',
  'body',
  'file',
  'size_bytes',
  'credential',
  'local_id',
  'needs',
  'state',
  'attempted',
  'answered',
  'claim',
  'answer',
  'reason',
  'accepted_at',
] as const satisfies readonly (keyof EntryRow)[]

const formatVersion = '1'

/** Makes the journal's tables in a new file; refuses a file that another version of Gyre made. */
export async function prepareTables(tables: Tables): Promise<void> {
  await tables.write<RelayTables, void>(async (tx) => {
    await createTables(tx)
    await tx
      .insertInto('facts')
      .values({ key: 'format', value: formatVersion })
      .onConflict((c) => c.doNothing())
      .execute()
    const row = await tx
      .selectFrom('facts')
      .select('value')
      .where('key', '=', 'format')
      .executeTakeFirstOrThrow()
    if (row.value === formatVersion) return
    throw new GyreError({
      code: 'conflict',
      public: `The journal has format ${row.value}, this Gyre writes ${formatVersion}. Use the version of Gyre that made it.`,
    })
  })
}

async function createTables(tx: Transaction<RelayTables>): Promise<void> {
  const statements = [
    sql`create table if not exists entries (
      seq integer primary key autoincrement, kind text not null, method text not null,
      target text not null, headers text not null, body blob not null, file text,
      size_bytes integer not null, credential text not null, local_id text, needs text not null,
      state text not null, attempted integer not null, answered integer not null, claim text,
      answer text,
      reason text, accepted_at integer not null) strict`,
    sql`create index if not exists entries_by_file on entries (file) where file is not null`,
    sql`create index if not exists entries_by_state on entries (state, seq)`,
    sql`create index if not exists entries_by_local_id on entries (local_id) where local_id is not null`,
    sql`create table if not exists entry_lanes (
      lane text not null, waiting integer not null, seq integer not null,
      primary key (lane, waiting, seq)) strict, without rowid`,
    sql`create index if not exists entry_lanes_by_seq on entry_lanes (seq)`,
    sql`create table if not exists local_ids (
      local text primary key, server text, handed_out integer not null) strict, without rowid`,
    sql`create table if not exists seen (
      target text primary key, body text not null, up_to integer not null,
      seen_at integer not null) strict`,
    sql`create table if not exists facts (key text primary key, value text not null) strict`,
  ]
  for (const statement of statements) await statement.execute(tx)
}
