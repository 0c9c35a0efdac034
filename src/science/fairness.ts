import { invalid } from '#kernel/errors'
import { normalQuantile } from './special.ts'

/** What a binary decision does to one group. Rates are null when they have no rows. */
export interface GroupRates {
  group: string
  count: number
  /** Rows with label 1. */
  positives: number
  /** Rows with label 0. */
  negatives: number
  /** Share of rows decided 1. */
  selectionRate: number
  /** Share of positives decided 1. */
  truePositiveRate: number | null
  /** Share of negatives decided 1. */
  falsePositiveRate: number | null
}

export interface FairnessOptions {
  /** Groups with fewer rows are left out of the difference. */
  minRows: number
  /** Confidence of the interval, e.g. 0.95. */
  level: number
}

/** Largest gap between groups, with an interval. */
export interface GroupDifference {
  value: number
  lower: number
  upper: number
  /** Of the gap between the two groups that make the value. */
  standardError: number
  /** Group with the largest and with the smallest rate. */
  highest: string
  lowest: string
  /** Which rate has the gap. */
  rate: 'selectionRate' | 'truePositiveRate' | 'falsePositiveRate'
  /** Groups left out, because they have too few rows or no rate. */
  excluded: string[]
}

/**
 * Rates of each group, in order of their names. `labels` and `decisions` are 0 or 1 per row.
 *
 * Errors: `invalid` for lengths that differ or values other than 0 and 1.
 */
export function groupRates(
  labels: Uint8Array,
  decisions: Uint8Array,
  groups: readonly string[],
): GroupRates[] {
  if (labels.length !== decisions.length || labels.length !== groups.length) {
    throw invalid(
      `There are ${labels.length} labels, ${decisions.length} decisions and ${groups.length} groups.`,
    )
  }
  // Per group: rows by label, and rows decided 1 by label.
  const tallies = new Map<string, { rows: [number, number]; selected: [number, number] }>()
  for (const [row, group] of groups.entries()) {
    const label = labels[row]!
    const decision = decisions[row]!
    if (label > 1 || decision > 1) {
      throw invalid(`Row ${row} has label ${label} and decision ${decision}; both must be 0 or 1.`)
    }
    let tally = tallies.get(group)
    if (tally === undefined) {
      tally = { rows: [0, 0], selected: [0, 0] }
      tallies.set(group, tally)
    }
    tally.rows[label]! += 1
    tally.selected[label]! += decision
  }
  return [...tallies]
    .map(([group, { rows, selected }]) => {
      const [negatives, positives] = rows
      const count = negatives + positives
      return {
        group,
        count,
        positives,
        negatives,
        selectionRate: (selected[0] + selected[1]) / count,
        truePositiveRate: positives === 0 ? null : selected[1] / positives,
        falsePositiveRate: negatives === 0 ? null : selected[0] / negatives,
      }
    })
    .sort((a, b) => (a.group < b.group ? -1 : 1))
}

/**
 * Demographic parity difference: largest minus smallest selection rate between groups, as Fairlearn's
 * `demographic_parity_difference`.
 *
 * The interval holds for the largest gap, whichever groups make it: the gap of every pair gets a
 * normal interval with Agresti and Caffo's (2000) pseudo-rows, at a level that is shared among the
 * pairs (Bonferroni); the largest lower and the largest upper bound are those of the maximum. The
 * value itself is biased upwards when groups are small: judge by `lower`.
 *
 * Errors: `invalid` when fewer than two groups have enough rows.
 */
export function demographicParityDifference(
  rates: readonly GroupRates[],
  options: FairnessOptions,
): GroupDifference {
  return largestGap(rates, 'selectionRate', options, 1)
}

/**
 * Equalised odds difference: the larger of the gaps in true and in false positive rates between
 * groups, as Fairlearn's `equalized_odds_difference`; but a group without positives (negatives) has
 * no such rate, not 0, and is left out. Interval and errors as for demographic parity; the level is
 * shared between both rates as well.
 */
export function equalizedOddsDifference(
  rates: readonly GroupRates[],
  options: FairnessOptions,
): GroupDifference {
  const ofPositives = largestGap(rates, 'truePositiveRate', options, 2)
  const ofNegatives = largestGap(rates, 'falsePositiveRate', options, 2)
  const larger = ofPositives.value >= ofNegatives.value ? ofPositives : ofNegatives
  return {
    ...larger,
    lower: Math.max(ofPositives.lower, ofNegatives.lower),
    upper: Math.max(ofPositives.upper, ofNegatives.upper),
  }
}

/** A group's rate, and the center and variance of its interval. */
interface Measured {
  group: string
  rate: number
  center: number
  variance: number
}

function largestGap(
  rates: readonly GroupRates[],
  rate: GroupDifference['rate'],
  { minRows, level }: FairnessOptions,
  families: number,
): GroupDifference {
  if (!(level > 0 && level < 1)) {
    throw invalid(`A confidence level must be between 0 and 1, got ${level}.`)
  }
  const measured = rates
    .filter(({ count }) => count >= minRows)
    .map((group) => measure(group, rate))
    .filter((group) => group !== undefined)
    .sort((a, b) => b.rate - a.rate)
  const [highest] = measured
  const lowest = measured.at(-1)
  if (highest === undefined || lowest === undefined || measured.length < 2) {
    throw invalid(
      `A ${rate} difference needs two groups of ${minRows} rows or more, got ${measured.length}.`,
    )
  }
  const pairs = (measured.length * (measured.length - 1)) / 2
  const z = normalQuantile(1 - (1 - level) / (2 * pairs * families))
  const included = new Set(measured.map(({ group }) => group))
  return {
    value: highest.rate - lowest.rate,
    ...extremeBounds(measured, z),
    standardError: Math.sqrt(highest.variance + lowest.variance),
    highest: highest.group,
    lowest: lowest.group,
    rate,
    excluded: rates.map(({ group }) => group).filter((group) => !included.has(group)),
  }
}

/** Largest lower and largest upper bound over all pairs of groups. */
function extremeBounds(measured: readonly Measured[], z: number): { lower: number; upper: number } {
  let lower = 0
  let upper = 0
  for (const [index, a] of measured.entries()) {
    for (const b of measured.slice(index + 1)) {
      const gap = Math.abs(a.center - b.center)
      const reach = z * Math.sqrt(a.variance + b.variance)
      lower = Math.max(lower, gap - reach)
      upper = Math.max(upper, gap + reach)
    }
  }
  return { lower, upper: Math.min(1, upper) }
}

function measure(rates: GroupRates, rate: GroupDifference['rate']): Measured | undefined {
  const value = rates[rate]
  if (value === null) return undefined
  const rows = rowsOf(rates, rate)
  // One pseudo-row of each outcome: a rate of 0 or 1 in few rows is not certain.
  const center = (value * rows + 1) / (rows + 2)
  const variance = (center * (1 - center)) / (rows + 2)
  return { group: rates.group, rate: value, center, variance }
}

function rowsOf(rates: GroupRates, rate: GroupDifference['rate']): number {
  switch (rate) {
    case 'selectionRate':
      return rates.count
    case 'truePositiveRate':
      return rates.positives
    case 'falsePositiveRate':
      return rates.negatives
  }
}
