import { useMemo } from 'react'
import { BoneBlock } from '../../parts/bones.tsx'
import { useInSight } from '../../parts/in-sight.ts'
import { type ChartMark, LineChart } from '../../parts/line-chart.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { Section } from '../../parts/section.tsx'
import { chartLines } from './chart-lines.ts'
import { useChartRange, useChartView } from './chart-view.ts'
import { useCharts } from './run-reads.ts'
import css from './run-charts.module.css'

const chartHeight = 200

interface ChartGridProps {
  runs: readonly string[]
  /** Names by run id. */
  names: Readonly<Record<string, string>>
  keys: readonly string[]
  /** At steps. */
  marks?: readonly ChartMark[]
}

/** One chart for each metric; several runs share it. Only what is in sight is read and drawn. */
export function ChartGrid({ runs, names, keys, marks = [] }: ChartGridProps) {
  return (
    <div className={css['grid']}>
      {keys.map((key) => (
        <ChartCard key={key} metric={key} runs={runs} names={names} marks={marks} />
      ))}
    </div>
  )
}

interface ChartCardProps {
  metric: string
  runs: readonly string[]
  names: Readonly<Record<string, string>>
  marks: readonly ChartMark[]
}

function ChartCard(props: ChartCardProps) {
  const [place, isInSight] = useInSight<HTMLDivElement>()
  return (
    <div ref={place}>
      <Section title={props.metric}>
        <div style={{ minHeight: chartHeight }}>
          {isInSight ? <MetricChart {...props} /> : null}
        </div>
      </Section>
    </div>
  )
}

function MetricChart({ metric, runs, names, marks }: ChartCardProps) {
  const { x, logarithmic, smoothing, from, to } = useChartView()
  const setRange = useChartRange()
  const keys = useMemo(() => [metric], [metric])
  const charts = useCharts(runs, keys, { from, to })
  const series = charts.data?.series
  const lines = useMemo(
    () => chartLines(series ?? [], names, { x, smoothing }),
    [series, names, x, smoothing],
  )
  return (
    <Loaded query={charts} bones={<BoneBlock height={chartHeight} />}>
      {() => (
        <LineChart
          label={`${metric} by ${x}`}
          lines={lines}
          x={x === 'time' ? 'time' : 'number'}
          logarithmic={logarithmic}
          legend={lines.length > 1}
          height={chartHeight}
          {...(x === 'step' ? { onZoom: setRange, marks } : {})}
        />
      )}
    </Loaded>
  )
}
