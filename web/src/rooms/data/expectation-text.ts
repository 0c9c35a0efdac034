import { metricText } from '../../parts/number-text.ts'

interface Expectation {
  type: string
  kwargs: Readonly<Record<string, unknown>>
}

/** `expect_column_values_to_be_between {column: delay, min_value: 0}` in words. */
export function expectationText({ type, kwargs }: Expectation): string {
  const { column, ...rest } = kwargs
  const words = type
    .replace(/^expect_(column_(values?_)?|table_)?/, '')
    .replace(/^to_/, '')
    .replaceAll('_', ' ')
  const details = Object.entries(rest)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${name.replaceAll('_', ' ')} ${valueText(value)}`)
  const about = typeof column === 'string' ? `${column}: ` : ''
  return `${about}${words}${details.length === 0 ? '' : ` (${details.join(', ')})`}`
}

function valueText(value: unknown): string {
  if (typeof value === 'number') return metricText(value)
  if (Array.isArray(value)) {
    const some = value.slice(0, 5).map(valueText).join(', ')
    return value.length > 5 ? `${some}, …` : some
  }
  return typeof value === 'string' ? value : JSON.stringify(value)
}
