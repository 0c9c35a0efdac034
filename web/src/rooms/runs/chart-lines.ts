import type { ChartLine } from '../../parts/line-chart.tsx'
import type { ChartView } from './chart-view.ts'
import { drawnValue } from './measured-text.ts'
import type { ChartSeries } from './run-reads.ts'

/**
 * The server's series as lines. Where points were gathered, and where the line is smoothed, the true
 * extremes are the band around it.
 */
export function chartLines(
  series: readonly ChartSeries[],
  names: Readonly<Record<string, string>>,
  { x, smoothing }: Pick<ChartView, 'x' | 'smoothing'>,
): ChartLine[] {
  return series.map((each, index) => {
    const banded = smoothing > 0 || each.counts.some((count) => count > 1)
    const values = each.values.map(drawnValue)
    return {
      name: names[each.run] ?? each.run,
      color: index,
      x: placesOf(each, x),
      y: smoothing > 0 ? smoothed(values, smoothing) : values,
      dots: each.steps.length < 8,
      ...(banded
        ? { low: each.minimums.map(drawnValue), high: each.maximums.map(drawnValue) }
        : {}),
    }
  })
}

function placesOf({ steps, timestamps }: ChartSeries, x: ChartView['x']): readonly number[] {
  if (x === 'step') return steps
  if (x === 'time') return timestamps
  const start = timestamps[0] ?? 0
  return timestamps.map((at) => (at - start) / 1000)
}

/**
 * Exponential moving average whose start is not drawn towards zero (bias correction as in Adam,
 * Kingma and Ba 2015, section 3). Gaps stay gaps.
 */
function smoothed(values: readonly (number | null)[], weight: number): (number | null)[] {
  let mean = 0
  let mass = 0
  return values.map((value) => {
    if (value === null) return null
    mean = mean * weight + value * (1 - weight)
    mass = mass * weight + (1 - weight)
    return mean / mass
  })
}
