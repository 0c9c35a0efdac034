import { DataTable } from '../../parts/data-table.tsx'
import { IntervalPlot } from '../../parts/interval-plot.tsx'
import { metricText, percentText } from '../../parts/number-text.ts'
import { Section } from '../../parts/section.tsx'
import { Status } from '../../parts/status.tsx'
import { useUrlWith } from '../../parts/url-state.ts'
import { checkTitle, driftColumn, isDrift } from './check-names.ts'
import css from './check-table.module.css'
import type { MonitorCheck, MonitorWindow } from './monitor-reads.ts'

const looks = {
  ok: { tone: 'good', text: 'ok' },
  alarm: { tone: 'bad', text: 'alarm' },
  undecided: { tone: 'waiting', text: 'undecided' },
  'not-watched': { tone: 'off', text: 'not watched' },
} as const

/** Every check of a window with its size, interval and error level. */
export function CheckTable({ window }: { window: MonitorWindow }) {
  const withTexts = useUrlWith()
  const order = Object.keys(looks)
  const checks = window.checks.toSorted(
    (a, b) => rank(a) - rank(b) || order.indexOf(a.verdict) - order.indexOf(b.verdict),
  )
  return (
    <Section
      title="Checks"
      hint={`This window may spend ${percentText(window.level, 2)} of the false-alarm rate`}
      flush
    >
      <DataTable
        label="Checks of the window"
        rows={checks}
        rowKey={({ kind, column }) => `${kind} ${column ?? ''}`}
        rowTo={(check) => withTexts(isDrift(check) ? { column: driftColumn(check) } : {})}
        rowMark={({ verdict }) => (verdict === 'alarm' ? 'bad' : undefined)}
        columns={[
          { id: 'kind', header: 'Check', cell: nameOf },
          { id: 'verdict', header: 'Verdict', cell: verdictOf },
          {
            id: 'size',
            header: 'Size',
            align: 'end',
            cell: ({ size, measure }) => <span title={measure}>{metricText(size)}</span>,
          },
          {
            id: 'plot',
            header: 'Interval and threshold',
            width: '240px',
            cell: (check) => <CheckPlot check={check} />,
          },
          { id: 'p', header: 'p', align: 'end', cell: evidenceOf },
        ]}
      />
    </Section>
  )
}

function rank({ verdict }: MonitorCheck): number {
  return verdict === 'alarm' ? 0 : 1
}

function nameOf(check: MonitorCheck) {
  return (
    <span className={css['name']}>
      <span>
        {checkTitle(check)}
        {check.column === null ? '' : `: ${check.column}`}
      </span>
      <span className={css['words']}>{check.text}</span>
    </span>
  )
}

function evidenceOf({ p, level }: MonitorCheck) {
  if (p === null) return <span className="faint">not tested</span>
  return (
    <span className={css['evidence']}>
      {metricText(p)}
      {level === null ? null : <span className="quiet">alarm below {metricText(level)}</span>}
    </span>
  )
}

function verdictOf({ verdict }: MonitorCheck) {
  const { tone, text } = looks[verdict]
  return (
    <Status state={verdict} tone={tone} plain>
      {text}
    </Status>
  )
}

function CheckPlot({ check }: { check: MonitorCheck }) {
  if (check.size === null || check.threshold === null) return <span className="faint">–</span>
  return (
    <IntervalPlot
      label={check.measure}
      value={check.size}
      low={check.low ?? undefined}
      high={check.high ?? undefined}
      threshold={check.threshold}
      good="below"
      tone={check.verdict === 'alarm' ? 'bad' : 'plain'}
    />
  )
}
