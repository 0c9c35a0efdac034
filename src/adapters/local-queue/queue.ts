import type { Kysely, Transaction, UpdateResult } from 'kysely'
import { GyreError, invalid } from '#kernel/errors'
import { canonicalJson } from '#kernel/json'
import type { HeldJob, Job, JobFilter, JobState, NewJob, Queue } from '#ports/queue/queue'
import type { Tables } from '#ports/tables/tables'
import { nextDueAt, oldestDueKind, takeOldest } from './claim.ts'
import { type JobRow, jobFromRow, type WorkTables } from './rows.ts'

export interface QueueOptions {
  newId(): string
  clock(): number
}

const rowsPerInsert = 500
const defaultLimit = 100
/** When others are faster; a job that is being committed just now is not worth waiting for. */
const looksPerClaim = 3

/**
 * A queue that is a table beside the state it serves, on either engine. Workers that find nothing due
 * only read. Every step of a job is one statement that names the token it builds on, so of two who
 * try, one finds that it came too late.
 */
export function createSqlQueue(tables: Tables, options: QueueOptions): Queue {
  return {
    insert: (tx, jobs) => insertJobs(tx, jobs, options),
    claim: (kinds, owner, leaseMs) => claimJob(tables, options.clock, kinds, owner, leaseMs),
    extend: async (job, leaseMs) => {
      const until = options.clock() + leaseMs
      return change(tables, job, ['running'], { available_at: until })
    },
    assertHeld: (tx, job) => assertHeld(tables, tx as unknown as Transaction<WorkTables>, job),
    complete: (job, reason) => finish(tables, job, 'done', reason ?? null, options.clock()),
    fail: (job, reason) => finish(tables, job, 'failed', reason, options.clock()),
    retry: async (job, reason, delayMs) => {
      const runAt = options.clock() + delayMs
      const again = { state: 'queued', reason, run_at: runAt, available_at: runAt } as const
      if (!(await change(tables, job, ['running', 'queued'], again))) throw await lost(tables, job)
    },
    cancel: (id, reason) => cancelJob(tables, id, reason, options.clock()),
    list: (filter) => listJobs(tables, filter ?? {}),
    nextDue: (kinds) => nextDueAt(tables.read<WorkTables>(), kinds, options.clock()),
  }
}

async function insertJobs(
  tx: Transaction<unknown>,
  jobs: readonly NewJob[],
  { newId, clock }: QueueOptions,
): Promise<void> {
  const now = clock()
  const rows = jobs.map((job): JobRow => {
    const runAt = job.runAt ?? now
    return {
      id: newId(),
      kind: job.kind,
      project: job.project,
      payload: canonicalJson(job.payload),
      key: job.key ?? null,
      cause: job.cause ?? null,
      state: 'queued',
      attempt: 0,
      run_at: runAt,
      available_at: runAt,
      reason: null,
      owner: null,
      token: 0,
      created_at: now,
      finished_at: null,
    }
  })
  for (let i = 0; i < rows.length; i += rowsPerInsert) {
    await (tx as unknown as Transaction<WorkTables>)
      .insertInto('jobs')
      .values(rows.slice(i, i + rowsPerInsert))
      .onConflict((oc) => oc.columns(['kind', 'key']).doNothing())
      .execute()
  }
}

async function claimJob(
  tables: Tables,
  clock: () => number,
  kinds: readonly string[],
  owner: string,
  leaseMs: number,
): Promise<HeldJob | undefined> {
  if (kinds.length === 0) throw invalid('A claim names at least one kind of job.')
  for (let look = 0; look < looksPerClaim; look++) {
    const now = clock()
    const kind = await oldestDueKind(tables.read<WorkTables>(), kinds, now)
    if (kind === undefined) return undefined
    const until = now + leaseMs
    const row = await takeOldest(tables, { kind, owner, now, until })
    if (row !== undefined) return { ...jobFromRow(row), token: row.token, until }
  }
  return undefined
}

async function change(
  tables: Tables,
  job: Pick<JobRow, 'id' | 'token'>,
  from: readonly JobState[],
  set: Partial<JobRow>,
): Promise<boolean> {
  return changed(tables, (db) =>
    db
      .updateTable('jobs')
      .set(set)
      .where('id', '=', job.id)
      .where('token', '=', job.token)
      .where('state', 'in', from),
  )
}

async function changed(
  tables: Tables,
  update: (db: Kysely<WorkTables>) => { executeTakeFirst(): Promise<UpdateResult> },
): Promise<boolean> {
  const { numUpdatedRows } = await tables.statement<WorkTables, UpdateResult>((db) =>
    update(db).executeTakeFirst(),
  )
  return numUpdatedRows > 0n
}

/** Ends a job. The same end twice is harmless, since the first answer may have been lost. */
async function finish(
  tables: Tables,
  job: HeldJob,
  state: 'done' | 'failed',
  reason: string | null,
  now: number,
): Promise<void> {
  const set = { state, reason, available_at: null, finished_at: now }
  if (!(await change(tables, job, ['running', state], set))) throw await lost(tables, job)
}

/** Locks the job until the transaction ends, so that nobody claims it between this and the commit. */
async function assertHeld(
  tables: Tables,
  tx: Transaction<WorkTables>,
  job: HeldJob,
): Promise<void> {
  const query = tx.selectFrom('jobs').select(['token', 'state']).where('id', '=', job.id)
  const locked = tables.dialect === 'postgres' ? query.forUpdate() : query
  const row = await locked.executeTakeFirst()
  if (row?.token !== job.token || row.state !== 'running') throw notHeld(job, row?.state)
}

async function lost(tables: Tables, job: HeldJob): Promise<GyreError> {
  const row = await tables
    .read<WorkTables>()
    .selectFrom('jobs')
    .select('state')
    .where('id', '=', job.id)
    .executeTakeFirst()
  return notHeld(job, row?.state)
}

function notHeld(job: HeldJob, state: JobState | undefined): GyreError {
  const now = state === 'running' ? 'held by another worker' : (state ?? 'gone')
  return new GyreError({
    code: 'conflict',
    public: `This worker no longer holds job ${job.id} (${job.kind}): it is ${now}. Nothing was changed.`,
  })
}

async function cancelJob(
  tables: Tables,
  id: string,
  reason: string,
  now: number,
): Promise<boolean> {
  return changed(tables, (db) =>
    db
      .updateTable('jobs')
      .set({ state: 'cancelled', reason, available_at: null, finished_at: now })
      .where('id', '=', id)
      .where('state', 'in', ['queued', 'running']),
  )
}

async function listJobs(tables: Tables, filter: JobFilter): Promise<Job[]> {
  const { project, state, kind, limit } = filter
  let query = tables.read<WorkTables>().selectFrom('jobs').selectAll()
  if (project !== undefined) query = query.where('project', '=', project)
  if (state !== undefined)
    query = query.where('state', 'in', typeof state === 'string' ? [state] : state)
  if (kind !== undefined) query = query.where('kind', '=', kind)
  const rows = await query
    .orderBy('id', 'desc')
    .limit(limit ?? defaultLimit)
    .execute()
  return rows.map(jobFromRow)
}
