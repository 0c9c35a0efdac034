import { termText, percentText } from '../../parts/number-text.ts'

interface Expectation {
  type: string
  kwargs: Readonly<Record<string, unknown>>
}

type Arguments = Expectation['kwargs']

/** `expect_column_values_to_be_between {column: delay, min_value: 0, max_value: 9}` as a sentence. */
export function expectationText({ type, kwargs }: Expectation): string {
  const phrase = phrases[type.replace(/^expect_/, '')]
  const text =
    phrase === undefined ? plainText(type, kwargs) : phrase(kwargs, valueText(kwargs['column']))
  const { mostly } = kwargs
  return typeof mostly === 'number' ? `${text}, for at least ${percentText(mostly)}` : text
}

const phrases: Readonly<Record<string, (kwargs: Arguments, column: string) => string>> = {
  column_values_to_not_be_null: (_, column) => `${column} is never missing`,
  column_values_to_be_null: (_, column) => `${column} is always missing`,
  column_values_to_be_between: (kwargs, column) => `${column} is ${rangeText(kwargs)}`,
  column_values_to_match_regex: ({ regex }, column) => `${column} matches ${String(regex)}`,
  column_values_to_not_match_regex: ({ regex }, column) =>
    `${column} never matches ${String(regex)}`,
  column_values_to_be_in_set: ({ value_set }, column) =>
    `${column} is one of ${valueText(value_set)}`,
  column_values_to_be_unique: (_, column) => `${column} is unique`,
  column_values_to_be_of_type: ({ type_ }, column) => `${column} is of type ${String(type_)}`,
  column_to_exist: (_, column) => `there is a column ${column}`,
  column_mean_to_be_between: (kwargs, column) => `the mean of ${column} is ${rangeText(kwargs)}`,
  column_median_to_be_between: (kwargs, column) =>
    `the median of ${column} is ${rangeText(kwargs)}`,
  column_min_to_be_between: (kwargs, column) => `the least ${column} is ${rangeText(kwargs)}`,
  column_max_to_be_between: (kwargs, column) => `the greatest ${column} is ${rangeText(kwargs)}`,
  column_stdev_to_be_between: (kwargs, column) => `the spread of ${column} is ${rangeText(kwargs)}`,
  table_row_count_to_be_between: (kwargs) => `the number of rows is ${rangeText(kwargs)}`,
  table_row_count_to_equal: ({ value }) => `there are ${valueText(value)} rows`,
  table_columns_to_match_set: ({ column_set }) => `the columns are ${valueText(column_set)}`,
  table_columns_to_match_ordered_list: ({ column_list }) =>
    `the columns are ${valueText(column_list)}, in this order`,
}

function rangeText({ min_value: low, max_value: high }: Arguments): string {
  if (low === undefined || low === null) return `at most ${valueText(high)}`
  if (high === undefined || high === null) return `at least ${valueText(low)}`
  return `between ${valueText(low)} and ${valueText(high)}`
}

/** Any other expectation by its own name. */
function plainText(type: string, { column, ...rest }: Arguments): string {
  const words = type.replace(/^expect_(column_(values?_)?|table_)?/, '').replaceAll('_', ' ')
  const details = Object.entries(rest)
    .filter(([name, value]) => value !== null && name !== 'mostly')
    .map(([name, value]) => `${name.replaceAll('_', ' ')} ${valueText(value)}`)
  const about = typeof column === 'string' ? `${column} ` : ''
  return `${about}${words}${details.length === 0 ? '' : ` (${details.join(', ')})`}`
}

function valueText(value: unknown): string {
  if (typeof value === 'number') return termText(value)
  if (Array.isArray(value)) {
    const some = value.slice(0, 8).map(valueText).join(', ')
    return value.length > 8 ? `${some}, …` : some
  }
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
}
