import { BoneBlock } from '../../parts/bones.tsx'
import { type HistogramBar, HistogramPair } from '../../parts/histogram-pair.tsx'
import { KeyValues } from '../../parts/key-values.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { countText, metricText, percentText, termText } from '../../parts/number-text.ts'
import { Section } from '../../parts/section.tsx'
import { rangeText } from '../../parts/time-text.ts'
import { useUrlText } from '../../parts/url-state.ts'
import { driftColumn, isDrift } from './check-names.ts'
import { type ColumnComparison, type MonitorWindow, useColumnComparison } from './monitor-reads.ts'

/** Both distributions of a column: the training data and the window. */
export function ColumnDrill({ monitor, window }: { monitor: string; window: MonitorWindow }) {
  const drifts = window.checks.filter(isDrift)
  const first = drifts.toSorted((a, b) => (b.size ?? 0) - (a.size ?? 0))[0]
  const [column] = useUrlText('column', first === undefined ? '' : driftColumn(first))
  const comparison = useColumnComparison(monitor, window.start, column)
  if (column === '') return null
  return (
    <Section
      title={`Distribution of ${column}`}
      hint={`${rangeText(window.start, window.end)} beside the training data`}
    >
      <Loaded query={comparison} bones={<BoneBlock height={230} />}>
        {(data) => (
          <div className="columns columns-wide-left">
            <HistogramPair
              label={`Distribution of ${column} in the training data and in the window`}
              names={[`training data of v${data.version}`, 'this window']}
              bars={barsOf(data)}
              height={190}
            />
            <Numbers comparison={data} />
          </div>
        )}
      </Loaded>
    </Section>
  )
}

function Numbers({ comparison }: { comparison: ColumnComparison }) {
  const { reference, current, check } = comparison
  const missing = ({ rows, missing: count }: typeof reference) =>
    percentText(rows === 0 ? 0 : count / rows)
  return (
    <KeyValues
      items={[
        ['Rows', `${countText(reference.rows)} → ${countText(current.rows)}`],
        ['Missing', `${missing(reference)} → ${missing(current)}`],
        ['Measure', check?.measure ?? '–'],
        ['Size', metricText(check?.size)],
        [
          'Interval',
          check?.low === null || check === null
            ? '–'
            : `${metricText(check.low)} to ${metricText(check.high)}`,
        ],
        [
          'Threshold',
          check?.threshold === null || check === null ? '–' : termText(check.threshold),
        ],
        ['p', metricText(check?.p)],
        ['Alarm below', metricText(check?.level)],
        ['In words', check?.text ?? '–'],
      ]}
    />
  )
}

function barsOf({ edges, reference, current }: ColumnComparison): HistogramBar[] {
  return reference.counts.map((before, index) => ({
    label: bucketText(edges[index - 1], edges[index]),
    before,
    after: current.counts[index] ?? 0,
  }))
}

function bucketText(low: number | undefined, high: number | undefined): string {
  if (low === undefined) return high === undefined ? 'all' : `< ${termText(high, 3)}`
  return high === undefined ? `≥ ${termText(low, 3)}` : `${termText(low, 3)}–${termText(high, 3)}`
}
