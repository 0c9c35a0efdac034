import type { Transaction } from 'kysely'
import type { Json } from '#kernel/json'
import type { Millis } from '#kernel/time'

export interface NewJob {
  /** What to do, e.g. `pipeline.execute`. A worker claims by kind. */
  kind: string
  project: string
  payload: Json
  /** At most one job of a kind with this key ever exists: later inserts are silently the same job. */
  key?: string
  /** Not before. Default: at once. */
  runAt?: Millis
  /** The journal record that caused it. */
  cause?: number
}

export const jobStates = ['queued', 'running', 'done', 'failed', 'cancelled'] as const
export type JobState = (typeof jobStates)[number]

export interface Job {
  id: string
  kind: string
  project: string
  payload: Json
  key: string | null
  cause: number | null
  state: JobState
  attempt: number
  runAt: Millis
  /** Why it waits or how it ended, for people. */
  reason: string | null
  createdAt: Millis
  finishedAt: Millis | null
}

/** A job that this worker holds until `until`; `token` fences off everyone who held it before. */
export interface HeldJob extends Job {
  token: number
  until: Millis
}

export interface JobFilter {
  project?: string
  /** One state or several: those that a job had at one moment. */
  state?: JobState | readonly JobState[]
  kind?: string
  limit?: number
}

/**
 * Work that must happen. At-least-once execution, exactly-once commit.
 *
 * - `insert` joins the caller's transaction, so work and its cause exist together or not at all.
 * - `claim` gives the oldest due job; a job whose lease ran out is claimed again with a higher token.
 * - `assertHeld` joins a transaction and throws `conflict` when the token is stale, so that a worker
 *   that lost its lease cannot commit anything.
 */
export interface Queue {
  insert(tx: Transaction<unknown>, jobs: readonly NewJob[]): Promise<void>
  claim(kinds: readonly string[], owner: string, leaseMs: number): Promise<HeldJob | undefined>
  /** Prolongs the lease; false when it is lost. */
  extend(job: HeldJob, leaseMs: number): Promise<boolean>
  assertHeld(tx: Transaction<unknown>, job: HeldJob): Promise<void>
  complete(job: HeldJob, reason?: string): Promise<void>
  /** Puts it back for another attempt. */
  retry(job: HeldJob, reason: string, delayMs: number): Promise<void>
  fail(job: HeldJob, reason: string): Promise<void>
  /** A queued job never starts; a running one sees its next `extend` return false. */
  cancel(id: string, reason: string): Promise<boolean>
  list(filter?: JobFilter): Promise<Job[]>
  /** When the first job of these kinds may be claimed that may not yet; undefined: there is none. */
  nextDue(kinds: readonly string[]): Promise<Millis | undefined>
}
