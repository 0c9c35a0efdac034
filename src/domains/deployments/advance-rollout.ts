import type { Json } from '#kernel/json'
import { parseStored } from '#kernel/json'
import { type Subject, subject } from '#kernel/subjects'
import { authorize, type Context } from '#domains/access/index'
import { commit } from '#domains/journal/index'
import { getVersion } from '#domains/models/index'
import { gatewayModelStates, type Readiness, readReadiness } from './gateways.ts'
import { judgeGuards, testRelease, testText } from './judge-release.ts'
import { moveRollout, type RolloutMove } from './move-rollout.ts'
import type { RolloutPolicy } from './policy.ts'
import { readLosses, readPredictionShapes, readService } from './release-results.ts'
import {
  activeRollout,
  describeRollout,
  findRollout,
  type ReleaseGuard,
  type ReleaseTest,
  type Rollout,
} from './rollout.ts'
import { unreadyStates } from './status.ts'
import { type DeploymentsTables, readDeployments, type RolloutRow } from './store.ts'

export interface Advance {
  rollout: Rollout
  /** Look again after so long; null: when labels arrive, or never. */
  waitMs: number | null
}

const gatewayPollMs = 40
/** How long gateways may take to load, warm and compare a version. */
const readyWithinMs = 180_000

/**
 * Brings a release as far as it can go now: while gateways get ready, by what they report; as a
 * canary, by what its live results say. Errors: `not_found`.
 */
export async function advanceRollout(
  ctx: Context,
  input: { project: string; rollout: string },
): Promise<Advance> {
  authorize(ctx, 'operator', input.project)
  const row = await findRollout(readDeployments(ctx), input.project, input.rollout)
  if (row.ended_at !== null) return settled(ctx, row)
  return row.state === 'canary' ? judgeCanary(ctx, row) : getReady(ctx, row)
}

/** Looks at the live results of an endpoint's canary; null: there is none. */
export async function lookAtCanary(
  ctx: Context,
  input: { project: string; endpoint: string },
): Promise<Rollout | null> {
  authorize(ctx, 'operator', input.project)
  const row = await activeRollout(readDeployments(ctx), input.project, input.endpoint)
  return row?.state === 'canary' ? (await judgeCanary(ctx, row)).rollout : null
}

async function settled(ctx: Context, row: RolloutRow): Promise<Advance> {
  return { rollout: await describeRollout(readDeployments(ctx), row), waitMs: null }
}

async function getReady(ctx: Context, row: RolloutRow): Promise<Advance> {
  const readiness = await readReadiness(ctx, row)
  const moved = await commitMoves(ctx, row, (current) => readyMove(ctx, current, readiness))
  const unready = moved.ended_at === null && moved.state !== 'canary'
  if (unready) await noteReason(ctx, moved, waitingText(moved, readiness))
  const { rollout } = await settled(ctx, moved)
  return { rollout, waitMs: unready ? gatewayPollMs : null }
}

/** What the gateways' reports allow next; undefined: it waits. */
function readyMove(ctx: Context, row: RolloutRow, readiness: Readiness): RolloutMove | undefined {
  const place = unreadyStates.indexOf(row.state as (typeof unreadyStates)[number])
  if (place < 0) return undefined
  const evidence = { gateways: readiness.evidence }
  if (readiness.failure !== null) return { event: 'fail', text: readiness.failure, evidence }
  const reached = readiness.state === null ? 0 : gatewayModelStates.indexOf(readiness.state)
  // preparing needs a gateway, loading that all have loaded, and so on.
  const done = place === 0 ? readiness.gateways > 0 : readiness.state !== null && reached >= place
  if (!done) {
    if (ctx.clock() - row.started_at < readyWithinMs) return undefined
    const text = `It was not ready within ${readyWithinMs / 1000} s. ${waitingText(row, readiness)}`
    return { event: 'fail', text, evidence }
  }
  const state = unreadyStates[place]
  if (state !== 'checking-parity')
    return { event: 'ready', text: readyTexts[state ?? 'preparing'], evidence }
  const { steps } = parseStored<RolloutPolicy>(row.policy)
  if (steps.length > 0) {
    return {
      event: 'ready',
      text: `Parity holds. It gets ${percent(steps[0] ?? 0)} of the traffic.`,
      evidence,
    }
  }
  const text =
    row.previous === null
      ? 'Parity holds, and there is no champion to compare it with: it gets all the traffic.'
      : 'Parity holds. It gets all the traffic at once, as was asked for.'
  return { event: 'promote', text, evidence }
}

