import { Empty } from '../../parts/empty.tsx'
import type { ChartMark } from '../../parts/line-chart.tsx'
import { useUrlText } from '../../parts/url-state.ts'
import { ChartBar } from './chart-bar.tsx'
import { ChartGrid } from './chart-grid.tsx'
import { byName } from './metric-order.ts'
import type { Run } from './run-reads.ts'

/** Every metric over its steps, live while the run goes on. */
export function RunCharts({ run }: { run: Run }) {
  const [filter, setFilter] = useUrlText('metric')
  const keys = run.metricSummaries
    .filter(({ key, count }) => count > 1 && key.toLowerCase().includes(filter.toLowerCase()))
    .map(({ key }) => key)
    .toSorted(byName)
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
      <ChartGrid
        runs={[run.id]}
        names={{ [run.id]: run.name }}
        keys={keys}
        marks={forkMarks(run)}
      />
    </>
  )
}

/** Where the part ends that it has in common with the run that it continues. */
function forkMarks({ forkedFrom }: Run): ChartMark[] {
  if (forkedFrom === null || forkedFrom.step === null) return []
  return [{ x: forkedFrom.step, label: `shared with ${forkedFrom.name} up to here`, tone: 'plain' }]
}
