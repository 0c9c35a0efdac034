import { parseInstant } from '#kernel/time'
import { type FrameColumn, quoteName, quoteText } from '#ports/frames/frames'
import type { Json } from '#kernel/json'
import type { Expectation } from './dataset.ts'

/** How an expectation about values is asked of a table. */
export interface MapQuestion {
  kind: 'map'
  /** True for a value that is not as expected; only asked of values that are there. */
  unexpected: string
  value: string
  /** The value as it is shown: a number, a boolean or a text of bounded length. */
  shown: string
  /** Whether nulls are values here. */
  ofNulls: boolean
  /** Rows of values that occur more than once cannot be counted row by row. */
  unique: boolean
}

export interface NumberQuestion {
  kind: 'number'
  /** An aggregate, DOUBLE or VARCHAR. */
  aggregate: string
}

/** Numbers in a list, one per quantile. */
export interface QuantilesQuestion {
  kind: 'quantiles'
  aggregate: string
}

/** Why it cannot be asked, as Great Expectations would raise it. */
export interface Unanswerable {
  kind: 'problem'
  message: string
}

export type Question = MapQuestion | NumberQuestion | QuantilesQuestion | Unanswerable

type Kwargs = Record<string, Json>

/** The question that a column expectation asks; table expectations need none. */
export function questionOf(
  { type, kwargs }: Expectation,
  columns: readonly FrameColumn[],
): Question {
  const name = kwargs['column'] as string
  const column = columns.find((candidate) => candidate.name === name)
  if (column === undefined) {
    return problem(
      `There is no column "${name}". There are: ${columns.map((c) => c.name).join(', ')}.`,
    )
  }
  switch (type) {
    case 'expect_column_values_to_not_be_null':
      return { ...mapOf(column, `${present(column)} IS NULL`), ofNulls: true }
    case 'expect_column_values_to_be_null':
      return { ...mapOf(column, `${present(column)} IS NOT NULL`), ofNulls: true }
    case 'expect_column_values_to_be_between':
      return betweenQuestion(column, kwargs)
    case 'expect_column_values_to_be_in_set':
      return mapOf(column, `NOT coalesce(${inSet(column, kwargs)}, false)`)
    case 'expect_column_values_to_not_be_in_set':
      return mapOf(column, `coalesce(${inSet(column, kwargs)}, false)`)
    case 'expect_column_values_to_match_regex':
      return textual(column, (text) => `NOT regexp_matches(${text}, ${regexOf(kwargs)})`)
    case 'expect_column_values_to_not_match_regex':
      return textual(column, (text) => `regexp_matches(${text}, ${regexOf(kwargs)})`)
    case 'expect_column_values_to_be_unique':
      return { ...mapOf(column, 'false'), unique: true }
    case 'expect_column_values_to_be_of_type':
      return mapOf(column, isOfType(column, kwargs['type_'] as string) ? 'false' : 'true')
    case 'expect_column_value_lengths_to_be_between':
      return textual(column, (text) => outside(`length(${text})`, kwargs, sqlNumber))
    case 'expect_column_value_lengths_to_equal':
      return textual(column, (text) => `length(${text}) <> ${sqlNumber(kwargs['value'] as number)}`)
    default:
      return aggregateQuestion(type, column, kwargs)
  }
}

function problem(message: string): Unanswerable {
  return { kind: 'problem', message }
}

/** The value, a NaN as a value that is not there, as pandas has it. */
function present(column: FrameColumn): string {
  const name = quoteName(column.name)
  if (column.nativeType !== 'DOUBLE' && column.nativeType !== 'FLOAT') return name
  return `CASE WHEN isnan(${name}) THEN NULL ELSE ${name} END`
}

function mapOf(column: FrameColumn, unexpected: string): MapQuestion {
  const value = present(column)
  const number = column.type === 'integer' || column.type === 'number'
  const text = `left((${value})::VARCHAR, 200)`
  const shown = number ? `(${value})::DOUBLE` : column.type === 'boolean' ? value : text
  return { kind: 'map', unexpected, value, shown, ofNulls: false, unique: false }
}

function textual(column: FrameColumn, unexpected: (text: string) => string): Question {
  if (column.type !== 'string') {
    return problem(`Column "${column.name}" is ${column.nativeType}, not text.`)
  }
  return mapOf(column, unexpected(`${quoteName(column.name)}::VARCHAR`))
}

function regexOf(kwargs: Kwargs): string {
  return quoteText(kwargs['regex'] as string)
}

function betweenQuestion(column: FrameColumn, kwargs: Kwargs): Question {
  const bounds = [kwargs['min_value'], kwargs['max_value']].filter(
    (value) => value !== null && value !== undefined,
  )
  const compare = comparable(column, bounds)
  if (typeof compare === 'string') return problem(compare)
  return mapOf(column, outside(compare.sql, kwargs, compare.literal))
}

interface Comparable {
  sql: string
  literal: (value: Json) => string
}

