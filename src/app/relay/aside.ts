import type { Transaction } from 'kysely'
import type { Tables } from '#ports/tables/tables'
import { type Entry, type Journal, remove } from './journal.ts'
import type { LocalIds } from './local-ids.ts'
import { entryColumns, type RelayTables } from './tables.ts'

/** Which entries a person means. */
export type Chosen = readonly number[] | 'all'

/** What the server refused for good, until a person decides. */
export class Aside {
  readonly #tables: Tables
  readonly #ids: LocalIds
  readonly #journal: Journal

  constructor(tables: Tables, ids: LocalIds, journal: Journal) {
    this.#tables = tables
    this.#ids = ids
    this.#journal = journal
  }

  async list(limit: number): Promise<Entry[]> {
    return this.#tables
      .read<RelayTables>()
      .selectFrom('entries')
      .select(entryColumns)
      .where('state', '=', 'aside')
      .orderBy('seq')
      .limit(limit)
      .execute()
  }

  /** Puts it back to its place. Gives how many. */
  async retry(which: Chosen): Promise<number> {
    return this.#tables.write<RelayTables, number>(async (tx) => {
      const seqs = await chosenOf(tx, which)
      const change = { state: 'pending', reason: null }
      await tx.updateTable('entries').set(change).where('seq', 'in', seqs).execute()
      await tx.updateTable('entry_lanes').set({ waiting: 1 }).where('seq', 'in', seqs).execute()
      return seqs.length
    })
  }

  /** Gives it up, and with it whatever needs what it would have created. Gives what is gone. */
  async drop(which: Chosen): Promise<Entry[]> {
    const gone = await this.#tables.write<RelayTables, Entry[]>(async (tx) => {
      const found = new Map<number, Entry>()
      const take = async (rows: readonly Entry[]): Promise<void> => {
        for (const row of rows) {
          if (found.has(row.seq)) continue
          found.set(row.seq, row)
          if (row.local_id === null || !this.#ids.isOpen(row.local_id)) continue
          await this.#ids.forget(tx, row.local_id)
          await take(await needing(tx, row.local_id))
        }
      }
      await take(await entriesOf(tx, await chosenOf(tx, which)))
      await remove(tx, [...found.keys()])
      return [...found.values()]
    })
    this.#journal.forget(gone)
    return gone
  }
}

async function chosenOf(tx: Transaction<RelayTables>, which: Chosen): Promise<number[]> {
  const aside = tx.selectFrom('entries').select('seq').where('state', '=', 'aside')
  const rows = await (which === 'all' ? aside : aside.where('seq', 'in', [...which])).execute()
  return rows.map((row) => row.seq)
}

async function entriesOf(tx: Transaction<RelayTables>, seqs: number[]): Promise<Entry[]> {
  return tx.selectFrom('entries').select(entryColumns).where('seq', 'in', seqs).execute()
}

async function needing(tx: Transaction<RelayTables>, local: string): Promise<Entry[]> {
  return tx
    .selectFrom('entries')
    .select(entryColumns)
    .where('state', '!=', 'done')
    .where('needs', 'like', `%${local}%`)
    .execute()
}
