import type { Json } from '#kernel/json'
import {
  type Estimate,
  type Estimates,
  type Evaluation,
  higherIsBetter,
  type MetricName,
} from './evaluation.ts'
import { formatNumber } from './gate-text.ts'
import type { Measured } from './measured.ts'
import type { ModelSignature } from './model.ts'
import type { Review } from './review-version.ts'

export interface GateFinding {
  check: string
  passed: boolean
  /** For people, with the numbers. */
  text: string
  /** The numbers that it was decided on. */
  values: Record<string, Json>
}

/** All that a gate decides on, whatever evidence there is. */
export interface UndecidedCase {
  version: number
  /** Registered file by file with its features; else from where a client of MLflow had logged it. */
  fromFiles: boolean
  signature: ModelSignature
  features: readonly string[]
  createdBy: string
  /** Oldest first. */
  reviews: readonly Review[]
  evaluation: Evaluation | null
  measured: Measured | null
  /** The champion at this moment; null when there is none. */
  champion: Champion | null
}

export interface Champion {
  version: number
  modelSha256: string
  signature: ModelSignature
  measured: Measured | null
}

/** The same, with an evaluation. */
export type GateCase = UndecidedCase & { evaluation: Evaluation }

export function missing(check: string, text: string): GateFinding {
  return { check, passed: false, text, values: {} }
}

/** A metric of an evaluation, which knows a few only. */
export function metricOf(estimates: Estimates | undefined, metric: string): Estimate | undefined {
  return estimates?.[metric as MetricName]
}

/** The difference turned so that more is better. */
export function improvement(metric: string, difference: Estimate): Estimate {
  if (higherIsBetter[metric as MetricName] ?? true) return difference
  const { value, low, high, standardError } = difference
  return { value: -value, low: -high, high: -low, standardError }
}

/** `better by 0.0031 (0.0012 to 0.0050)`, or worse. */
export function betterOrWorse(gain: Estimate): string {
  const { value, low, high } = gain
  const bounds = `(${formatNumber(low)} to ${formatNumber(high)})`
  if (value >= 0) return `better by ${formatNumber(value)} ${bounds}`
  const turned = `(${formatNumber(-high)} to ${formatNumber(-low)})`
  return `worse by ${formatNumber(-value)} ${turned}`
}

/**
 * The evaluation's comparison with the champion of this moment, or the finding that stands in its
 * place: none to compare with, the version itself, or evidence about another champion.
 */
export function championEvidence(
  check: string,
  { evaluation, champion, version }: GateCase,
): { differences: Estimates; champion: number } | GateFinding {
  if (champion === null) {
    return {
      check,
      passed: true,
      text: 'There is no champion to compare with: this would be the first.',
      values: { champion: null },
    }
  }
  if (champion.version === version) {
    return {
      check,
      passed: true,
      text: `Version ${version} is the champion itself.`,
      values: { champion: version },
    }
  }
  const compared = evaluation.champion
  if (compared === undefined) {
    const why = evaluation.championReason === undefined ? '' : ` (${evaluation.championReason})`
    return missing(
      check,
      `The evaluation has no comparison with the champion, version ${champion.version}${why}. Evaluate again with --against.`,
    )
  }
  if (compared.modelSha256 !== champion.modelSha256) {
    return missing(
      check,
      `It was compared with version ${compared.version}, but the champion is version ${champion.version} now. Evaluate again.`,
    )
  }
  return { differences: compared.differences, champion: champion.version }
}