/** How values of a column compare with these bounds; a text says why they do not. */
function comparable(column: FrameColumn, bounds: readonly Json[]): Comparable | string {
  const name = quoteName(column.name)
  const texts = bounds.every((bound) => typeof bound === 'string')
  const numbers = bounds.every((bound) => typeof bound === 'number')
  if (column.type === 'timestamp') {
    return texts || numbers
      ? { sql: `epoch_ms(${name}::TIMESTAMP)`, literal: (value) => sqlNumber(instantOf(value)) }
      : `Column "${column.name}" is a time: give its bounds as 2001-06-30T12:00:00Z.`
  }
  if (column.type === 'integer' || column.type === 'number') {
    return numbers
      ? { sql: present(column), literal: sqlNumber }
      : `Column "${column.name}" is ${column.nativeType}, but its bounds are texts.`
  }
  if (column.type === 'string') {
    return texts
      ? { sql: `${name}::VARCHAR`, literal: (value) => quoteText(value as string) }
      : `Column "${column.name}" is text, but its bounds are numbers.`
  }
  return `Column "${column.name}" is ${column.nativeType}, which has no order.`
}

function instantOf(value: Json): number {
  return typeof value === 'number' ? value : parseInstant(value as string)
}

/** True outside the bounds; bounds that are not given do not count. */
function outside(sql: string, kwargs: Kwargs, literal: (value: never) => string): string {
  const { min_value: low, max_value: high } = kwargs
  const parts: string[] = []
  const write = literal as (value: Json) => string
  if (low !== null && low !== undefined) {
    parts.push(`${sql} ${kwargs['strict_min'] === true ? '<=' : '<'} ${write(low)}`)
  }
  if (high !== null && high !== undefined) {
    parts.push(`${sql} ${kwargs['strict_max'] === true ? '>=' : '>'} ${write(high)}`)
  }
  return parts.length === 0 ? 'false' : `(${parts.join(' OR ')})`
}

function sqlNumber(value: Json): string {
  return `'${value as number}'::DOUBLE`
}

/** Values of another kind than the column's can be in no row. */
function inSet(column: FrameColumn, kwargs: Kwargs): string {
  const set = kwargs['value_set'] as Json[]
  const name = present(column)
  const numeric = column.type === 'integer' || column.type === 'number'
  const wanted = numeric ? 'number' : column.type === 'boolean' ? 'boolean' : 'string'
  const values = set.filter((value) => typeof value === wanted)
  if (values.length === 0) return 'false'
  if (column.type === 'timestamp') {
    const instants = values.map((value) => sqlNumber(instantOf(value)))
    return `epoch_ms(${name}::TIMESTAMP) IN (${instants.join(', ')})`
  }
  const list = values.map((value) =>
    typeof value === 'string'
      ? quoteText(value)
      : typeof value === 'number'
        ? sqlNumber(value)
        : String(value as boolean),
  )
  return `${wanted === 'string' ? `${name}::VARCHAR` : name} IN (${list.join(', ')})`
}

const typeNames: readonly [RegExp, FrameColumn['type']][] = [
  [/^(u?int(eger)?(8|16|32|64)?|(big|small|tiny)int|long|integertype|longtype)$/i, 'integer'],
  [/^(float(16|32|64)?|double|decimal|numeric|number|real|doubletype|floattype)$/i, 'number'],
  [/^(str|string|varchar|text|object|stringtype)$/i, 'string'],
  [/^(bool(ean)?|booleantype)$/i, 'boolean'],
  [/^(datetime(64)?(\[\w+\])?|timestamp|date|timestamptype|datetype)$/i, 'timestamp'],
]

function isOfType(column: FrameColumn, wanted: string): boolean {
  if (wanted.toUpperCase() === column.nativeType.toUpperCase()) return true
  return typeNames.some(([pattern, type]) => type === column.type && pattern.test(wanted))
}

function aggregateQuestion(type: string, column: FrameColumn, kwargs: Kwargs): Question {
  const value = present(column)
  if (type === 'expect_column_proportion_of_unique_values_to_be_between') {
    return { kind: 'number', aggregate: `count(DISTINCT ${value}) / nullif(count(${value}), 0)` }
  }
  if (type === 'expect_column_unique_value_count_to_be_between') {
    return { kind: 'number', aggregate: `count(DISTINCT ${value})` }
  }
  const extreme = /^expect_column_(min|max)_to_be_between$/.exec(type)?.[1]
  if (extreme !== undefined && column.type === 'timestamp') {
    return { kind: 'number', aggregate: `epoch_ms(${extreme}(${value})::TIMESTAMP)` }
  }
  if (extreme !== undefined && column.type === 'string') {
    return { kind: 'number', aggregate: `${extreme}(${value}::VARCHAR)` }
  }
  if (column.type !== 'integer' && column.type !== 'number' && column.type !== 'boolean') {
    return problem(`Column "${column.name}" is ${column.nativeType}, not a number.`)
  }
  const number = `(${value})::DOUBLE`
  if (type === 'expect_column_quantile_values_to_be_between') {
    const { quantiles } = kwargs['quantile_ranges'] as { quantiles: number[] }
    return { kind: 'quantiles', aggregate: `quantile_cont(${number}, [${quantiles.join(', ')}])` }
  }
  const aggregates: Record<string, string> = {
    expect_column_mean_to_be_between: `avg(${number})`,
    expect_column_min_to_be_between: `min(${number})`,
    expect_column_max_to_be_between: `max(${number})`,
    expect_column_median_to_be_between: `median(${number})`,
    expect_column_stdev_to_be_between: `stddev_samp(${number})`,
    expect_column_sum_to_be_between: `sum(${number})`,
  }
  const aggregate = aggregates[type]
  return aggregate === undefined ? problem(`${type} is not known.`) : { kind: 'number', aggregate }
}
