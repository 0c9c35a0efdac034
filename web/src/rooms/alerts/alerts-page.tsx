import { SegmentedControl } from '@mantine/core'
import { DataTable } from '../../parts/data-table.tsx'
import { Empty } from '../../parts/empty.tsx'
import { Instant } from '../../parts/instant.tsx'
import { Figures } from '../../parts/key-values.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { countText } from '../../parts/number-text.ts'
import { Page } from '../../parts/page.tsx'
import { places } from '../../parts/places.ts'
import { Section } from '../../parts/section.tsx'
import { Status } from '../../parts/status.tsx'
import { SubjectLink } from '../../parts/subject-link.tsx'
import { useUrlText } from '../../parts/url-state.ts'
import {
  type Incident,
  type IncidentFilter,
  useIncidentCounts,
  useIncidents,
} from './alert-reads.ts'
import { SeverityMark } from './severity-mark.tsx'

const filters: { value: IncidentFilter; label: string }[] = [
  { value: 'unresolved', label: 'Unresolved' },
  { value: 'resolved', label: 'Resolved' },
  { value: 'all', label: 'All' },
]

/** Incidents: one for each cause, however often it alarmed. */
export function AlertsPage() {
  const [state, setState] = useUrlText('state', 'unresolved')
  const filter = filters.find(({ value }) => value === state)?.value ?? 'unresolved'
  const incidents = useIncidents(filter)
  const counts = useIncidentCounts()
  return (
    <Page title="Alerts">
      <Section title="Now">
        <Loaded query={counts} bones={<div style={{ height: 46 }} />}>
          {(data) => (
            <Figures
              items={[
                ['Open', countText(data.open)],
                ['Acknowledged', countText(data.acknowledged)],
                ['Critical', countText(data.critical)],
                ['Warnings', countText(data.warning)],
                ['Resolved', countText(data.resolved)],
              ]}
            />
          )}
        </Loaded>
      </Section>
      <Section
        title="Incidents"
        hint="One for each cause"
        flush
        actions={
          <SegmentedControl
            size="xs"
            aria-label="State"
            value={filter}
            onChange={setState}
            data={filters}
          />
        }
      >
        <Loaded query={incidents}>
          {({ items }) => <IncidentTable incidents={items} filter={filter} />}
        </Loaded>
      </Section>
    </Page>
  )
}

function IncidentTable({
  incidents,
  filter,
}: {
  incidents: readonly Incident[]
  filter: IncidentFilter
}) {
  return (
    <DataTable
      label="Incidents"
      rows={incidents}
      rowKey={({ id }) => id}
      rowTo={({ id }) => places.incident(id)}
      rowMark={({ state, severity }) =>
        state === 'open' && severity === 'critical' ? 'bad' : undefined
      }
      empty={
        filter === 'unresolved' ? (
          <Empty icon="check" title="Nothing is wrong">
            Alarms of monitors, failed executions and rolled back releases show here.
          </Empty>
        ) : (
          <Empty icon="alerts" title="No incident" />
        )
      }
      columns={[
        { id: 'text', header: 'What', prose: true, cell: ({ text }) => text },
        {
          id: 'severity',
          header: 'Severity',
          cell: ({ severity }) => <SeverityMark severity={severity} />,
        },
        { id: 'state', header: 'State', cell: ({ state }) => <Status state={state} plain /> },
        { id: 'source', header: 'Source', cell: ({ source }) => <SubjectLink subject={source} /> },
        {
          id: 'alarms',
          header: 'Alarms',
          secondary: true,
          align: 'end',
          cell: ({ alarms }) => countText(alarms),
        },
        {
          id: 'opened',
          header: 'Opened',
          secondary: true,
          cell: ({ openedAt }) => <Instant at={openedAt} />,
        },
        {
          id: 'last',
          header: 'Last alarm',
          cell: ({ lastAlarmAt }) => <Instant at={lastAlarmAt} />,
        },
      ]}
    />
  )
}
