import { DataTable } from '../../parts/data-table.tsx'
import { Empty } from '../../parts/empty.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { countText, percentText } from '../../parts/number-text.ts'
import { Page } from '../../parts/page.tsx'
import { places } from '../../parts/places.ts'
import { Section } from '../../parts/section.tsx'
import { SubjectLink } from '../../parts/subject-link.tsx'
import { rangeText } from '../../parts/time-text.ts'
import { type Monitor, useMonitors } from './monitor-reads.ts'
import { WindowMark } from './window-mark.tsx'
import { WindowStrip } from './window-strip.tsx'

/** All monitors with their last windows. */
export function MonitorsPage() {
  const monitors = useMonitors()
  return (
    <Page title="Monitors">
      <Section title="Monitors" hint="An alarm has a size and a controlled error rate" flush>
        <Loaded query={monitors}>
          {({ items }) => (
            <DataTable
              label="Monitors"
              rows={items}
              rowKey={({ name }) => name}
              rowTo={({ name }) => places.monitor(name)}
              empty={
                <Empty
                  icon="monitors"
                  title="No monitor yet"
                  commands={['gyre apply', 'gyre monitors run']}
                >
                  Declare one under <code>monitors:</code> in <code>gyre.yaml</code>: what to watch,
                  over which window, and how often it may be wrong.
                </Empty>
              }
              columns={[
                { id: 'name', header: 'Name', cell: ({ name }) => name },
                {
                  id: 'endpoint',
                  header: 'Watches',
                  cell: ({ settings }) => <SubjectLink subject={`endpoint:${settings.endpoint}`} />,
                },
                {
                  id: 'state',
                  header: 'Last window',
                  cell: ({ lastWindow }) => <WindowMark window={lastWindow} />,
                },
                { id: 'range', header: 'Event time', cell: rangeOf },
                {
                  id: 'course',
                  header: 'Course',
                  width: '220px',
                  cell: ({ name }) => <WindowStrip monitor={name} />,
                },
                {
                  id: 'windows',
                  header: 'Windows',
                  align: 'end',
                  cell: ({ windows }) => countText(windows),
                },
                {
                  id: 'alarms',
                  header: 'With alarms',
                  align: 'end',
                  cell: ({ alarms }) => countText(alarms),
                },
                {
                  id: 'rate',
                  header: 'False alarms at most',
                  align: 'end',
                  cell: ({ settings }) => percentText(settings.falseAlarmRate, 0),
                },
              ]}
            />
          )}
        </Loaded>
      </Section>
    </Page>
  )
}

function rangeOf({ lastWindow, waiting }: Monitor) {
  if (lastWindow !== null) return rangeText(lastWindow.start, lastWindow.end)
  return <span className="quiet">{waiting?.text ?? 'no window yet'}</span>
}
