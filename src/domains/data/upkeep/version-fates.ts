import type { Transaction } from 'kysely'
import { subject } from '#kernel/subjects'
import type { JournalTables } from '#domains/journal/index'
import type { DataTables, readData } from '../store.ts'
import type { Retention } from './retention.ts'

/** Why a version stays or goes. */
export type FateReason =
  | 'given up before'
  | 'latest'
  | 'held'
  | 'no rule'
  | 'among the newest'
  | 'young'
  | 'used'
  | 'rule'

export interface VersionFate {
  version: number
  /** Whether its files would be given up now. */
  goes: boolean
  because: FateReason
  createdAt: number
  sizeBytes: number
  /** Names the list of its files. */
  digest: string
}

type Reader = ReturnType<typeof readData> | Transaction<DataTables & JournalTables>

const dayMs = 86_400_000

/** What these rules do to each version of a data set, the newest first. */
export async function fatesOf(
  db: Reader,
  of: { project: string; dataset: string; rules: Retention; now: number },
): Promise<VersionFate[]> {
  const { project, dataset } = of
  const reader = db as Transaction<DataTables & JournalTables>
  const rows = await reader
    .selectFrom('data_versions')
    .select(['version', 'state', 'digest', 'size_bytes', 'created_at'])
    .where('project', '=', project)
    .where('dataset', '=', dataset)
    .orderBy('version', 'desc')
    .execute()
  const { latest_version: latest } = await reader
    .selectFrom('datasets')
    .select('latest_version')
    .where('project', '=', project)
    .where('name', '=', dataset)
    .executeTakeFirstOrThrow()
  const isHeld = await heldVersions(reader, project, dataset)
  const fates: VersionFate[] = []
  let rank = 0
  for (const row of rows) {
    const { version, state } = row
    const gone = state === 'expired'
    const because: FateReason = gone
      ? 'given up before'
      : version === latest
        ? 'latest'
        : isHeld(version)
          ? 'held'
          : await byRule(reader, of, version, rank, row.created_at)
    if (!gone) rank++
    fates.push({
      version,
      goes: because === 'rule',
      because,
      createdAt: row.created_at,
      sizeBytes: row.size_bytes,
      digest: row.digest,
    })
  }
  return fates
}

async function byRule(
  db: Transaction<DataTables & JournalTables>,
  { project, dataset, rules, now }: Parameters<typeof fatesOf>[1],
  version: number,
  rank: number,
  createdAt: number,
): Promise<FateReason> {
  const { keepVersions, keepDays } = rules
  if (keepVersions === null && keepDays === null) return 'no rule'
  if (rank < (keepVersions ?? 0)) return 'among the newest'
  if (keepDays !== null && createdAt >= now - keepDays * dayMs) return 'young'
  return (await isUsed(db, project, dataset, version)) ? 'used' : 'rule'
}

async function heldVersions(
  db: Transaction<DataTables & JournalTables>,
  project: string,
  dataset: string,
): Promise<(version: number) => boolean> {
  const holds = await db
    .selectFrom('data_holds')
    .select('version')
    .where('project', '=', project)
    .where('dataset', '=', dataset)
    .where('released_at', 'is', null)
    .execute()
  const all = holds.some(({ version }) => version === null)
  const held = new Set(holds.map(({ version }) => version))
  return (version) => all || held.has(version)
}

/** Whether anything but the next version was made of it. */
async function isUsed(
  db: Transaction<DataTables & JournalTables>,
  project: string,
  dataset: string,
  version: number,
): Promise<boolean> {
  const row = await db
    .selectFrom('journal_edges')
    .select('target')
    .where('project', '=', project)
    .where('source', '=', subject('data', dataset, version))
    .where('target', 'not like', 'data:%')
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}
