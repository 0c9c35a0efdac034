import { SegmentedControl } from '@mantine/core'
import { type Column, DataTable } from '../../parts/data-table.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { countText, metricText } from '../../parts/number-text.ts'
import { Section } from '../../parts/section.tsx'
import { useUrlText, useUrlWith } from '../../parts/url-state.ts'
import { useShownColumns } from './column-menu.tsx'
import { isMeasured } from './run-columns.ts'
import { type GroupStatistic, type RunGroup, useRunGroups } from './run-reads.ts'

interface GroupTableProps {
  /** As the filter language writes it: `params.depth`. */
  by: string
  experiment: string
  filter: string
}

const statistics: readonly { value: GroupStatistic; label: string }[] = [
  { value: 'last', label: 'Last' },
  { value: 'minimum', label: 'Min' },
  { value: 'maximum', label: 'Max' },
]

/** Groups of runs with mean ± standard deviation of each chosen metric over all runs of the group. */
export function GroupTable({ by, experiment, filter }: GroupTableProps) {
  const [shown] = useShownColumns(experiment)
  const [named, setStatistic] = useUrlText('statistic', 'last')
  const statistic = statistics.find(({ value }) => value === named)?.value ?? 'last'
  const metrics = [...new Set(shown.filter(isMeasured).map(({ key }) => key))]
  const groups = useRunGroups({ experiment, filter }, { by, metrics, statistic })
  const narrowed = useNarrowed(by, filter)
  const title = by.slice(by.indexOf('.') + 1).replaceAll('`', '')
  return (
    <Section
      title={`By ${title}`}
      hint="Mean ± standard deviation over all runs of the group"
      flush
      actions={
        <SegmentedControl
          size="xs"
          aria-label="Which value of each run counts"
          value={statistic}
          onChange={setStatistic}
          data={[...statistics]}
        />
      }
    >
      <Loaded query={groups}>
        {(data) => (
          <DataTable
            label="Groups of runs"
            rows={data.groups}
            rowKey={({ values }) => JSON.stringify(values)}
            rowTo={narrowed}
            columns={[
              {
                id: 'value',
                header: title,
                cell: ({ values: [value] }) => value ?? <span className="faint">without</span>,
              },
              { id: 'runs', header: 'Runs', align: 'end', cell: ({ runs }) => countText(runs) },
              ...metrics.map(metricColumn),
            ]}
          />
        )}
      </Loaded>
    </Section>
  )
}

function metricColumn(key: string): Column<RunGroup> {
  return {
    id: key,
    header: key,
    align: 'end',
    cell: ({ runs, metrics }) => {
      const found = metrics.find((metric) => metric.key === key)
      if (found === undefined || found.mean === null) return <span className="faint">–</span>
      const { count, mean, standardDeviation, minimum, maximum } = found
      const spread = standardDeviation === null ? '' : ` ± ${metricText(standardDeviation)}`
      const of = count === runs ? '' : `, of ${count} runs with a number`
      return (
        <span title={`${metricText(minimum)} to ${metricText(maximum)}${of}`}>
          {metricText(mean)}
          {spread}
        </span>
      )
    },
  }
}

/** A group leads to its runs. */
function useNarrowed(by: string, filter: string): (group: RunGroup) => string {
  const withTexts = useUrlWith()
  return ({ values: [value] }) => {
    const quoted = value?.includes("'") === true ? `"${value}"` : `'${value}'`
    const term = value === null || value === undefined ? `${by} IS NULL` : `${by} = ${quoted}`
    return withTexts({ group: '', filter: filter === '' ? term : `${filter} and ${term}` })
  }
}
