export interface JournalRow {
  seq: number
  at: number
  actor: string
  verb: string
  subject: string
  project: string
  inputs: string
  outputs: string
  detail: string
  prev_hash: string
  hash: string
}

export const journalColumns = [
  'seq',
  'at',
  'actor',
  'verb',
  'subject',
  'project',
  'inputs',
  'outputs',
  'detail',
  'prev_hash',
  'hash',
] as const satisfies readonly (keyof JournalRow)[]

/** `target` came from `source`: derived from the journal, can be rebuilt. */
export interface JournalEdgeRow {
  seq: number
  project: string
  source: string
  target: string
}

/** One row: the end of the chain. Locked by whoever appends. */
export interface JournalHeadRow {
  id: number
  seq: number
  hash: string
}

export interface SubscriptionRow {
  name: string
  cursor: number
}

export interface JournalTables {
  journal: JournalRow
  journal_edges: JournalEdgeRow
  journal_head: JournalHeadRow
  subscriptions: SubscriptionRow
}
