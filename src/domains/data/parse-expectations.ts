import { parse } from 'yaml'
import { z } from 'zod'
import { GyreError, invalid } from '#kernel/errors'
import type { Json } from '#kernel/json'
import type { Expectation } from './dataset.ts'

const column = z.string().min(1)
const bound = z.union([z.number(), z.string()]).nullable().optional()
const share = z.number().min(0).max(1).optional()
const count = z.int().min(0)
const between = {
  min_value: bound,
  max_value: bound,
  strict_min: z.boolean().optional(),
  strict_max: z.boolean().optional(),
}
const mapped = { column, mostly: share }
const valueSet = z.array(z.union([z.string(), z.number(), z.boolean(), z.null()])).min(1)
const counted = { min_value: count.nullable().optional(), max_value: count.nullable().optional() }

/** What each expectation takes, by Great Expectations' names. */
const arguments_ = {
  expect_table_row_count_to_be_between: z.strictObject({
    ...counted,
    strict_min: between.strict_min,
    strict_max: between.strict_max,
  }),
  expect_table_row_count_to_equal: z.strictObject({ value: count }),
  expect_table_column_count_to_be_between: z.strictObject(counted),
  expect_table_column_count_to_equal: z.strictObject({ value: count }),
  expect_table_columns_to_match_set: z.strictObject({
    column_set: z.array(column).min(1),
    exact_match: z.boolean().optional(),
  }),
  expect_table_columns_to_match_ordered_list: z.strictObject({
    column_list: z.array(column).min(1),
  }),
  expect_column_to_exist: z.strictObject({ column, column_index: count.nullable().optional() }),
  expect_column_values_to_not_be_null: z.strictObject(mapped),
  expect_column_values_to_be_null: z.strictObject(mapped),
  expect_column_values_to_be_between: z.strictObject({ ...mapped, ...between }),
  expect_column_values_to_be_in_set: z.strictObject({ ...mapped, value_set: valueSet }),
  expect_column_values_to_not_be_in_set: z.strictObject({ ...mapped, value_set: valueSet }),
  expect_column_values_to_match_regex: z.strictObject({ ...mapped, regex: z.string().min(1) }),
  expect_column_values_to_not_match_regex: z.strictObject({ ...mapped, regex: z.string().min(1) }),
  expect_column_values_to_be_unique: z.strictObject(mapped),
  expect_column_values_to_be_of_type: z.strictObject({ ...mapped, type_: z.string().min(1) }),
  expect_column_value_lengths_to_be_between: z.strictObject({
    ...mapped,
    ...counted,
    strict_min: between.strict_min,
    strict_max: between.strict_max,
  }),
  expect_column_value_lengths_to_equal: z.strictObject({ ...mapped, value: count }),
  expect_column_mean_to_be_between: z.strictObject({ column, ...between }),
  expect_column_min_to_be_between: z.strictObject({ column, ...between }),
  expect_column_max_to_be_between: z.strictObject({ column, ...between }),
  expect_column_median_to_be_between: z.strictObject({ column, ...between }),
  expect_column_stdev_to_be_between: z.strictObject({ column, ...between }),
  expect_column_sum_to_be_between: z.strictObject({ column, ...between }),
  expect_column_quantile_values_to_be_between: z.strictObject({
    column,
    quantile_ranges: z.strictObject({
      quantiles: z.array(z.number().min(0).max(1)).min(1),
      value_ranges: z.array(z.tuple([z.number().nullable(), z.number().nullable()])).min(1),
    }),
  }),
  expect_column_proportion_of_unique_values_to_be_between: z.strictObject({ column, ...between }),
  expect_column_unique_value_count_to_be_between: z.strictObject({ column, ...between }),
}
export type ExpectationKind = keyof typeof arguments_

/** Great Expectations' own arguments that say how to report; ours is fixed. */
const ignored = ['catch_exceptions', 'result_format', 'meta', 'notes', 'id', 'description']
const ours = ['severity', 'scope']

