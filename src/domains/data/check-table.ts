import { GyreError } from '#kernel/errors'
import type { Json } from '#kernel/json'
import { parseInstant } from '#kernel/time'
import type { Cell, FrameColumn, FrameSession } from '#ports/frames/frames'
import type { Expectation, ExpectationResult } from './dataset.ts'
import { type MapQuestion, type Question, questionOf } from './expectation-sql.ts'
import { describeResult } from './expectation-sentence.ts'

/** A table that is checked: its rows, and what is known of it without reading them. */
export interface CheckedTable {
  source: string
  rows: number
  columns: readonly FrameColumn[]
  /** Of each file: the columns that it has. */
  fileColumns: readonly (readonly string[])[]
}

type Finding = Pick<ExpectationResult, 'success' | 'result'> & { problem?: string }
type Counts = Record<string, Cell>

const shownValues = 20

/** Checks a table in one pass for all expectations, and one more for each that shows bad values. */
export async function checkTable(
  session: FrameSession,
  table: CheckedTable,
  expectations: readonly Expectation[],
): Promise<ExpectationResult[]> {
  const questions = expectations.map((expectation) =>
    expectation.type.startsWith('expect_table_') || expectation.type === 'expect_column_to_exist'
      ? undefined
      : questionOf(expectation, table.columns),
  )
  const checked = await withoutBadPatterns(session, expectations, questions)
  const counts = await askAll(session, table, checked)
  const results: ExpectationResult[] = []
  for (const [i, expectation] of expectations.entries()) {
    const question = checked[i]
    const finding =
      question === undefined
        ? checkShape(expectation, table)
        : await answer(session, table, expectation, question, counts, i)
    results.push(resultOf(expectation, finding))
  }
  return results
}

/** One pattern that the engine cannot read must not spoil the pass of all others. */
async function withoutBadPatterns(
  session: FrameSession,
  expectations: readonly Expectation[],
  questions: readonly (Question | undefined)[],
): Promise<(Question | undefined)[]> {
  const checked = [...questions]
  for (const [i, expectation] of expectations.entries()) {
    const regex = expectation.kwargs['regex']
    if (typeof regex !== 'string' || checked[i]?.kind !== 'map') continue
    try {
      await session.rows("SELECT regexp_matches('', $1::VARCHAR) AS found", { parameters: [regex] })
    } catch (thrown) {
      if (!(thrown instanceof GyreError) || thrown.code !== 'invalid') throw thrown
      checked[i] = { kind: 'problem', message: thrown.public }
    }
  }
  return checked
}

async function askAll(
  session: FrameSession,
  { source, rows }: CheckedTable,
  questions: readonly (Question | undefined)[],
): Promise<Counts> {
  const items = questions.flatMap((question, i) => itemsOf(question, i))
  if (items.length === 0 || rows === 0) return {}
  const [row] = await session.rows(`SELECT ${items.join(', ')} FROM ${source}`)
  return row ?? {}
}

function itemsOf(question: Question | undefined, i: number): string[] {
  switch (question?.kind) {
    case 'map':
      return [
        `count(${question.value}) AS present${i}`,
        `count_if(${asked(question)}) AS unexpected${i}`,
      ]
    case 'number':
      return [`${question.aggregate} AS observed${i}`]
    case 'quantiles':
      return [`to_json(${question.aggregate})::VARCHAR AS observed${i}`]
    case 'problem':
    case undefined:
      return []
  }
}

function asked({ ofNulls, value, unexpected }: MapQuestion): string {
  return ofNulls ? unexpected : `(${value}) IS NOT NULL AND coalesce(${unexpected}, false)`
}

async function answer(
  session: FrameSession,
  table: CheckedTable,
  expectation: Expectation,
  question: Question,
  counts: Counts,
  i: number,
): Promise<Finding> {
  if (question.kind === 'problem') return { success: false, result: {}, problem: question.message }
  if (question.kind === 'map') {
    const present = (counts[`present${i}`] as number | undefined) ?? 0
    const unexpected =
      question.unique && table.rows > 0
        ? await countRepeated(session, table.source, question)
        : ((counts[`unexpected${i}`] as number | undefined) ?? 0)
    return judgeValues(session, table, expectation, question, present, unexpected)
  }
  const observed = counts[`observed${i}`] ?? null
  // Nothing to measure is nothing wrong, as for expectations about values.
  if (observed === null) return { success: true, result: { observed_value: null } }
  if (question.kind === 'quantiles') return judgeQuantiles(expectation, String(observed))
  return {
    success: isWithin(observed, expectation.kwargs),
    result: { observed_value: observed, element_count: table.rows },
  }
}

async function countRepeated(
  session: FrameSession,
  source: string,
  { value }: MapQuestion,
): Promise<number> {
  const [row] = await session.rows<{ n: number }>(
    `SELECT coalesce(sum(n), 0)::DOUBLE AS n FROM (SELECT count(*) AS n FROM ${source}
       WHERE (${value}) IS NOT NULL GROUP BY (${value}) HAVING count(*) > 1)`,
  )
  return row?.n ?? 0
}

