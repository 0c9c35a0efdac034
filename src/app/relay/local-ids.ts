import { randomBytes, randomInt, randomUUID } from 'node:crypto'
import type { Transaction } from 'kysely'
import type { Tables } from '#ports/tables/tables'
import type { RelayTables } from './tables.ts'

/** What ids that are handed out can look like: run ids, logged model ids, numbers. */
const idPattern =
  /(?:(?<![0-9a-zA-Z])|(?<=%[0-9a-fA-F]{2}))(?:(?:m-|tr-)?[0-9a-f]{32}|9\d{17})(?![0-9a-zA-Z])/g

/**
 * Ids that were handed out before the server knew their things, and the server's own names for
 * them. They are random, so a text that holds one means it: translating is replacing, in paths,
 * queries and bodies alike, whatever the field is called.
 */
export class LocalIds {
  readonly #tables: Tables
  /** Handed out, unknown to the server. */
  readonly #open = new Set<string>()
  readonly #serverOf = new Map<string, string>()
  /** Local names of which no client knows, and the server's. */
  readonly #untold = new Map<string, string>()
  readonly #toldOf = new Map<string, string>()
  readonly #localOf = new Map<string, string>()

  constructor(tables: Tables) {
    this.#tables = tables
  }

  async load(): Promise<void> {
    const rows = await this.#tables
      .read<RelayTables>()
      .selectFrom('local_ids')
      .select(['local', 'server', 'handed_out'])
      .execute()
    for (const row of rows) {
      if (row.server === null) this.#open.add(row.local)
      else this.#remember(row.local, row.server, row.handed_out === 1)
    }
  }

  /** Takes an id into the journal with the entry that creates its thing. */
  async open(tx: Transaction<RelayTables>, local: string): Promise<void> {
    await tx.insertInto('local_ids').values({ local, server: null, handed_out: 0 }).execute()
    this.#open.add(local)
  }

  /** Says that a client was told it. */
  async handOut(local: string): Promise<void> {
    const server = this.#serverOf.get(local)
    if (server !== undefined) this.#remember(local, server, true)
    await this.#tables.write<RelayTables, unknown>((tx) =>
      tx.updateTable('local_ids').set({ handed_out: 1 }).where('local', '=', local).execute(),
    )
  }

  /** Says what the server calls it. */
  async resolve(tx: Transaction<RelayTables>, local: string, server: string): Promise<void> {
    const row = await tx
      .updateTable('local_ids')
      .set({ server })
      .where('local', '=', local)
      .returning('handed_out')
      .executeTakeFirst()
    this.#open.delete(local)
    this.#remember(local, server, row?.handed_out === 1)
  }

  async forget(tx: Transaction<RelayTables>, local: string): Promise<void> {
    await tx.deleteFrom('local_ids').where('local', '=', local).execute()
    this.#open.delete(local)
  }

  isOpen(local: string): boolean {
    return this.#open.has(local)
  }

  /** The ids in a text that the server does not know yet. */
  openIn(text: string): string[] {
    if (this.#open.size === 0) return []
    return [...new Set(text.match(idPattern) ?? [])].filter((id) => this.#open.has(id))
  }

  /** The text as the server understands it. */
  toServer(text: string): string {
    return replaceIds(text, this.#serverOf)
  }

  /** The text in the names that clients of this relay were told. */
  toLocal(text: string): string {
    return replaceIds(replaceIds(text, this.#untold), this.#toldOf)
  }

  /** The text with one name for each thing, whoever was told which. */
  canonical(text: string): string {
    return replaceIds(text, this.#localOf)
  }

  #remember(local: string, server: string, handedOut: boolean): void {
    if (local === server) return
    this.#serverOf.set(local, server)
    if (handedOut) this.#untold.delete(local)
    else this.#untold.set(local, server)
    // The numbers that servers give are short and mean many things: those are told as they are.
    if (server.length < 32) return
    this.#localOf.set(server, local)
    if (handedOut) this.#toldOf.set(server, local)
  }
}

/** Any id in a text by which lanes are named. */
export function idsIn(text: string): string[] {
  return [...new Set(text.match(idPattern) ?? [])]
}

export function newRunId(): string {
  return randomUUID().replaceAll('-', '')
}

export function newModelId(): string {
  return `m-${randomBytes(16).toString('hex')}`
}

/** A whole number of 18 digits, as text: an experiment's id or a version's number. */
export function newNumber(): string {
  return `9${[8, 9].map((digits) => String(randomInt(10 ** digits)).padStart(digits, '0')).join('')}`
}

function replaceIds(text: string, names: ReadonlyMap<string, string>): string {
  if (names.size === 0) return text
  return text.replace(idPattern, (id) => names.get(id) ?? id)
}
