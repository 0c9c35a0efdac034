import { parseStored, type Json } from '#kernel/json'
import type { Job, JobState } from '#ports/queue/queue'

/** The tables of migration `0001-foundation`. */
export interface JobRow {
  id: string
  kind: string
  project: string
  payload: string
  key: string | null
  cause: number | null
  state: JobState
  attempt: number
  run_at: number
  /** When a worker may claim it: `run_at` while queued, the lease's end while running, else null. */
  available_at: number | null
  reason: string | null
  owner: string | null
  token: number
  created_at: number
  finished_at: number | null
}

export interface LeaseRow {
  name: string
  owner: string
  token: number
  until: number
}

export interface WorkTables {
  jobs: JobRow
  leases: LeaseRow
}

export function jobFromRow(row: JobRow): Job {
  return {
    id: row.id,
    kind: row.kind,
    project: row.project,
    payload: parseStored<Json>(row.payload),
    key: row.key,
    cause: row.cause,
    state: row.state,
    attempt: row.attempt,
    runAt: row.run_at,
    reason: row.reason,
    createdAt: row.created_at,
    finishedAt: row.finished_at,
  }
}
