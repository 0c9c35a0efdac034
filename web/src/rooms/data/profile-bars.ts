import type { HistogramBar } from '../../parts/histogram-pair.tsx'
import { metricText } from '../../parts/number-text.ts'
import { dayText } from '../../parts/time-text.ts'
import type { ColumnProfile } from './data-reads.ts'

const mostBars = 24

/** Buckets of a column before and after. Edges stay the same between versions. */
export function histogramBars(
  before: ColumnProfile | undefined,
  after: ColumnProfile | undefined,
): HistogramBar[] {
  const profile = after ?? before
  if (profile === undefined) return []
  if (profile.histogram !== null && profile.histogram !== undefined)
    return numberBars(before, after, profile)
  const names = [
    ...new Set([...(after?.top ?? []), ...(before?.top ?? [])].map(({ value }) => String(value))),
  ]
  return names.slice(0, mostBars).map((label) => ({
    label,
    before: countOf(before, label),
    after: countOf(after, label),
  }))
}

function numberBars(
  before: ColumnProfile | undefined,
  after: ColumnProfile | undefined,
  profile: ColumnProfile,
): HistogramBar[] {
  const edges = profile.histogram?.edges ?? []
  const text = profile.type === 'timestamp' ? dayText : metricText
  const [first] = edges
  const last = edges.at(-1)
  const bars = (profile.histogram?.counts ?? []).map((_, index, counts): HistogramBar => {
    const low = edges[index - 1]
    const high = edges[index]
    return {
      label: bucketText(low, high, index, counts.length, text),
      before: before?.histogram?.counts[index] ?? 0,
      after: after?.histogram?.counts[index] ?? 0,
    }
  })
  if (first === undefined || last === undefined) return bars
  const empty = (bar: HistogramBar | undefined) => bar !== undefined && bar.before + bar.after === 0
  return bars.slice(empty(bars[0]) ? 1 : 0, empty(bars.at(-1)) ? -1 : bars.length)
}

function bucketText(
  low: number | undefined,
  high: number | undefined,
  index: number,
  count: number,
  text: (value: number) => string,
): string {
  if (low === undefined) return high === undefined ? 'all' : `below ${text(high)}`
  if (high === undefined || index === count - 1) return `${text(low)} and more`
  return `${text(low)} to ${text(high)}`
}

function countOf(profile: ColumnProfile | undefined, label: string): number {
  return profile?.top.find(({ value }) => String(value) === label)?.count ?? 0
}
