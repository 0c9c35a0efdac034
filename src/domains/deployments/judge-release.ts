import { jensenShannonDistance } from '#science/distances'
import { meanDifferenceSequence } from '#science/sequential'
import type { RolloutPolicy } from './policy.ts'
import type { Losses, PredictionShape, ServiceSide, Side } from './release-results.ts'
import type { ReleaseGuard, ReleaseTest } from './rollout.ts'

/** Requests, and rows, below which a guard says nothing. */
const leastRequests = 20
const leastRows = 500
/** Predictions that differ so much come from another model or from broken features. */
const largestDistance = 0.6
const largestMissingGap = 0.2
/** Standard errors by which the split of the rows may be off. */
const largestSplitError = 5

/**
 * Compares the losses of the rows that each side served by an interval that may be looked at as often
 * as one likes. Each step has its share of alpha, so that the chance of taking back a version that is
 * no worse stays within alpha over the whole release.
 */
export function testRelease(
  { canary, champion }: Losses,
  policy: RolloutPolicy,
  step: number,
  at: number,
): ReleaseTest {
  const alpha = policy.alpha / Math.max(1, policy.steps.length)
  const { metric, tolerance, minimumRows } = policy
  const { estimate, lower, upper } = meanDifferenceSequence(canary, champion, {
    alpha,
    optimalRows: Math.max(minimumRows * 2, 10_000),
  })
  const enough = canary.n >= minimumRows && champion.n >= minimumRows
  const decided = lower > 0 ? 'worse' : upper < tolerance ? 'better-or-equal' : 'continue'
  return {
    metric,
    step,
    canary: { rows: canary.n, mean: canary.n === 0 ? null : canary.mean },
    champion: { rows: champion.n, mean: champion.n === 0 ? null : champion.mean },
    estimate: finite(estimate),
    lower: finite(lower),
    upper: finite(upper),
    alpha,
    tolerance,
    verdict: enough ? decided : 'continue',
    at,
  }
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null
}

/** What the test says, for people. */
export function testText(test: ReleaseTest, minimumRows: number): string {
  const { canary, champion, metric } = test
  const rows = `${canary.rows.toLocaleString('en-US')} and ${champion.rows.toLocaleString('en-US')} labelled rows`
  if (canary.rows < minimumRows || champion.rows < minimumRows) {
    return `It waits for labels: there are ${rows} of canary and champion, ${minimumRows.toLocaleString('en-US')} of each are needed.`
  }
  const difference = `${metric} of the canary minus the champion is ${digits(test.estimate)}, between ${digits(test.lower)} and ${digits(test.upper)} (${rows})`
  if (test.verdict === 'worse') return `The canary is worse: ${difference}.`
  if (test.verdict === 'better-or-equal') {
    return `The canary is no worse than the tolerance of ${test.tolerance}: ${difference}.`
  }
  return `Undecided: ${difference}; the tolerance is ${test.tolerance}.`
}

function digits(value: number | null): string {
  return value === null ? 'unknown' : value.toFixed(4)
}

/** What does not need labels: failures, latency, missing features, strange predictions. */
export function judgeGuards(
  service: Record<Side, ServiceSide>,
  shapes: Record<Side, PredictionShape>,
  policy: RolloutPolicy,
  features: number,
  share: number,
): ReleaseGuard[] {
  return [
    guardErrors(service, policy),
    guardLatency(service, policy),
    guardMissing(service, features),
    guardDistribution(shapes),
    describeSplit(shapes, share),
  ]
}

function guardErrors(
  { canary, champion }: Record<Side, ServiceSide>,
  policy: RolloutPolicy,
): ReleaseGuard {
  const rate = canary.errors / Math.max(1, canary.requests)
  const other = champion.errors / Math.max(1, champion.requests)
  const ok = canary.requests < leastRequests || rate <= other + policy.maximumErrorRate
  return {
    guard: 'errors',
    ok,
    text: `${canary.errors} of ${canary.requests} requests to the canary failed; of the champion ${champion.errors} of ${champion.requests}.`,
    values: { canary: rate, champion: other, maximumMore: policy.maximumErrorRate },
  }
}

function guardLatency(
  { canary, champion }: Record<Side, ServiceSide>,
  policy: RolloutPolicy,
): ReleaseGuard {
  const slow = canary.p99Ms !== null && canary.p99Ms > policy.maximumLatencyMs
  return {
    guard: 'latency',
    ok: canary.requests < leastRequests || !slow,
    text: `99 % of the requests to the canary took at most ${canary.p99Ms ?? '–'} ms; to the champion ${champion.p99Ms ?? '–'} ms.`,
    values: { canary: canary.p99Ms, champion: champion.p99Ms, maximum: policy.maximumLatencyMs },
  }
}

function guardMissing(
  { canary, champion }: Record<Side, ServiceSide>,
  features: number,
): ReleaseGuard {
  const rate = (side: ServiceSide): number =>
    side.missing / Math.max(1, side.predictions * Math.max(1, features))
  const gap = rate(canary) - rate(champion)
  return {
    guard: 'missing',
    ok: canary.predictions < leastRows || gap <= largestMissingGap,
    text: `${percent(rate(canary))} of the feature values were missing for the canary, ${percent(rate(champion))} for the champion.`,
    values: { canary: rate(canary), champion: rate(champion), maximumMore: largestMissingGap },
  }
}

function guardDistribution({ canary, champion }: Record<Side, PredictionShape>): ReleaseGuard {
  const enough = canary.rows >= leastRows && champion.rows >= leastRows
  const missing = canary.missing / Math.max(1, canary.rows)
  const other = champion.missing / Math.max(1, champion.rows)
  const comparable = canary.rows > canary.missing && champion.rows > champion.missing
  const distance = comparable ? jensenShannonDistance(champion.counts, canary.counts) : null
  const strange = (distance ?? 0) > largestDistance || missing > other + largestMissingGap
  return {
    guard: 'distribution',
    ok: !enough || !strange,
    text: `The predictions of the two are at a Jensen-Shannon distance of ${digits(distance)} (at most ${largestDistance}); ${percent(missing)} of the canary's are no numbers.`,
    values: { distance, maximum: largestDistance, missing, championMissing: other },
  }
}

/** Reported, not acted on: units that make many rows each spread the rows unevenly by themselves. */
function describeSplit(
  { canary, champion }: Record<Side, PredictionShape>,
  share: number,
): ReleaseGuard {
  const rows = canary.rows + champion.rows
  const error = Math.sqrt((share * (1 - share)) / Math.max(1, rows))
  const seen = canary.rows / Math.max(1, rows)
  const off = error === 0 ? 0 : Math.abs(seen - share) / error
  return {
    guard: 'sample-ratio',
    ok: rows < leastRows || off <= largestSplitError,
    text: `The canary had ${percent(seen)} of ${rows.toLocaleString('en-US')} rows; its share is ${percent(share)}.`,
    values: { seen, share, standardErrors: off },
  }
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`
}
