import { metricText } from '../../parts/number-text.ts'
import { utcTimeText } from '../../parts/time-text.ts'
import type { ColumnProfile } from './data-reads.ts'

/** A value of a column as its type has it. */
export function valueText({ type }: ColumnProfile, value: ColumnProfile['minimum']): string {
  if (value === null) return '–'
  if (typeof value === 'number') {
    return type === 'timestamp' ? utcTimeText(value) : metricText(value)
  }
  return String(value)
}

/** Mean ± deviation. */
export function meanText({ mean, standardDeviation, type }: ColumnProfile): string {
  if (mean === null || type === 'timestamp') return '–'
  return `${metricText(mean)} ± ${metricText(standardDeviation)}`
}
