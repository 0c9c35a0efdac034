import {
  type AddisState,
  benjaminiHochberg,
  nextAddisLevel,
  recordAddis,
} from '#science/error-control'
import type { CheckKind, MonitorCheck } from './monitor.ts'

export interface JudgedWindow {
  checks: MonitorCheck[]
  /** What the window might spend of the false-alarm rate. */
  level: number
  control: AddisState
}

/**
 * Decides all tests of a window at once. Over time the window gets its level from ADDIS, which keeps
 * the share of false alarms among all alarms below the rate however long the monitor runs; within the
 * window Benjamini-Hochberg spreads that level over the columns. The window's own p-value is the
 * smallest that it adjusts (Simes). A window without a test spends nothing.
 */
export function judgeWindow(checks: readonly MonitorCheck[], control: AddisState): JudgedWindow {
  const tested = checks.filter((check) => check.p !== null)
  const level = nextAddisLevel(control)
  if (tested.length === 0) return { checks: [...checks], level, control }
  const { rejected, adjusted } = benjaminiHochberg(
    tested.map((check) => check.p ?? 1),
    level,
  )
  const count = rejected.filter(Boolean).length
  const judged = new Map(
    tested.map((check, i) => {
      const alarm = rejected[i] === true
      // The step of the procedure that this test was, or would next have been, compared with.
      const rank = Math.min(alarm ? count : count + 1, tested.length)
      const verdict: MonitorCheck['verdict'] = alarm ? 'alarm' : 'ok'
      return [check, { ...check, verdict, level: (level * rank) / tested.length }] as const
    }),
  )
  return {
    checks: checks.map((check) => judged.get(check) ?? check),
    level,
    control: recordAddis(control, Math.min(...adjusted), count > 0),
  }
}

/** What a window reports of one kind of trouble, the largest first. */
export interface WindowAlarm {
  kind: CheckKind
  severity: 'warning' | 'critical'
  columns: string[]
  text: string
}

const critical: readonly CheckKind[] = ['performance', 'errors', 'latency']

/** One alarm per kind: its columns have one cause more often than not. */
export function alarmsOf(checks: readonly MonitorCheck[]): WindowAlarm[] {
  const alarming = checks.filter((check) => check.verdict === 'alarm')
  return [...Map.groupBy(alarming, (check) => check.kind)].map(([kind, group]) => {
    const ranked = group.toSorted((a, b) => excess(b) - excess(a))
    return {
      kind,
      severity: critical.includes(kind) ? 'critical' : 'warning',
      columns: ranked.map((check) => check.column).filter((column) => column !== null),
      text: ranked
        .slice(0, 3)
        .map((check) => `${check.text.replace(/\.$/, '')} (${limitText(check)}).`)
        .join(' '),
    }
  })
}

function excess({ size, threshold }: MonitorCheck): number {
  return (size ?? 0) / Math.max(threshold ?? 0, 1e-9)
}

function limitText({ kind, measure, threshold, p, level }: MonitorCheck): string {
  const bound =
    kind === 'label-rate' ? 'at least' : kind === 'performance' ? 'a drop of at most' : 'at most'
  const size = measure === 'seconds' ? `${(threshold ?? 0) / 86_400} days` : (threshold ?? 0)
  const limit = `${bound} ${size} is accepted`
  return p === null || level === null
    ? limit
    : `${limit}; p = ${p.toExponential(1)}, below ${level.toExponential(1)}`
}
