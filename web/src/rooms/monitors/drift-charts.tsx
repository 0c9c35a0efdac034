import { useMemo } from 'react'
import { Anchor } from '../../parts/anchor.tsx'
import { LineChart } from '../../parts/line-chart.tsx'
import { percentText, termText } from '../../parts/number-text.ts'
import { Section } from '../../parts/section.tsx'
import { useUrlWith } from '../../parts/url-state.ts'
import { driftColumn, isDrift } from './check-names.ts'
import css from './drift-charts.module.css'
import type { Monitor, MonitorWindow } from './monitor-reads.ts'
import { useOpenWindow } from './performance-charts.tsx'
import { alarmMarks, courseOf } from './window-course.ts'

/** The size of drift of every column over time, those that moved most first. */
export function DriftCharts({
  monitor,
  windows,
}: {
  monitor: Monitor
  windows: readonly MonitorWindow[]
}) {
  const columns = useMemo(() => columnsOf(windows), [windows])
  const { drift, falseAlarmRate } = monitor.settings
  if (columns.length === 0) return null
  return (
    <Section
      title="Drift"
      hint={
        drift === null
          ? 'Not watched'
          : `${nameOf(drift.distance)} distance to the training data. An alarm must surely exceed ${termText(drift.minimumSize)} and what is usual among weeks of the training data; false alarms at most ${percentText(falseAlarmRate, 0)} over all columns`
      }
    >
      <div className={css['grid']}>
        {columns.map((column) => (
          <DriftChart key={column} column={column} windows={windows} />
        ))}
      </div>
    </Section>
  )
}

function DriftChart({ column, windows }: { column: string; windows: readonly MonitorWindow[] }) {
  const withTexts = useUrlWith()
  const open = useOpenWindow(windows)
  const course = useMemo(
    () => courseOf(windows, (check) => isDrift(check) && driftColumn(check) === column),
    [windows, column],
  )
  const lines = useMemo(
    () => [
      {
        name: column,
        x: course.map(({ window }) => window.start),
        y: course.map(({ check }) => check.size),
        low: course.map(({ check }) => check.low),
        high: course.map(({ check }) => check.high),
        dots: true,
      },
    ],
    [course, column],
  )
  const alarming = course
    .filter(({ check }) => check.verdict === 'alarm')
    .map(({ window }) => window)
  const marks = alarmMarks(alarming, 'drift')
  const threshold = course.at(-1)?.check.threshold
  return (
    <div className={css['cell']}>
      <h3>
        <Anchor to={withTexts({ tab: 'window', column })}>{column}</Anchor>
        {alarming.length === 0 ? null : (
          <span className={css['alarms']}>{alarming.length} alarms</span>
        )}
      </h3>
      <LineChart
        label={`Drift of ${column} by window`}
        x="day"
        lines={lines}
        include={[0]}
        thresholds={
          threshold === null || threshold === undefined ? [] : [{ value: threshold, label: '' }]
        }
        marks={marks}
        onPick={open}
        height={130}
      />
    </div>
  )
}

/** Columns by their largest size, largest first. */
function columnsOf(windows: readonly MonitorWindow[]): string[] {
  const largest = new Map<string, number>([])
  for (const { checks } of windows) {
    for (const check of checks.filter(isDrift)) {
      const column = driftColumn(check)
      largest.set(column, Math.max(largest.get(column) ?? 0, check.size ?? 0))
    }
  }
  return [...largest.entries()].toSorted((a, b) => b[1] - a[1]).map(([column]) => column)
}

function nameOf(distance: string): string {
  return distance.replaceAll(/\b\w/g, (letter) => letter.toUpperCase())
}
