import type { ChartMark } from '../../parts/line-chart.tsx'
import type { MonitorCheck, MonitorWindow } from './monitor-reads.ts'

export interface CoursePoint {
  window: MonitorWindow
  check: MonitorCheck
}

/** One check followed through the windows, oldest first; windows without it are left out. */
export function courseOf(
  windows: readonly MonitorWindow[],
  isIt: (check: MonitorCheck) => boolean,
): CoursePoint[] {
  return windows
    .toSorted((a, b) => a.start - b.start)
    .flatMap((window) => {
      const check = window.checks.find(isIt)
      return check === undefined ? [] : [{ window, check }]
    })
}

/** Windows in which a kind of check raised an alarm; drift covers inputs and predictions. */
export function alarmMarks(
  windows: readonly MonitorWindow[],
  kind: MonitorCheck['kind'] | 'drift',
): ChartMark[] {
  const concerns = (check: MonitorCheck) =>
    kind === 'drift' ? check.kind.endsWith('-drift') : check.kind === kind
  return windows.flatMap((window) => {
    const alarms = window.checks.filter((check) => check.verdict === 'alarm' && concerns(check))
    if (alarms.length === 0) return []
    const names = alarms.map(({ column, kind: each }) => column ?? each)
    return [{ x: window.start, label: `alarm: ${names.join(', ')}`, tone: 'bad' as const }]
  })
}
