import type { Estimate } from './evaluation.ts'
import type { CheckOf, EvidenceKind } from './gate-check.ts'
import { betterOrWorse, type GateFinding, missing, type UndecidedCase } from './gate-evidence.ts'
import { formatNumber, metricTitle } from './gate-text.ts'
import type { Measured, MeasuredMetric } from './measured.ts'
import { lowerBound } from './one-sided.ts'

type MeasuredCase = UndecidedCase & { measured: Measured }

/**
 * Decides one check on the metrics that a client of MLflow logged. They are single values: a
 * standard error is known where the client logged one beside the metric, as
 * `<metric>_standard_error`; slices are metrics named `<metric>/<slice>`, and fairness is a metric
 * named `<metric>_<by>`. What cannot be told from them needs an evaluation and fails. Pure.
 */
export function applyMeasuredCheck(
  check: CheckOf<EvidenceKind>,
  subject: MeasuredCase,
): GateFinding {
  switch (check.check) {
    case 'minimum':
      return checkLimit(check, subject, check.metric, check.value, 'least')
    case 'maximum':
      return checkLimit(check, subject, check.metric, check.value, 'most')
    case 'fairness':
      return checkLimit(check, subject, `${check.metric}_${check.by}`, check.maximum, 'most')
    case 'no-worse-than-champion':
      return checkChampion(check, subject)
    case 'slices':
      return checkSlices(check, subject)
    case 'better-than-baseline':
    case 'calibration':
    case 'parity':
      return missing(
        check.check,
        `Logged metrics do not tell about ${check.check.replaceAll('-', ' ')}. Run \`gyre models evaluate\`.`,
      )
  }
}

function checkLimit(
  { check }: { check: string },
  { measured }: MeasuredCase,
  metric: string,
  limit: number,
  most: 'least' | 'most',
): GateFinding {
  const found = valueOf(measured, metric)
  if (found === undefined) return notLogged(check, measured, metric)
  const passed = most === 'least' ? found.value >= limit : found.value <= limit
  return {
    check,
    passed,
    text:
      `${metricTitle(metric)} is ${formatNumber(found.value)} as logged; at ${most} ${formatNumber(limit)} ` +
      `is asked: ${passed ? 'as asked' : 'not enough'}.`,
    values: { metric, value: found.value, limit, source: measured.source },
  }
}

function checkChampion(
  check: CheckOf<'no-worse-than-champion'>,
  subject: MeasuredCase,
): GateFinding {
  const { metric, tolerance, confidence } = check
  const compared = compare(check.check, subject, metric, check.better)
  if ('passed' in compared) return compared
  const { gain, champion } = compared
  const known = gain.standardError > 0
  const bound = known ? lowerBound(gain, confidence) : gain.value
  const passed = bound >= -tolerance
  const limit = `worse by more than ${formatNumber(tolerance)}`
  return {
    check: check.check,
    passed,
    text:
      `${metricTitle(metric)} is ${known ? betterOrWorse(gain) : pointText(gain.value)} than the champion ` +
      `(version ${champion}): ${passed ? `not ${limit}` : `it ${known ? 'may be' : 'is'} ${limit}`}, ` +
      `${known ? `at ${confidence * 100} % confidence` : 'by the values that were logged, which have no interval'}.`,
    values: {
      metric,
      gain: gain.value,
      bound,
      tolerance,
      confidence: known ? confidence : null,
      champion,
    },
  }
}

