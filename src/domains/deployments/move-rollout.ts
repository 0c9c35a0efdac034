import type { Json } from '#kernel/json'
import { parseStored } from '#kernel/json'
import { nextStatus } from '#kernel/status-table'
import { type Subject, subject } from '#kernel/subjects'
import type { Context } from '#domains/access/index'
import type { Change } from '#domains/journal/index'
import type { RolloutPolicy } from './policy.ts'
import type { ReleaseGuard, ReleaseTest } from './rollout.ts'
import { type RolloutEvent, type RolloutState, rolloutTable } from './status.ts'
import { type DeploymentsTables, endpointColumns, type RolloutRow } from './store.ts'

export interface RolloutMove {
  event: RolloutEvent
  text: string
  evidence: Record<string, Json>
  /** Further subjects that it was decided on. */
  inputs?: readonly Subject[]
  test?: ReleaseTest
  guards?: ReleaseGuard[]
}

const verbs: Readonly<Record<RolloutState, string>> = {
  preparing: 'rollout.started',
  loading: 'rollout.prepared',
  warming: 'rollout.loaded',
  'checking-parity': 'rollout.warmed',
  canary: 'rollout.stepped',
  promoted: 'rollout.promoted',
  'rolled-back': 'rollout.rolled-back',
  failed: 'rollout.failed',
  aborted: 'rollout.aborted',
}

/**
 * Moves a release on inside a change: its row, what gateways are to serve, the transition with its
 * evidence, and the record. Throws `conflict` when its state does not allow the event.
 */
export async function moveRollout(
  ctx: Context,
  change: Change,
  row: RolloutRow,
  move: RolloutMove,
): Promise<RolloutRow> {
  const state = nextStatus(
    rolloutTable,
    `The release of ${row.model}@${row.version}`,
    row.state as RolloutState,
    move.event,
  )
  const moved = movedRow(ctx, row, state, move)
  const { id, project: _project, ...values } = moved
  const db = change.sql<DeploymentsTables>()
  await db.updateTable('rollouts').set(values).where('id', '=', id).execute()
  await writeVariants(change, moved, state)
  await addTransition(ctx, change, row, moved, move)
  recordMove(change, row, moved, move)
  if (moved.ended_at !== null) await followUp(change, moved)
  return moved
}

function movedRow(
  ctx: Context,
  row: RolloutRow,
  state: RolloutState,
  move: RolloutMove,
): RolloutRow {
  const now = ctx.clock()
  const { steps } = parseStored<RolloutPolicy>(row.policy)
  const ended = Object.values<RolloutState | null>(rolloutTable[state]).every((s) => s === null)
  const step = state === 'canary' ? (row.step ?? -1) + 1 : row.step
  const shares: Partial<Record<RolloutState, number>> = {
    canary: steps[step ?? 0] ?? 0,
    promoted: 1,
  }
  return {
    ...row,
    state,
    step,
    share: shares[state] ?? 0,
    reason: move.text,
    updated_at: now,
    ended_at: ended ? now : null,
    step_since: state === 'canary' ? now : row.step_since,
    // Of the present step: what decided the step before stands in its transition.
    test: state === 'canary' ? null : testText(row, move),
    guards: move.guards === undefined ? row.guards : JSON.stringify(move.guards),
    active_key: ended ? null : row.active_key,
  }
}

function testText(row: RolloutRow, { test }: RolloutMove): string | null {
  return test === undefined ? row.test : JSON.stringify(test)
}

/** What gateways are to serve follows from the state. */
async function writeVariants(change: Change, row: RolloutRow, state: RolloutState): Promise<void> {
  const db = change.sql<DeploymentsTables>()
  const { project, endpoint, version, share, step, id, updated_at: since } = row
  if (row.ended_at !== null) {
    await db
      .deleteFrom('endpoint_variants')
      .where('project', '=', project)
      .where('endpoint', '=', endpoint)
      .where('role', '=', 'canary')
      .where('rollout', '=', id)
      .execute()
  }
  if (state === 'promoted') {
    const champion = { version, share: 1, rollout: id, step: null, since }
    await db
      .insertInto('endpoint_variants')
      .values({ project, endpoint, role: 'champion', ...champion })
      .onConflict((c) => c.columns(['project', 'endpoint', 'role']).doUpdateSet(champion))
      .execute()
    return
  }
  const shares = [
    { role: 'canary', share, step },
    { role: 'champion', share: 1 - share, step: null },
  ]
  for (const { role, ...values } of shares) {
    await db
      .updateTable('endpoint_variants')
      .set(values)
      .where('project', '=', project)
      .where('endpoint', '=', endpoint)
      .where('role', '=', role)
      .execute()
  }
}

/** Writes how a release came from one state to the next. */
export async function addTransition(
  ctx: Context,
  change: Change,
  from: RolloutRow | null,
  to: RolloutRow,
  { text, evidence }: Pick<RolloutMove, 'text' | 'evidence'>,
): Promise<void> {
  const db = change.sql<DeploymentsTables>()
  const last = await db
    .selectFrom('rollout_transitions')
    .select((eb) => eb.fn.max('number').as('number'))
    .where('rollout', '=', to.id)
    .executeTakeFirst()
  await db
    .insertInto('rollout_transitions')
    .values({
      rollout: to.id,
      number: (last?.number ?? 0) + 1,
      from_state: from?.state ?? null,
      to_state: to.state,
      at: to.updated_at,
      actor: ctx.principal.name,
      step: to.state === 'canary' ? to.step : null,
      share: to.share,
      text,
      evidence: JSON.stringify(evidence),
    })
    .execute()
}

function recordMove(change: Change, from: RolloutRow, to: RolloutRow, move: RolloutMove): void {
  const touchesTraffic = to.state === 'canary' || to.ended_at !== null
  change.record({
    verb: verbs[to.state as RolloutState],
    subject: subject('rollout', to.id),
    project: to.project,
    inputs: [subject('model', to.model, to.version), ...(move.inputs ?? [])],
    outputs: touchesTraffic ? [subject('endpoint', to.endpoint)] : [],
    detail: {
      endpoint: to.endpoint,
      model: to.model,
      version: to.version,
      previous: to.previous,
      from: from.state,
      share: to.share,
      reason: move.text,
      evidence: move.evidence,
    },
  })
}

/** A version that had to wait for this release to end gets its turn. */
async function followUp(change: Change, row: RolloutRow): Promise<void> {
  const endpoint = await change
    .sql<DeploymentsTables>()
    .selectFrom('endpoints')
    .select(endpointColumns)
    .where('project', '=', row.project)
    .where('name', '=', row.endpoint)
    .executeTakeFirst()
  if ((endpoint?.next_version ?? null) === null) return
  change.enqueue({
    kind: 'rollout.advance',
    project: row.project,
    payload: { project: row.project, endpoint: row.endpoint },
    key: `after ${row.id}`,
  })
}

/** Work that gets a release ready and looks at its first results. */
export function enqueueAdvance(change: Change, row: RolloutRow): void {
  change.enqueue({
    kind: 'rollout.advance',
    project: row.project,
    payload: { project: row.project, rollout: row.id },
    key: row.id,
  })
}