async function judgeValues(
  session: FrameSession,
  table: CheckedTable,
  { kwargs }: Expectation,
  question: MapQuestion,
  present: number,
  unexpected: number,
): Promise<Finding> {
  const { rows } = table
  const judged = question.ofNulls ? rows : present
  const mostly = (kwargs['mostly'] as number | undefined) ?? 1
  const success = judged === 0 || (judged - unexpected) / judged >= mostly
  const percent = judged === 0 ? 0 : (100 * unexpected) / judged
  const examples =
    unexpected === 0 || question.ofNulls ? [] : await readExamples(session, table.source, question)
  return {
    success,
    result: {
      element_count: rows,
      ...(question.ofNulls
        ? {}
        : {
            missing_count: rows - present,
            missing_percent: rows === 0 ? 0 : (100 * (rows - present)) / rows,
          }),
      unexpected_count: unexpected,
      unexpected_percent: percent,
      unexpected_percent_total: rows === 0 ? 0 : (100 * unexpected) / rows,
      unexpected_percent_nonmissing: percent,
      partial_unexpected_list: examples,
    },
  }
}

async function readExamples(
  session: FrameSession,
  source: string,
  question: MapQuestion,
): Promise<Cell[]> {
  const { value, shown } = question
  const where = question.unique
    ? `(${value}) IN (SELECT ${value} FROM ${source} GROUP BY ALL HAVING count(*) > 1)`
    : asked(question)
  const rows = await session.rows<{ v: Cell }>(
    `SELECT ${shown} AS v FROM ${source} WHERE ${where} LIMIT ${shownValues}`,
  )
  return rows.map((row) => row.v)
}

function judgeQuantiles({ kwargs }: Expectation, observed: string): Finding {
  const values = JSON.parse(observed) as number[]
  const { quantiles, value_ranges: ranges } = kwargs['quantile_ranges'] as {
    quantiles: number[]
    value_ranges: [number | null, number | null][]
  }
  const success = ranges.every(([low, high], i) => {
    const value = values[i]
    return value !== undefined && (low === null || value >= low) && (high === null || value <= high)
  })
  return { success, result: { observed_value: { quantiles, values } } }
}

/** Bounds of texts are texts, of times instants. */
function isWithin(observed: Cell, kwargs: Record<string, Json>): boolean {
  if (observed === null) return true
  const { min_value: low, max_value: high } = kwargs
  const bound = (value: Json): Json =>
    typeof observed === 'number' && typeof value === 'string' ? parseInstant(value) : value
  if (low !== null && low !== undefined) {
    const least = bound(low) as Exclude<Cell, null>
    if (kwargs['strict_min'] === true ? observed <= least : observed < least) return false
  }
  if (high !== null && high !== undefined) {
    const most = bound(high) as Exclude<Cell, null>
    if (kwargs['strict_max'] === true ? observed >= most : observed > most) return false
  }
  return true
}

/** What needs no row: counts and names of columns. Every file must have the columns. */
function checkShape({ type, kwargs }: Expectation, table: CheckedTable): Finding {
  const names = table.columns.map((column) => column.name)
  switch (type) {
    case 'expect_table_row_count_to_be_between':
      return { success: isWithin(table.rows, kwargs), result: { observed_value: table.rows } }
    case 'expect_table_row_count_to_equal':
      return { success: table.rows === kwargs['value'], result: { observed_value: table.rows } }
    case 'expect_table_column_count_to_be_between':
      return { success: isWithin(names.length, kwargs), result: { observed_value: names.length } }
    case 'expect_table_column_count_to_equal':
      return { success: names.length === kwargs['value'], result: { observed_value: names.length } }
    case 'expect_table_columns_to_match_set':
      return matchSet(kwargs, table)
    case 'expect_table_columns_to_match_ordered_list': {
      const list = JSON.stringify(kwargs['column_list'])
      const odd = table.fileColumns.find((columns) => JSON.stringify(columns) !== list)
      return { success: odd === undefined, result: { observed_value: [...(odd ?? names)] } }
    }
    default: {
      const column = kwargs['column'] as string
      const index = kwargs['column_index']
      const placed = typeof index !== 'number' || names[index] === column
      const everywhere = table.fileColumns.every((columns) => columns.includes(column))
      return { success: placed && everywhere, result: { observed_value: names } }
    }
  }
}

function matchSet(kwargs: Record<string, Json>, { fileColumns }: CheckedTable): Finding {
  const wanted = new Set(kwargs['column_set'] as string[])
  const exact = kwargs['exact_match'] !== false
  const odd = fileColumns.find(
    (columns) =>
      [...wanted].some((name) => !columns.includes(name)) ||
      (exact && columns.some((name) => !wanted.has(name))),
  )
  return {
    success: odd === undefined,
    result: { observed_value: [...(odd ?? fileColumns[0] ?? [])] },
  }
}

function resultOf(expectation: Expectation, finding: Finding): ExpectationResult {
  const result = {
    success: finding.success,
    expectation_config: expectation,
    result: finding.result,
    exception_info: {
      raised_exception: finding.problem !== undefined,
      exception_message: finding.problem ?? null,
    },
  }
  return { ...result, sentence: describeResult(result) }
}
