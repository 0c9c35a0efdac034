import { useMemo } from 'react'
import { type ChartLine, LineChart } from '../../parts/line-chart.tsx'
import { metricName } from '../../parts/metric-name.ts'
import { percentText, termText } from '../../parts/number-text.ts'
import { Section } from '../../parts/section.tsx'
import { useUrlWith } from '../../parts/url-state.ts'
import { useGo } from '../../parts/anchor.tsx'
import type { Monitor, MonitorCheck, MonitorWindow } from './monitor-reads.ts'
import { alarmMarks, courseOf } from './window-course.ts'

/** Realised performance and further checks that have one number for each window. */
export function PerformanceCharts({
  monitor,
  windows,
}: {
  monitor: Monitor
  windows: readonly MonitorWindow[]
}) {
  const metric = monitor.settings.performance?.metric ?? 'auc'
  return (
    <div className="columns">
      <Section
        title={`Realised ${metricName(metric)}`}
        hint="Once the labels are known, with 95 % intervals; dashed: at registration"
      >
        <ValueCourse windows={windows} />
      </Section>
      <Section title="Drop against the registration" hint={thresholdHint(monitor)}>
        <SizeCourse windows={windows} kind="performance" label="Drop of the performance" />
      </Section>
    </div>
  )
}

function thresholdHint({ settings }: Monitor): string {
  const drop = settings.performance?.maximumDrop
  const rate = percentText(settings.falseAlarmRate, 0)
  return drop === undefined
    ? ''
    : `Alarm when surely more than ${termText(drop)}; false alarms at most ${rate}`
}

function ValueCourse({ windows }: { windows: readonly MonitorWindow[] }) {
  const open = useOpenWindow(windows)
  const lines = useMemo((): ChartLine[] => {
    const course = courseOf(windows, (check) => check.kind === 'performance')
    const x = course.map(({ window }) => window.start)
    return [
      {
        name: 'realised',
        x,
        y: course.map(({ check }) => numberOf(check, 'value')),
        low: course.map(({ check }) => numberOf(check, 'valueLow') ?? numberOf(check, 'value')),
        high: course.map(({ check }) => numberOf(check, 'valueHigh') ?? numberOf(check, 'value')),
        dots: true,
      },
      {
        name: 'at registration',
        x,
        y: course.map(({ check }) => numberOf(check, 'reference')),
        dashed: true,
        color: 8,
      },
    ]
  }, [windows])
  return (
    <LineChart
      label="Realised performance by window"
      x="day"
      lines={lines}
      marks={alarmMarks(windows, 'performance')}
      onPick={open}
      height={190}
      legend
    />
  )
}

interface SizeCourseProps {
  windows: readonly MonitorWindow[]
  kind: MonitorCheck['kind']
  label: string
}

function SizeCourse({ windows, kind, label }: SizeCourseProps) {
  const open = useOpenWindow(windows)
  const course = useMemo(() => courseOf(windows, (check) => check.kind === kind), [windows, kind])
  const lines = useMemo(
    () => [
      {
        name: label,
        x: course.map(({ window }) => window.start),
        y: course.map(({ check }) => check.size),
        low: course.map(({ check }) => check.low),
        high: course.map(({ check }) => check.high),
        dots: true,
        color: 1,
      },
    ],
    [course, label],
  )
  const threshold = course.at(-1)?.check.threshold
  return (
    <LineChart
      label={label}
      x="day"
      lines={lines}
      include={[0]}
      thresholds={
        threshold === null || threshold === undefined
          ? []
          : [{ value: threshold, label: 'tolerated' }]
      }
      marks={alarmMarks(windows, kind)}
      onPick={open}
      height={214}
    />
  )
}

/** A click on a point leads to its window. */
export function useOpenWindow(windows: readonly MonitorWindow[]): (start: number) => void {
  const go = useGo()
  const withTexts = useUrlWith()
  return (start) => {
    if (windows.some((window) => window.start === start))
      go(withTexts({ tab: 'window', window: String(start) }))
  }
}

function numberOf(check: MonitorCheck, name: string): number | null {
  const value = check.values[name]
  return typeof value === 'number' ? value : null
}
