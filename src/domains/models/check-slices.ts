import type { Estimate, Estimates, EvaluationSlice } from './evaluation.ts'
import type { CheckOf } from './gate-check.ts'
import {
  betterOrWorse,
  championEvidence,
  type GateCase,
  type GateFinding,
  improvement,
  metricOf,
  missing,
} from './gate-evidence.ts'
import { formatCount, formatNumber, metricTitle } from './gate-text.ts'

interface Judged {
  slice: EvaluationSlice
  gain: Estimate
}

/**
 * No slice of enough rows may be worse than the champion by more than the tolerance; without a
 * champion, than the baseline.
 */
export function checkSlices(check: CheckOf<'slices'>, subject: GateCase): GateFinding {
  const { slices } = subject.evaluation
  if (slices.length === 0) {
    return missing(check.check, 'The evaluation has no slices. Evaluate with --slice.')
  }
  const evidence = championEvidence(check.check, subject)
  if (!('passed' in evidence)) {
    return judge(
      check,
      slices,
      (slice) => slice.champion,
      `the champion (version ${evidence.champion})`,
    )
  }
  if (!evidence.passed || evidence.values['champion'] !== null) return evidence
  if (subject.evaluation.baseline === undefined) return evidence
  return judge(check, slices, (slice) => slice.baseline, 'the baseline, for want of a champion')
}

function judge(
  { check, metric, tolerance, minimum_rows }: CheckOf<'slices'>,
  slices: readonly EvaluationSlice[],
  differencesOf: (slice: EvaluationSlice) => Estimates | undefined,
  other: string,
): GateFinding {
  const judged = slices
    .filter((slice) => slice.rows >= minimum_rows)
    .flatMap((slice) => gainOf(slice, metric, differencesOf(slice)))
  const worst = judged.toSorted((a, b) => a.gain.value - b.gain.value)[0]
  if (worst === undefined) {
    return missing(
      check,
      `No slice of at least ${formatCount(minimum_rows)} rows could be compared with ${other} in ${metricTitle(metric)}.`,
    )
  }
  const failed = judged.filter(({ gain }) => gain.value < -tolerance)
  const name = `${worst.slice.by} = ${worst.slice.label}`
  return {
    check,
    passed: failed.length === 0,
    text:
      `${metricTitle(metric)} against ${other} in ${judged.length} slices: ${failed.length === 0 ? 'the least is' : `${failed.length} too bad, worst`} ` +
      `${name} (${formatCount(worst.slice.rows)} rows), ${betterOrWorse(worst.gain)}; worse by ${formatNumber(tolerance)} is allowed.`,
    values: {
      metric,
      tolerance,
      slices: judged.map(({ slice, gain }) => ({
        by: slice.by,
        label: slice.label,
        rows: slice.rows,
        gain: gain.value,
        low: gain.low,
        high: gain.high,
      })),
    },
  }
}

function gainOf(
  slice: EvaluationSlice,
  metric: string,
  differences: Estimates | undefined,
): Judged[] {
  const difference = metricOf(differences, metric)
  return difference === undefined ? [] : [{ slice, gain: improvement(metric, difference) }]
}
