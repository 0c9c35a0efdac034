import { notFound } from '#kernel/errors'
import type { Json } from '#kernel/json'
import { parseStored } from '#kernel/json'
import type { RolloutPolicy } from './policy.ts'
import type { RolloutState } from './status.ts'
import {
  type DeploymentsReader,
  rolloutColumns,
  type RolloutRow,
  type RolloutTransitionRow,
  transitionColumns,
} from './store.ts'

export interface RolloutTransition {
  from: RolloutState | null
  to: RolloutState
  at: number
  actor: string
  step: number | null
  share: number
  text: string
  evidence: Record<string, Json>
}

/** A look at the live results of a release. */
export interface ReleaseTest {
  metric: RolloutPolicy['metric']
  step: number
  canary: { rows: number; mean: number | null }
  champion: { rows: number; mean: number | null }
  /** Loss of the canary minus loss of the champion, with an interval that holds at every look. */
  estimate: number | null
  lower: number | null
  upper: number | null
  /** The part of alpha that this step may spend. */
  alpha: number
  tolerance: number
  verdict: 'continue' | 'better-or-equal' | 'worse'
  at: number
}

export interface ReleaseGuard {
  guard: 'errors' | 'latency' | 'missing' | 'distribution' | 'sample-ratio'
  ok: boolean
  text: string
  values: Record<string, Json>
}

export interface Rollout {
  id: string
  endpoint: string
  model: string
  version: number
  previous: number | null
  state: RolloutState
  step: number | null
  steps: number[]
  share: number
  reason: string
  cause: string
  startedAt: number
  startedBy: string
  updatedAt: number
  endedAt: number | null
  test: ReleaseTest | null
  guards: ReleaseGuard[]
  transitions: RolloutTransition[]
}

function transitionFromRow(row: RolloutTransitionRow): RolloutTransition {
  return {
    from: row.from_state as RolloutState | null,
    to: row.to_state as RolloutState,
    at: row.at,
    actor: row.actor,
    step: row.step,
    share: row.share,
    text: row.text,
    evidence: parseStored<Record<string, Json>>(row.evidence),
  }
}

/** Rows of rollouts with their transitions. */
export async function describeRollouts(
  db: DeploymentsReader,
  rows: readonly RolloutRow[],
): Promise<Rollout[]> {
  if (rows.length === 0) return []
  const ids = rows.map((row) => row.id)
  const transitions = await db
    .selectFrom('rollout_transitions')
    .select(transitionColumns)
    .where('rollout', 'in', ids)
    .orderBy('rollout')
    .orderBy('number')
    .execute()
  return rows.map((row) => ({
    id: row.id,
    endpoint: row.endpoint,
    model: row.model,
    version: row.version,
    previous: row.previous,
    state: row.state as RolloutState,
    step: row.step,
    steps: parseStored<RolloutPolicy>(row.policy).steps,
    share: row.share,
    reason: row.reason,
    cause: row.cause,
    startedAt: row.started_at,
    startedBy: row.started_by,
    updatedAt: row.updated_at,
    endedAt: row.ended_at,
    test: row.test === null ? null : parseStored<ReleaseTest>(row.test),
    guards: parseStored<ReleaseGuard[]>(row.guards),
    transitions: transitions.filter((t) => t.rollout === row.id).map(transitionFromRow),
  }))
}

export async function describeRollout(db: DeploymentsReader, row: RolloutRow): Promise<Rollout> {
  const [rollout] = await describeRollouts(db, [row])
  if (rollout === undefined) throw notFound('release', row.id)
  return rollout
}

export async function findRollout(
  db: DeploymentsReader,
  project: string,
  id: string,
): Promise<RolloutRow> {
  const row = await db
    .selectFrom('rollouts')
    .select(rolloutColumns)
    .where('project', '=', project)
    .where('id', '=', id)
    .executeTakeFirst()
  if (row === undefined) throw notFound('release', id, 'See them with: gyre endpoints show')
  return row
}

/** The release of an endpoint that is under way. */
export async function activeRollout(
  db: DeploymentsReader,
  project: string,
  endpoint: string,
): Promise<RolloutRow | undefined> {
  return db
    .selectFrom('rollouts')
    .select(rolloutColumns)
    .where('active_key', '=', activeKey(project, endpoint))
    .executeTakeFirst()
}

export function activeKey(project: string, endpoint: string): string {
  return `${project}/${endpoint}`
}
