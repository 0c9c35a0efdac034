import { authorize, type Context, type Platform } from '#domains/access/index'
import { type DataTables, type DvcVisitRow, readData } from '../store.ts'
import type { Remote } from './remote.ts'

/** What a client did at a remote, from its first request until it was silent for a while. */
export interface RemoteVisit {
  id: string
  repo: string
  /** Who it was signed in as. */
  who: string
  /** Its address and program. */
  client: string
  firstAt: number
  lastAt: number
  /** Objects that it asked for without wanting their bytes. */
  asked: number
  pushed: { objects: number; sizeBytes: number }
  pulled: { objects: number; sizeBytes: number }
  failures: number
  lastFailure: string | null
}

const visitColumns = [
  'id',
  'repo',
  'who',
  'client',
  'first_at',
  'last_at',
  'asked',
  'pushed_objects',
  'pushed_bytes',
  'pulled_objects',
  'pulled_bytes',
  'failures',
  'last_failure',
] as const satisfies readonly (keyof DvcVisitRow)[]

/** Visits kept of each remote. */
const mostVisits = 1000

/**
 * Keeps what visits came to so far, each under its id. They are telemetry: those of the last seconds
 * before a crash are lost.
 */
export async function recordVisits(
  platform: Pick<Platform, 'tables'>,
  visits: readonly RemoteVisit[],
): Promise<void> {
  await platform.tables.write<DataTables, void>(async (tx) => {
    for (const visit of visits) {
      const row = rowOf(visit)
      await tx
        .insertInto('dvc_visits')
        .values(row)
        .onConflict((c) => c.column('id').doUpdateSet(row))
        .execute()
    }
    for (const repo of new Set(visits.map((visit) => visit.repo))) {
      await tx
        .deleteFrom('dvc_visits')
        .where('repo', '=', repo)
        .where('last_at', '<', (eb) =>
          eb
            .selectFrom('dvc_visits')
            .select('last_at')
            .where('repo', '=', repo)
            .orderBy('last_at', 'desc')
            .offset(mostVisits - 1)
            .limit(1),
        )
        .execute()
    }
  })
}

function rowOf(visit: RemoteVisit): DvcVisitRow {
  return {
    id: visit.id,
    repo: visit.repo,
    who: visit.who,
    client: visit.client,
    first_at: visit.firstAt,
    last_at: visit.lastAt,
    asked: visit.asked,
    pushed_objects: visit.pushed.objects,
    pushed_bytes: visit.pushed.sizeBytes,
    pulled_objects: visit.pulled.objects,
    pulled_bytes: visit.pulled.sizeBytes,
    failures: visit.failures,
    last_failure: visit.lastFailure,
  }
}

/** The last visits at a remote, the latest first. */
export async function listVisits(
  ctx: Context,
  { remote, limit }: { remote: Remote; limit: number },
): Promise<RemoteVisit[]> {
  authorize(ctx, 'viewer', remote.project)
  const rows = await readData(ctx)
    .selectFrom('dvc_visits')
    .select(visitColumns)
    .where('repo', '=', remote.repo)
    .orderBy('last_at', 'desc')
    .limit(limit)
    .execute()
  return rows.map((row) => ({
    id: row.id,
    repo: row.repo,
    who: row.who,
    client: row.client,
    firstAt: row.first_at,
    lastAt: row.last_at,
    asked: row.asked,
    pushed: { objects: row.pushed_objects, sizeBytes: row.pushed_bytes },
    pulled: { objects: row.pulled_objects, sizeBytes: row.pulled_bytes },
    failures: row.failures,
    lastFailure: row.last_failure,
  }))
}
