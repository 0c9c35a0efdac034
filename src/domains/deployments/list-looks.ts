import { parseStored } from '#kernel/json'
import { emptyMoments, mergeMoments } from '#science/sequential'
import { authorize, type Context } from '#domains/access/index'
import { testRelease } from './judge-release.ts'
import type { RolloutPolicy } from './policy.ts'
import { createRealisedView } from './realised.ts'
import { lossSql, type Losses, type Side, stageOf } from './release-results.ts'
import { findRollout, type ReleaseTest } from './rollout.ts'
import { readDeployments, type RolloutRow } from './store.ts'

/** More looks than this are thinned: a chart shows no more. */
const mostLooks = 400

type LookRow = {
  at: number
  variant: Side
  n: number
  mean: number
  m2: number
}

/**
 * What the sequential test of a release said each time labels came, oldest first: computed anew from
 * the labelled predictions, so that it is the test itself and no summary of it. A step ends with the
 * look that decided it. Errors: `not_found`.
 */
export async function listLooks(
  ctx: Context,
  input: { project: string; rollout: string },
): Promise<{ items: ReleaseTest[] }> {
  authorize(ctx, 'viewer', input.project)
  const row = await findRollout(readDeployments(ctx), input.project, input.rollout)
  const policy = parseStored<RolloutPolicy>(row.policy)
  const steps = row.previous === null ? 0 : (row.step ?? policy.steps.length - 1) + 1
  const items: ReleaseTest[] = []
  for (let step = 0; step < steps; step++) {
    items.push(...looksOf(await readArrivals(ctx, row, policy, step), policy, step))
  }
  return { items }
}

/** Moments of the losses by side and by the moment at which their labels came. */
async function readArrivals(
  ctx: Context,
  row: RolloutRow,
  policy: RolloutPolicy,
  step: number,
): Promise<LookRow[]> {
  const { project, endpoint, started_at: receivedSince } = row
  return ctx.frames.session(async (session) => {
    if (!(await createRealisedView(ctx, session, { project, endpoint, receivedSince }))) return []
    return session.rows<LookRow>(
      `SELECT received_at AS at, variant, CAST(count(*) AS INTEGER) AS n, avg(loss) AS mean,
         var_pop(loss) * count(*) AS m2
       FROM (SELECT received_at, variant, ${lossSql(policy.metric)} AS loss FROM realised
             WHERE stage = $1 AND received_at <= $2 AND variant IN ('canary', 'champion')
               AND prediction BETWEEN 0 AND 1 AND label IN (0, 1))
       GROUP BY received_at, variant ORDER BY received_at`,
      { parameters: [stageOf({ id: row.id, step }), row.ended_at ?? ctx.clock()] },
    )
  })
}

function looksOf(arrivals: readonly LookRow[], policy: RolloutPolicy, step: number): ReleaseTest[] {
  const looks: ReleaseTest[] = []
  let losses: Losses = { canary: emptyMoments(), champion: emptyMoments() }
  for (const [at, rows] of Map.groupBy(arrivals, (row) => row.at)) {
    for (const { variant, n, mean, m2 } of rows) {
      losses = { ...losses, [variant]: mergeMoments(losses[variant], { n, mean, m2 }) }
    }
    const look = testRelease(losses, policy, step, at)
    looks.push(look)
    if (look.verdict !== 'continue') break
  }
  return thinned(looks)
}

/** Evenly, with the first and the last. */
function thinned(looks: readonly ReleaseTest[]): ReleaseTest[] {
  if (looks.length <= mostLooks) return [...looks]
  const stride = (looks.length - 1) / (mostLooks - 1)
  return Array.from({ length: mostLooks }, (_, i) => looks[Math.round(i * stride)]).filter(
    (look) => look !== undefined,
  )
}
