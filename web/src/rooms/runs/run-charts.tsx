import { SegmentedControl } from '@mantine/core'
import { useMemo } from 'react'
import { BoneBlock } from '../../parts/bones.tsx'
import { Empty } from '../../parts/empty.tsx'
import { FilterBox } from '../../parts/filter-box.tsx'
import { LineChart } from '../../parts/line-chart.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { Section } from '../../parts/section.tsx'
import { useUrlText } from '../../parts/url-state.ts'
import { chartLines, type ChartScale } from './chart-lines.ts'
import { type ChartSeries, type Run, useCharts } from './run-reads.ts'
import css from './run-charts.module.css'

const mostCharts = 24

/** Every metric over its steps, live while the run goes on. */
export function RunCharts({ run }: { run: Run }) {
  const [filter, setFilter] = useUrlText('metric')
  const keys = run.metricSummaries
    .filter(({ key, count }) => count > 1 && key.toLowerCase().includes(filter.toLowerCase()))
    .map(({ key }) => key)
  const single = run.metricSummaries.every(({ count }) => count < 2)
  if (single) {
    return (
      <Empty icon="runs" title="Nothing to draw">
        A chart needs a metric with more than one point. Log it with a growing step.
      </Empty>
    )
  }
  return (
    <>
      <ChartBar filter={filter} setFilter={setFilter} />
      <ChartGrid runs={[run.id]} names={{ [run.id]: run.name }} keys={keys.slice(0, mostCharts)} />
    </>
  )
}

export function ChartBar(props: { filter: string; setFilter: (text: string) => void }) {
  const [scale, setScale] = useUrlText('scale', 'linear')
  const [x, setX] = useUrlText('x', 'step')
  return (
    <div className="row">
      <FilterBox
        value={props.filter}
        onChange={props.setFilter}
        label="Filter metrics"
        placeholder="Filter metrics"
        width="240px"
      />
      <SegmentedControl
        size="sm"
        aria-label="Horizontal axis"
        value={x}
        onChange={setX}
        data={[
          { value: 'step', label: 'Step' },
          { value: 'time', label: 'Time' },
        ]}
      />
      <SegmentedControl
        size="sm"
        aria-label="Vertical scale"
        value={scale}
        onChange={setScale}
        data={[
          { value: 'linear', label: 'Linear' },
          { value: 'log', label: 'Log' },
        ]}
      />
    </div>
  )
}

interface ChartGridProps {
  runs: readonly string[]
  /** Names by run id. */
  names: Readonly<Record<string, string>>
  keys: readonly string[]
}

/** One chart for each metric; several runs share it. */
export function ChartGrid({ runs, names, keys }: ChartGridProps) {
  const charts = useCharts(runs, keys)
  return (
    <Loaded query={charts} bones={<BoneBlock height={300} />}>
      {({ series }) => (
        <div className={css['grid']}>
          {keys.map((key) => (
            <MetricChart key={key} metric={key} series={series} names={names} />
          ))}
        </div>
      )}
    </Loaded>
  )
}

interface MetricChartProps {
  metric: string
  series: readonly ChartSeries[]
  names: Readonly<Record<string, string>>
}

function MetricChart({ metric, series, names }: MetricChartProps) {
  const [scale] = useUrlText('scale', 'linear')
  const [x] = useUrlText('x', 'step')
  const kind: ChartScale = x === 'time' ? 'time' : 'step'
  const lines = useMemo(
    () =>
      chartLines(
        series.filter(({ key }) => key === metric),
        names,
        kind,
      ),
    [series, metric, names, kind],
  )
  return (
    <Section title={metric}>
      <LineChart
        label={`${metric} by ${x}`}
        lines={lines}
        x={kind === 'time' ? 'time' : 'number'}
        logarithmic={scale === 'log'}
        legend={lines.length > 1}
        height={200}
      />
    </Section>
  )
}
