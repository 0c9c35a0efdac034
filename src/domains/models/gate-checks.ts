import { checkSlices } from './check-slices.ts'
import type { CheckKind, CheckOf, EvidenceKind } from './gate-check.ts'
import {
  betterOrWorse,
  championEvidence,
  type GateCase,
  type GateFinding,
  improvement,
  metricOf,
  missing,
} from './gate-evidence.ts'
import { formatCount, formatEstimate, formatNumber, metricTitle } from './gate-text.ts'
import { lowerBound } from './one-sided.ts'

type Check<K extends CheckKind> = (check: CheckOf<K>, subject: GateCase) => GateFinding

const checks: { [K in EvidenceKind]: Check<K> } = {
  minimum: (check, subject) => checkLimit(check, subject, 'minimum'),
  maximum: (check, subject) => checkLimit(check, subject, 'maximum'),
  'better-than-baseline': checkBaseline,
  'no-worse-than-champion': checkChampion,
  slices: checkSlices,
  fairness: checkFairness,
  calibration: checkCalibration,
  parity: checkParity,
}

/** Decides one check on the evidence. Pure. */
export function applyCheck(check: CheckOf<EvidenceKind>, subject: GateCase): GateFinding {
  return (checks[check.check] as Check<EvidenceKind>)(check, subject)
}

function checkLimit(
  { check, metric, value }: CheckOf<'minimum'> | CheckOf<'maximum'>,
  { evaluation }: GateCase,
  kind: 'minimum' | 'maximum',
): GateFinding {
  const found = metricOf(evaluation.metrics, metric)
  if (found === undefined) return missing(check, `The evaluation has no ${metricTitle(metric)}.`)
  const passed = kind === 'minimum' ? found.value >= value : found.value <= value
  const verdict = passed ? 'as asked' : 'not enough'
  return {
    check,
    passed,
    text:
      `${metricTitle(metric)} is ${formatEstimate(found)} on ${formatCount(evaluation.data.rows)} rows; ` +
      `at ${kind === 'minimum' ? 'least' : 'most'} ${formatNumber(value)} is asked: ${verdict}.`,
    values: { metric, ...found, limit: value },
  }
}

function checkBaseline(
  { check, metric, confidence }: CheckOf<'better-than-baseline'>,
  { evaluation }: GateCase,
): GateFinding {
  const difference = metricOf(evaluation.baseline?.differences, metric)
  if (difference === undefined) {
    return missing(
      check,
      `The evaluation has no comparison with a baseline in ${metricTitle(metric)}. Evaluate with --baseline.`,
    )
  }
  const gain = improvement(metric, difference)
  const bound = lowerBound(gain, confidence)
  const passed = bound > 0
  return {
    check,
    passed,
    text:
      `${metricTitle(metric)} is ${betterOrWorse(gain)} than the baseline on the same ${formatCount(evaluation.data.rows)} rows: ` +
      `${passed ? 'better' : 'not shown to be better'} at ${confidence * 100} % confidence.`,
    values: { metric, ...difference, bound, confidence },
  }
}

function checkChampion(
  { check, metric, tolerance, confidence }: CheckOf<'no-worse-than-champion'>,
  subject: GateCase,
): GateFinding {
  const evidence = championEvidence(check, subject)
  if ('passed' in evidence) return evidence
  const difference = metricOf(evidence.differences, metric)
  if (difference === undefined) {
    return missing(check, `The comparison with the champion has no ${metricTitle(metric)}.`)
  }
  const gain = improvement(metric, difference)
  const bound = lowerBound(gain, confidence)
  const passed = bound >= -tolerance
  const most = `worse by more than ${formatNumber(tolerance)}`
  return {
    check,
    passed,
    text:
      `${metricTitle(metric)} is ${betterOrWorse(gain)} than the champion (version ${evidence.champion}) on the same ` +
      `${formatCount(subject.evaluation.data.rows)} rows: ${passed ? `not ${most}` : `it may be ${most}`}, at ${confidence * 100} % confidence.`,
    values: { metric, ...difference, bound, tolerance, confidence, champion: evidence.champion },
  }
}

function checkFairness(
  { check, metric, by, maximum }: CheckOf<'fairness'>,
  { evaluation }: GateCase,
): GateFinding {
  const result = evaluation.fairness.find((fairness) => fairness.by === by)
  const value = result?.differences[metric]
  if (result === undefined || value === undefined) {
    return missing(check, `The evaluation has no ${metric} by "${by}". Evaluate with --group.`)
  }
  const passed = value <= maximum
  const groups = result.groups.map((g) => `${g.label} (${formatCount(g.rows)} rows)`).join(', ')
  return {
    check,
    passed,
    text:
      `${metric.replaceAll('_', ' ')} between ${groups} is ${formatNumber(value)}; at most ${formatNumber(maximum)} ` +
      `is allowed: ${passed ? 'within' : 'too much'}.`,
    values: { metric, by, value, maximum, groups: result.groups },
  }
}

function checkCalibration(
  { check, maximum }: CheckOf<'calibration'>,
  { evaluation }: GateCase,
): GateFinding {
  const { error, bins } = evaluation.calibration
  const passed = error <= maximum
  return {
    check,
    passed,
    text:
      `Predicted probabilities are off by ${formatNumber(error)} on average over ${bins.length} groups of rows; ` +
      `at most ${formatNumber(maximum)} is allowed: ${passed ? 'within' : 'too much'}.`,
    values: { error, maximum },
  }
}

function checkParity(
  { check, tolerance }: CheckOf<'parity'>,
  { evaluation }: GateCase,
): GateFinding {
  const { rows, largestDifference } = evaluation.parity
  const passed = rows > 0 && largestDifference <= tolerance
  return {
    check,
    passed,
    text:
      `The stored model repeats the predictions of training on ${formatCount(rows)} rows to ${formatNumber(largestDifference)}; ` +
      `${formatNumber(tolerance)} is allowed: ${passed ? 'the same' : 'not the same model'}.`,
    values: { rows, largestDifference, tolerance },
  }
}