const readyTexts = {
  preparing: 'The gateways load it.',
  loading: 'It is loaded on every gateway.',
  warming: 'It answers on every gateway.',
} as const

function waitingText(row: RolloutRow, { gateways, state }: Readiness): string {
  if (gateways === 0) return 'It waits for a gateway: none is running.'
  return `It is ${row.state}: it waits for ${gateways} gateway${gateways === 1 ? '' : 's'} (${state ?? 'not begun'}).`
}

async function judgeCanary(ctx: Context, row: RolloutRow): Promise<Advance> {
  const policy = parseStored<RolloutPolicy>(row.policy)
  const step = row.step ?? 0
  const test = testRelease(await readLosses(ctx, row, policy.metric), policy, step, ctx.clock())
  const { features } = await getVersion(ctx, row)
  const guards = judgeGuards(
    await readService(ctx, row),
    await readPredictionShapes(ctx, row),
    policy,
    features.length,
    row.share,
  )
  const move = canaryMove(row, policy, test, guards)
  if (move === undefined) {
    await noteResults(ctx, row, test, guards, testText(test, policy.minimumRows))
    const noted = await findRollout(readDeployments(ctx), row.project, row.id)
    return settled(ctx, noted)
  }
  const moved = await commitMoves(ctx, row, (current) =>
    // Somebody may have ended it, or moved it on, while this was computed.
    current.state === 'canary' && current.step === row.step ? move : undefined,
  )
  return settled(ctx, moved)
}

function canaryMove(
  row: RolloutRow,
  policy: RolloutPolicy,
  test: ReleaseTest,
  guards: ReleaseGuard[],
): RolloutMove | undefined {
  const failed = guards.find(({ guard, ok }) => !ok && guard !== 'sample-ratio')
  const evidence = JSON.parse(JSON.stringify({ test, guards })) as Record<string, Json>
  const about = { evidence, test, guards, inputs: evidenceOf(row) }
  const text = testText(test, policy.minimumRows)
  // Labels say more than guards, where they are there.
  if (test.verdict === 'worse') return { ...about, event: 'roll-back', text }
  if (failed !== undefined) {
    return {
      ...about,
      event: 'roll-back',
      text: `Rolled back without waiting for labels. ${failed.text}`,
    }
  }
  if (test.verdict !== 'better-or-equal') return undefined
  const next = policy.steps[(row.step ?? 0) + 1]
  return next === undefined
    ? { ...about, event: 'promote', text: `${text} It gets all the traffic.` }
    : { ...about, event: 'step', text: `${text} It gets ${percent(next)} of the traffic.` }
}

function evidenceOf(row: RolloutRow): Subject[] {
  return row.previous === null ? [] : [subject('model', row.model, row.previous)]
}

/** Commits moves for as long as `next` gives one, on the row as it is then. */
async function commitMoves(
  ctx: Context,
  { project, id }: RolloutRow,
  next: (row: RolloutRow) => RolloutMove | undefined,
): Promise<RolloutRow> {
  const before = await findRollout(readDeployments(ctx), project, id)
  if (before.ended_at !== null || next(before) === undefined) return before
  return commit(ctx, async (change) => {
    let row = await findRollout(change.sql<DeploymentsTables>(), project, id)
    for (;;) {
      const move = row.ended_at === null ? next(row) : undefined
      if (move === undefined) return row
      const from = row.state
      row = await moveRollout(ctx, change, row, move)
      if (from === 'canary' || row.state === 'canary') return row
    }
  })
}

/** Notes what was seen without a change of state: for those who look, not for the record. */
async function noteResults(
  ctx: Context,
  row: RolloutRow,
  test: ReleaseTest,
  guards: ReleaseGuard[],
  reason: string,
): Promise<void> {
  await ctx.tables.write<DeploymentsTables, void>(async (tx) => {
    await tx
      .updateTable('rollouts')
      .set({ test: JSON.stringify(test), guards: JSON.stringify(guards), reason })
      .where('id', '=', row.id)
      .where('state', '=', 'canary')
      .where('step', '=', row.step)
      .execute()
  })
  ctx.pulse(subject('rollout', row.id))
}

async function noteReason(ctx: Context, row: RolloutRow, reason: string): Promise<void> {
  if (row.reason === reason) return
  await ctx.tables.write<DeploymentsTables, void>(async (tx) => {
    await tx
      .updateTable('rollouts')
      .set({ reason })
      .where('id', '=', row.id)
      .where('state', '=', row.state)
      .execute()
  })
}

function percent(share: number): string {
  return `${Number((share * 100).toFixed(1))} %`
}