/**
 * Reads expectations: YAML text, a list, or a suite with `expectations`. Each is
 * `{expect_…: {column: …}}` or `{type: expect_…, kwargs: {…}}`, with `severity: warn | refuse` and
 * `scope: batch | version` beside or among the arguments. Errors: `invalid`, naming the entry.
 */
export function parseExpectations(source: unknown): Expectation[] {
  const value = typeof source === 'string' ? parseYaml(source) : source
  const list =
    isObject(value) && Array.isArray(value['expectations']) ? value['expectations'] : value
  if (list === null || list === undefined) return []
  if (!Array.isArray(list)) throw invalid('Expectations are a list: "- expect_…: {column: …}".')
  return list.map((entry, i) => parseEntry(entry, i + 1))
}

function parseYaml(text: string): unknown {
  try {
    return parse(text)
  } catch (thrown) {
    throw invalid(`The expectations are not valid YAML: ${(thrown as Error).message}`)
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function parseEntry(entry: unknown, number: number): Expectation {
  if (!isObject(entry)) throw invalid(`Expectation ${number} is not a mapping.`)
  const { type, members } = nameAndMembers(entry, number)
  const severity = choice(members, 'severity', ['refuse', 'warn'], type)
  const scope = choice(members, 'scope', ['batch', 'version'], type)
  const kwargs = Object.fromEntries(
    Object.entries(members).filter(([name]) => !ours.includes(name) && !ignored.includes(name)),
  )
  return { type, kwargs: checkArguments(type, kwargs, number), severity, scope }
}

function nameAndMembers(
  entry: Record<string, unknown>,
  number: number,
): { type: ExpectationKind; members: Record<string, unknown> } {
  const named = entry['type'] ?? entry['expectation_type']
  if (typeof named === 'string') {
    const { kwargs = {}, type: _, expectation_type: __, ...beside } = entry
    if (!isObject(kwargs))
      throw invalid(`Expectation ${number} (${named}): kwargs is not a mapping.`)
    return { type: checkKind(named, number), members: { ...kwargs, ...beside } }
  }
  const keys = Object.keys(entry).filter((key) => !ours.includes(key) && !ignored.includes(key))
  const [key] = keys
  if (keys.length !== 1 || key === undefined) {
    throw invalid(
      `Expectation ${number} must name one expectation ("expect_…: {…}"); it has ${keys.length === 0 ? 'none' : keys.join(', ')}.`,
    )
  }
  const { [key]: given, ...beside } = entry
  if (given !== null && !isObject(given)) {
    throw invalid(`Expectation ${number} (${key}): its arguments are not a mapping.`)
  }
  return { type: checkKind(key, number), members: { ...given, ...beside } }
}

function checkKind(name: string, number: number): ExpectationKind {
  if (Object.hasOwn(arguments_, name)) return name as ExpectationKind
  throw invalid(
    `Expectation ${number}: there is no ${JSON.stringify(name.slice(0, 100))} here. There are: ${Object.keys(arguments_).join(', ')}.`,
  )
}

function choice<T extends string>(
  members: Record<string, unknown>,
  name: string,
  allowed: readonly [T, ...T[]],
  type: string,
): T {
  const value = members[name] ?? allowed[0]
  if (allowed.includes(value as T)) return value as T
  throw invalid(`${type}: ${name} is ${JSON.stringify(value)}; it can be ${allowed.join(' or ')}.`)
}

function checkArguments(
  type: ExpectationKind,
  kwargs: Record<string, unknown>,
  number: number,
): Record<string, Json> {
  const parsed = arguments_[type].safeParse(kwargs)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    const place = issue?.path.join('.') ?? ''
    throw new GyreError({
      code: 'invalid',
      public: `Expectation ${number} (${type})${place === '' ? '' : `, ${place}`}: ${issue?.message ?? 'is not valid'}.`,
    })
  }
  const ranges = kwargs['quantile_ranges'] as
    | { quantiles: unknown[]; value_ranges: unknown[] }
    | undefined
  if (ranges !== undefined && ranges.quantiles.length !== ranges.value_ranges.length) {
    throw invalid(`Expectation ${number} (${type}): there must be a range for each quantile.`)
  }
  return parsed.data as Record<string, Json>
}
