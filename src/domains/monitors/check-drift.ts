import { testRelevantDrift } from '#science/drift'
import { featurePrefix } from '#domains/deployments/index'
import type { ModelProfile } from '#domains/models/index'
import type { DayCounts } from './bucket-sql.ts'
import {
  type ColumnHistograms,
  type MonitorCheck,
  type MonitorSettings,
  predictionColumn,
} from './monitor.ts'

/** Rows below which a distribution says nothing. */
const leastRows = 100

export interface DriftFindings {
  checks: MonitorCheck[]
  histograms: Record<string, ColumnHistograms>
}

interface Side {
  counts: number[]
  blocks: number[][]
}

/**
 * Compares each feature and the predictions with the training data of the version that served: with
 * what was to be expected of the rows, and with how far stretches of the training data that are as
 * long as the window are from the whole of it.
 */
export function checkDrift(
  days: readonly DayCounts[],
  profile: ModelProfile,
  drift: MonitorSettings['drift'],
): DriftFindings {
  const findings: DriftFindings = { checks: [], histograms: {} }
  for (const { name, edges, counts, missing } of profile.features) {
    const reference: Side = {
      counts: [...counts, missing],
      blocks: profile.blocks.map((block) => withMissing(block.features[name] ?? [], block.rows)),
    }
    addColumn(findings, name, edges, reference, currentOf(days, featurePrefix + name), drift)
  }
  const { edges, counts } = profile.predictions
  const reference: Side = {
    counts: withMissing(counts, profile.rows),
    blocks: profile.blocks.map((block) => withMissing(block.predictions, block.rows)),
  }
  addColumn(findings, predictionColumn, edges, reference, currentOf(days, predictionColumn), drift)
  return findings
}

/** Rows without a value are a bucket of their own. */
function withMissing(counts: readonly number[], rows: number): number[] {
  return [...counts, Math.max(0, rows - total(counts))]
}

function currentOf(days: readonly DayCounts[], column: string): Side {
  const blocks = days.map((day) => day.counts[column]).filter((counts) => counts !== undefined)
  const [first = []] = blocks
  return { counts: first.map((_, bin) => total(blocks.map((block) => block[bin] ?? 0))), blocks }
}

function addColumn(
  findings: DriftFindings,
  column: string,
  edges: readonly number[],
  reference: Side,
  current: Side,
  drift: MonitorSettings['drift'],
): void {
  const kind = column === predictionColumn ? 'prediction-drift' : 'input-drift'
  const describe = (counts: readonly number[]) => ({
    rows: total(counts),
    missing: counts.at(-1) ?? 0,
    counts: counts.slice(0, -1),
  })
  findings.histograms[column] = {
    edges: [...edges],
    reference: describe(reference.counts),
    current: describe(current.counts),
  }
  const base = { kind, column, measure: 'Jensen-Shannon distance', level: null } as const
  const none = { size: null, low: null, high: null, threshold: null, p: null, values: {} }
  if (total(current.counts) < leastRows || total(reference.counts) < leastRows) {
    const text = `${column}: there are too few rows to compare.`
    findings.checks.push({ ...base, ...none, verdict: 'undecided', text })
    return
  }
  findings.checks.push({ ...base, ...testColumn(column, reference, current, drift) })
}

function testColumn(
  column: string,
  reference: Side,
  current: Side,
  drift: MonitorSettings['drift'],
): Omit<MonitorCheck, 'kind' | 'column' | 'measure' | 'level'> {
  const threshold = drift?.minimumSize ?? 0.1
  const result = testRelevantDrift({
    reference: reference.counts,
    blocks: current.blocks,
    referenceBlocks: complete(reference) ? reference.blocks : [],
    minimumSize: threshold,
    distance: 'jensen-shannon',
  })
  const { size, lowerBound, upperBound, pValue, usual, autocorrelation } = result
  const habit =
    usual === null ? '' : `; stretches of the training data are usually ${usual.toFixed(3)} away`
  const text = `${column} is at a distance of ${size.toFixed(3)} from the training data, at least ${lowerBound.toFixed(3)}${habit}.`
  const values = { usual, autocorrelation }
  const estimate = { size, low: lowerBound, high: upperBound, values }
  return drift === null
    ? { ...estimate, threshold: null, p: null, verdict: 'not-watched', text }
    : { ...estimate, threshold, p: pValue, verdict: 'ok', text }
}

/** Rows without a time belong to no day; then the days do not add up to all rows. */
function complete({ counts, blocks }: Side): boolean {
  return counts.every((count, bin) => total(blocks.map((block) => block[bin] ?? 0)) === count)
}

function total(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0)
}
