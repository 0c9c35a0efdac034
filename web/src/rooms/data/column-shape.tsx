import css from './column-shape.module.css'
import type { ColumnProfile } from './data-reads.ts'
import { histogramBars } from './profile-bars.ts'
import { countText } from '../../parts/number-text.ts'

/** One column's distribution as a small picture. */
export function ColumnShape({ column }: { column: ColumnProfile }) {
  const bars = histogramBars(undefined, column)
  const most = Math.max(1, ...bars.map(({ after }) => after))
  return (
    <div className={css['shape']} role="img" aria-label={`Distribution of ${column.name}`}>
      {bars.map(({ label, after }) => (
        <i
          key={label}
          title={`${label}: ${countText(after)}`}
          style={{ height: `${(after / most) * 100}%` }}
        />
      ))}
    </div>
  )
}
