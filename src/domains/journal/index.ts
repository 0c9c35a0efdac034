export { type Change, commit } from './commit.ts'
export { type JournalRecord, type NewRecord } from './record.ts'
export type { JournalTables } from './store.ts'
