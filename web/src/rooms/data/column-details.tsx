import { Anchor } from '../../parts/anchor.tsx'
import { KeyValues } from '../../parts/key-values.tsx'
import { countText, percentText } from '../../parts/number-text.ts'
import { Section } from '../../parts/section.tsx'
import { useUrlWith } from '../../parts/url-state.ts'
import css from './column-details.module.css'
import { meanText, valueText } from './column-text.ts'
import type { ColumnProfile } from './data-reads.ts'
import { histogramBars } from './profile-bars.ts'

/** One column closely: its quantiles, its histogram, its most frequent values. */
export function ColumnDetails({ column }: { column: ColumnProfile }) {
  const withTexts = useUrlWith()
  return (
    <Section title={column.name} actions={<Anchor to={withTexts({ column: '' })}>Close</Anchor>}>
      <div className="columns">
        <div>
          <ColumnFacts column={column} />
        </div>
        {column.top.length > 0 ? <TopValues column={column} /> : <Histogram column={column} />}
      </div>
    </Section>
  )
}

function ColumnFacts({ column }: { column: ColumnProfile }) {
  const { rows, nulls, distinct, quantiles } = column
  return (
    <KeyValues
      items={[
        ['Type', column.type],
        [
          'Missing',
          `${countText(nulls)} of ${countText(rows)} (${percentText(nulls / Math.max(1, rows))})`,
        ],
        ['Distinct', countText(Math.min(distinct, rows))],
        ['Least', valueText(column, column.minimum)],
        ...quantiles.map(
          ({ probability, value }) => [`${probability * 100} %`, valueText(column, value)] as const,
        ),
        ['Most', valueText(column, column.maximum)],
        ['Mean', meanText(column)],
      ]}
    />
  )
}

function Histogram({ column }: { column: ColumnProfile }) {
  const bars = histogramBars(undefined, column)
  if (bars.length === 0) return <p className="quiet">There is nothing to draw of such values.</p>
  const most = Math.max(1, ...bars.map(({ after }) => after))
  return (
    <figure>
      <div className={css['bars']} role="img" aria-label={`Histogram of ${column.name}`}>
        {bars.map(({ label, after }) => (
          <i
            key={label}
            title={`${label}: ${countText(after)}`}
            style={{ height: `${(after / most) * 100}%` }}
          />
        ))}
      </div>
      <figcaption className={css['ends']}>
        <span>{bars[0]?.label}</span>
        <span>{bars.at(-1)?.label}</span>
      </figcaption>
    </figure>
  )
}

const mostShown = 50

function TopValues({ column }: { column: ColumnProfile }) {
  const shown = column.top.slice(0, mostShown)
  const most = Math.max(1, ...shown.map(({ count }) => count))
  const isAll = column.topComplete && column.top.length <= mostShown
  return (
    <div className="stack-tight">
      <p className="quiet">{isAll ? 'All values' : `The ${shown.length} most frequent values`}</p>
      <ul className={css['top']} tabIndex={0} aria-label={`Most frequent values of ${column.name}`}>
        {shown.map(({ value, count }) => (
          <li key={String(value)} className={css['value']}>
            <span title={String(value)}>{String(value)}</span>
            <span className={css['bar']}>
              <i style={{ width: `${(count / most) * 100}%` }} />
            </span>
            <span>{countText(count)}</span>
          </li>
        ))}
      </ul>
    </div>
  )
}
