import { Switch } from '@mantine/core'
import { useMemo } from 'react'
import { Anchor } from '../../parts/anchor.tsx'
import { BoneBlock } from '../../parts/bones.tsx'
import { Empty } from '../../parts/empty.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { Page } from '../../parts/page.tsx'
import { places } from '../../parts/places.ts'
import { Section } from '../../parts/section.tsx'
import { useUrlList, useUrlText } from '../../parts/url-state.ts'
import { ChartBar } from './chart-bar.tsx'
import { ChartGrid } from './chart-grid.tsx'
import { CompareTable } from './compare-table.tsx'
import { byName } from './metric-order.ts'
import { type Run, useRunsById } from './run-reads.ts'

const crumbs = [{ to: places.runs(), label: 'Runs' }]

/** Two to ten runs beside each other: what differs, and their curves on top of each other. */
export function ComparePage() {
  const [ids] = useUrlList('runs')
  const runs = useRunsById(ids.slice(0, 10))
  return (
    <Page title={`Compare ${ids.length} runs`} crumbs={crumbs}>
      {ids.length < 2 ? (
        <Empty icon="compare" title="Choose two runs or more">
          Tick them in the <Anchor to={places.runs()}>table of runs</Anchor>.
        </Empty>
      ) : (
        <Loaded query={runs} bones={<BoneBlock height={500} />}>
          {(data) => <Comparison runs={data} />}
        </Loaded>
      )}
    </Page>
  )
}

function Comparison({ runs }: { runs: readonly Run[] }) {
  const [all, setAll] = useUrlText('all')
  const [filter, setFilter] = useUrlText('metric')
  const names = useMemo(() => namesApart(runs), [runs])
  const keys = drawnKeys(runs).filter((key) => key.toLowerCase().includes(filter.toLowerCase()))
  const onlyDifferent = all === ''
  return (
    <>
      <Section
        title="Differences"
        flush
        actions={
          <Switch
            size="xs"
            label="Show equal ones too"
            checked={!onlyDifferent}
            onChange={(event) => setAll(event.currentTarget.checked ? 'yes' : '')}
          />
        }
      >
        <CompareTable runs={runs} onlyDifferent={onlyDifferent} />
      </Section>
      {drawnKeys(runs).length === 0 ? null : (
        <>
          <ChartBar filter={filter} setFilter={setFilter} />
          <ChartGrid runs={runs.map(({ id }) => id)} names={names} keys={keys} />
        </>
      )}
    </>
  )
}

/** Names by id; equal names get the end of the id. */
function namesApart(runs: readonly Run[]): Record<string, string> {
  const twice = (name: string) => runs.filter((run) => run.name === name).length > 1
  return Object.fromEntries(
    runs.map(({ id, name }) => [id, twice(name) ? `${name} ${id.slice(-4)}` : name]),
  )
}

/** Metrics that at least one of the runs logged more than once. */
function drawnKeys(runs: readonly Run[]): string[] {
  const keys = runs.flatMap((run) => run.metricSummaries.filter(({ count }) => count > 1))
  return [...new Set(keys.map(({ key }) => key))].toSorted(byName)
}