function checkSlices(check: CheckOf<'slices'>, subject: MeasuredCase): GateFinding {
  const { metric, tolerance } = check
  const { measured, champion, version } = subject
  const prefix = `${metric}/`
  const slices = Object.keys(measured.metrics).filter((key) => key.startsWith(prefix))
  if (slices.length === 0) return notLogged(check.check, measured, `${prefix}<slice>`)
  if (champion === null || champion.version === version)
    return withoutChampion(check.check, subject)
  const compared = slices.map((key) => ({ key, result: compare(check.check, subject, key) }))
  const bad = compared.flatMap(({ key, result }) => {
    if ('passed' in result) return [result.text]
    const { value } = result.gain
    return value < -tolerance ? [`${key.slice(prefix.length)} is ${pointText(value)}`] : []
  })
  return {
    check: check.check,
    passed: bad.length === 0,
    text:
      `${metricTitle(metric)} against the champion (version ${champion.version}) in ${slices.length} slices, worse by ` +
      `${formatNumber(tolerance)} is allowed: ${bad.length === 0 ? 'none is worse than that' : bad.join('; ')}.`,
    values: { metric, tolerance, slices },
  }
}

function compare(
  check: string,
  subject: MeasuredCase,
  metric: string,
  better?: 'higher' | 'lower',
): { gain: Estimate; champion: number } | GateFinding {
  const { measured, champion, version } = subject
  const own = valueOf(measured, metric)
  if (own === undefined) return notLogged(check, measured, metric)
  if (champion === null || champion.version === version) return withoutChampion(check, subject)
  const direction = better ?? directionOf(metric)
  if (direction === undefined) {
    return missing(
      check,
      `It is not known whether more of ${metric} is better. Say so in the gate: better: higher, or lower.`,
    )
  }
  const other = champion.measured === null ? undefined : valueOf(champion.measured, metric)
  if (champion.measured === null || other === undefined) {
    return missing(
      check,
      `The champion, version ${champion.version}, has no logged ${metric} to compare with.`,
    )
  }
  if (own.dataset !== null && other.dataset !== null && own.dataset !== other.dataset) {
    return missing(
      check,
      `${metric} was measured on other data than the champion's (${own.dataset}, not ${other.dataset}). Measure both on the same.`,
    )
  }
  const value = direction === 'higher' ? own.value - other.value : other.value - own.value
  const standardError = errorOf(measured, champion.measured, metric)
  const margin = 1.959_963_984_540_054 * standardError
  const gain = { value, low: value - margin, high: value + margin, standardError }
  return { gain, champion: champion.version }
}

/** Of the difference of two values that were measured independently; 0: not known. */
function errorOf(own: Measured, other: Measured, metric: string): number {
  const [a, b] = [own, other].map((side) => valueOf(side, `${metric}_standard_error`)?.value)
  return a === undefined || b === undefined ? 0 : Math.hypot(a, b)
}

function withoutChampion(check: string, { champion, version }: UndecidedCase): GateFinding {
  const text =
    champion === null
      ? 'There is no champion to compare with: this would be the first.'
      : `Version ${version} is the champion itself.`
  return { check, passed: true, text, values: { champion: champion?.version ?? null } }
}

function valueOf({ metrics }: Measured, metric: string): MeasuredMetric | undefined {
  const found = Object.hasOwn(metrics, metric) ? metrics[metric] : undefined
  return found === undefined || Number.isNaN(found.value) ? undefined : found
}

function notLogged(check: string, measured: Measured, metric: string): GateFinding {
  const there = Object.keys(measured.metrics).slice(0, 10).join(', ')
  return missing(check, `No ${metric} was logged to ${measured.source}; there is ${there}.`)
}

function pointText(gain: number): string {
  return gain >= 0 ? `better by ${formatNumber(gain)}` : `worse by ${formatNumber(-gain)}`
}

const higher =
  /(^|[_\-/. ])(auc|auroc|accuracy|acc|f1|precision|recall|r2|score|ap|ndcg|kappa|mcc)($|[_\-/. ])/i
const lower =
  /(^|[_\-/. ])(loss|error|brier|mse|rmse|mae|mape|logloss|perplexity|wer|cer)($|[_\-/. ])/i

/** By the words in its name: `val_loss`, `test accuracy`. */
function directionOf(metric: string): 'higher' | 'lower' | undefined {
  const [more, less] = [higher.test(metric), lower.test(metric)]
  if (more === less) return undefined
  return more ? 'higher' : 'lower'
}
