import type { ChartLine } from '../../parts/line-chart.tsx'
import { drawnValue } from './measured-text.ts'
import type { ChartSeries } from './run-reads.ts'

export type ChartScale = 'step' | 'time'

/** The server's series as lines. Where points were gathered, their true extremes are the band. */
export function chartLines(
  series: readonly ChartSeries[],
  names: Readonly<Record<string, string>>,
  scale: ChartScale,
): ChartLine[] {
  return series.map((each, index) => {
    const gathered = each.counts.some((count) => count > 1)
    return {
      name: names[each.run] ?? each.run,
      color: index,
      x: scale === 'time' ? each.timestamps : each.steps,
      y: each.values.map(drawnValue),
      dots: each.steps.length < 8,
      ...(gathered
        ? { low: each.minimums.map(drawnValue), high: each.maximums.map(drawnValue) }
        : {}),
    }
  })
}
