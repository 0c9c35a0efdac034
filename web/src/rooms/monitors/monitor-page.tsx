import { Button } from '@mantine/core'
import { useParams } from '@tanstack/react-router'
import { BoneBlock } from '../../parts/bones.tsx'
import { useAct } from '../../parts/client.tsx'
import { Empty } from '../../parts/empty.tsx'
import { FailureLine } from '../../parts/failure.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { percentText } from '../../parts/number-text.ts'
import { Page } from '../../parts/page.tsx'
import { PageOf } from '../../parts/page-of.tsx'
import { places } from '../../parts/places.ts'
import { useProject } from '../../parts/project.tsx'
import { SubjectLink } from '../../parts/subject-link.tsx'
import { Tabs, useTab } from '../../parts/tabs.tsx'
import { useUrlText } from '../../parts/url-state.ts'
import { WhyLink } from '../../parts/why-link.tsx'
import { CheckTable } from './check-table.tsx'
import { ColumnDrill } from './column-drill.tsx'
import { DriftCharts } from './drift-charts.tsx'
import { type Monitor, type MonitorWindow, useMonitor, useWindows } from './monitor-reads.ts'
import { MonitorSettings } from './monitor-settings.tsx'
import { PerformanceCharts } from './performance-charts.tsx'
import { WindowMark } from './window-mark.tsx'
import { WindowPicker } from './window-picker.tsx'

const crumbs = [{ to: places.monitors(), label: 'Monitors' }]
const tabs = [
  { id: 'course', label: 'Over time' },
  { id: 'window', label: 'One window' },
  { id: 'settings', label: 'Settings' },
]

/** One monitor: sizes over time, alarms marked, down to both distributions of a column. */
export function MonitorPage() {
  const { monitor: name = '' } = useParams({ strict: false })
  const monitor = useMonitor(name)
  return (
    <PageOf
      query={monitor}
      title={name}
      crumbs={crumbs}
      tabs={<Tabs tabs={tabs} label="Parts of the monitor" />}
    >
      {(data) => <MonitorFrame monitor={data} />}
    </PageOf>
  )
}

function MonitorFrame({ monitor }: { monitor: Monitor }) {
  const windows = useWindows(monitor.name)
  const tab = useTab(tabs)
  const rate = percentText(monitor.settings.falseAlarmRate, 0)
  return (
    <Page
      title={monitor.name}
      crumbs={crumbs}
      beside={<WindowMark window={monitor.lastWindow} />}
      actions={
        <>
          <EvaluateButton monitor={monitor.name} />
          <WhyLink subject={`monitor:${monitor.name}`} />
        </>
      }
      facts={
        <>
          <SubjectLink subject={`endpoint:${monitor.settings.endpoint}`} />
          <span>windows of {monitor.settings.window}</span>
          <span>At most {rate} of calm windows raise a false alarm, over all columns together</span>
          {monitor.waiting === null ? null : <span>{monitor.waiting.text}</span>}
        </>
      }
      tabs={<Tabs tabs={tabs} label="Parts of the monitor" />}
    >
      {tab === 'settings' ? (
        <MonitorSettings monitor={monitor} />
      ) : (
        <Loaded query={windows} bones={<BoneBlock height={420} />}>
          {({ items }) => <Windows monitor={monitor} windows={items} tab={tab} />}
        </Loaded>
      )}
    </Page>
  )
}

interface WindowsProps {
  monitor: Monitor
  windows: readonly MonitorWindow[]
  tab: string
}

function Windows({ monitor, windows, tab }: WindowsProps) {
  const [start] = useUrlText('window')
  const chosen = windows.find((window) => String(window.start) === start) ?? windows[0]
  if (chosen === undefined) {
    return (
      <Empty
        icon="monitors"
        title="No window is evaluated yet"
        commands={[`gyre monitors run ${monitor.name}`]}
      >
        {monitor.waiting?.text ?? 'It waits for predictions.'}
      </Empty>
    )
  }
  if (tab === 'course') {
    return (
      <>
        <PerformanceCharts monitor={monitor} windows={windows} />
        <DriftCharts monitor={monitor} windows={windows} />
      </>
    )
  }
  return (
    <>
      <WindowPicker windows={windows} chosen={chosen} />
      <ColumnDrill monitor={monitor.name} window={chosen} />
      <CheckTable window={chosen} />
    </>
  )
}

function EvaluateButton({ monitor }: { monitor: string }) {
  const project = useProject()
  const evaluate = useAct((client) =>
    client.monitors.evaluateMonitor({ params: { project, monitor }, body: {} }),
  )
  return (
    <>
      <FailureLine error={evaluate.error} />
      <Button
        size="compact-md"
        variant="default"
        loading={evaluate.isPending}
        onClick={() => evaluate.mutate(undefined)}
      >
        Evaluate now
      </Button>
    </>
  )
}
