import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { openDuckdbFrames } from '#adapters/duckdb/frames'
import type { Json } from '#kernel/json'
import type { Frames } from '#ports/frames/frames'
import { checkTable } from './check-table.ts'
import type { ExpectationResult } from './dataset.ts'
import { parseExpectations } from './parse-expectations.ts'

let directory: string
let frames: Frames

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'gyre-expect-'))
  frames = await openDuckdbFrames({ scratchDirectory: directory })
})
after(async () => {
  await frames.close()
  await rm(directory, { recursive: true })
})

/** Ten rows: n 1 … 8, null, NaN; t a … e twice with one null; day the days of January. */
const table = `(SELECT
    CASE WHEN i < 9 THEN i::DOUBLE WHEN i = 10 THEN 'nan'::DOUBLE END AS n,
    CASE WHEN i < 10 THEN chr(97 + (i % 5)::INTEGER) || repeat('x', (i % 3)::INTEGER) END AS t,
    TIMESTAMP '2001-01-01' + INTERVAL (i) DAY AS day,
    i % 2 = 0 AS flag, i AS id, NULL::INTEGER AS nothing
  FROM range(1, 11) r(i))`

async function check(source: string, expectation: Json): Promise<ExpectationResult> {
  return frames.session(async (session) => {
    const columns = await session.describe(`SELECT * FROM ${source}`)
    const [count] = await session.rows<{ n: number }>(`SELECT count(*) AS n FROM ${source}`)
    const [result] = await checkTable(
      session,
      { source, rows: count!.n, columns, fileColumns: [columns.map(({ name }) => name)] },
      parseExpectations([expectation]),
    )
    return result!
  })
}

const values = (name: string, kwargs: Record<string, Json>) => ({
  [`expect_column_${name}`]: kwargs,
})

describe('checkTable', () => {
  const cases: [label: string, expectation: Json, success: boolean, unexpected?: number][] = [
    ['nulls count', values('values_to_not_be_null', { column: 'n' }), false, 2],
    ['mostly not null', values('values_to_not_be_null', { column: 'n', mostly: 0.8 }), true, 2],
    ['mostly, just not', values('values_to_not_be_null', { column: 'n', mostly: 0.81 }), false, 2],
    ['all null', values('values_to_be_null', { column: 'nothing' }), true, 0],
    ['not all null', values('values_to_be_null', { column: 'n' }), false, 8],
    [
      'between, nulls and NaN excluded',
      values('values_to_be_between', { column: 'n', min_value: 1, max_value: 8 }),
      true,
      0,
    ],
    [
      'between, strict',
      values('values_to_be_between', { column: 'n', min_value: 1, max_value: 8, strict_min: true }),
      false,
      1,
    ],
    ['between, one end', values('values_to_be_between', { column: 'n', max_value: 5 }), false, 3],
    [
      'between times',
      values('values_to_be_between', { column: 'day', min_value: '2001-01-03' }),
      false,
      1,
    ],
    ['between texts', values('values_to_be_between', { column: 't', max_value: 'd' }), false, 3],
    [
      'nothing to judge',
      values('values_to_be_between', { column: 'nothing', max_value: 5 }),
      true,
      0,
    ],
    ['in set', values('values_to_be_in_set', { column: 'id', value_set: [1, 2, 3] }), false, 7],
    [
      'in a set of another kind',
      values('values_to_be_in_set', { column: 'id', value_set: ['1'] }),
      false,
      10,
    ],
    ['not in set', values('values_to_not_be_in_set', { column: 't', value_set: ['z'] }), true, 0],
    [
      'not in set, found',
      values('values_to_not_be_in_set', { column: 't', value_set: ['bx'] }),
      false,
      1,
    ],
    [
      'booleans in set',
      values('values_to_be_in_set', { column: 'flag', value_set: [true] }),
      false,
      5,
    ],
    ['regex', values('values_to_match_regex', { column: 't', regex: '^[a-e]x*$' }), true, 0],
    ['regex, not', values('values_to_not_match_regex', { column: 't', regex: 'x' }), false, 6],
    ['unique', values('values_to_be_unique', { column: 'id' }), true, 0],
    ['not unique', values('values_to_be_unique', { column: 'flag' }), false, 10],
    ['type', values('values_to_be_of_type', { column: 'id', type_: 'int64' }), true, 0],
    ['another type', values('values_to_be_of_type', { column: 'id', type_: 'str' }), false, 10],
    [
      'lengths',
      values('value_lengths_to_be_between', { column: 't', min_value: 1, max_value: 2 }),
      false,
      3,
    ],
    ['length', values('value_lengths_to_equal', { column: 't', value: 1 }), false, 6],
    ['mean', values('mean_to_be_between', { column: 'n', min_value: 4.5, max_value: 4.5 }), true],
    [
      'mean, strict',
      values('mean_to_be_between', { column: 'n', min_value: 4.5, strict_min: true }),
      false,
    ],
    ['minimum', values('min_to_be_between', { column: 'n', min_value: 1, max_value: 1 }), true],
    [
      'maximum of times',
      values('max_to_be_between', { column: 'day', max_value: '2001-01-10' }),
      false,
    ],
    [
      'median',
      values('median_to_be_between', { column: 'id', min_value: 5.5, max_value: 5.5 }),
      true,
    ],
    [
      'standard deviation',
      values('stdev_to_be_between', { column: 'id', min_value: 3.02, max_value: 3.03 }),
      true,
    ],
    ['sum', values('sum_to_be_between', { column: 'id', min_value: 55, max_value: 55 }), true],
    [
      'aggregate of nothing',
      values('mean_to_be_between', { column: 'nothing', min_value: 5 }),
      true,
    ],
    [
      'quantiles',
      values('quantile_values_to_be_between', {
        column: 'id',
        quantile_ranges: {
          quantiles: [0, 0.5],
          value_ranges: [
            [1, 1],
            [5, 6],
          ],
        },
      }),
      true,
    ],
    [
      'quantiles, off',
      values('quantile_values_to_be_between', {
        column: 'id',
        quantile_ranges: { quantiles: [0.5], value_ranges: [[6, null]] },
      }),
      false,
    ],
    [
      'proportion of unique',
      values('proportion_of_unique_values_to_be_between', { column: 'flag', max_value: 0.2 }),
      true,
    ],
    [
      'unique count',
      values('unique_value_count_to_be_between', { column: 'flag', min_value: 3 }),
      false,
    ],
    ['exists', values('to_exist', { column: 'id', column_index: 4 }), true],
    ['exists elsewhere', values('to_exist', { column: 'id', column_index: 0 }), false],
    ['row count', { expect_table_row_count_to_be_between: { min_value: 10, max_value: 10 } }, true],
    ['row count, off', { expect_table_row_count_to_equal: { value: 11 } }, false],
    [
      'columns',
      {
        expect_table_columns_to_match_set: {
          column_set: ['id', 'n', 't', 'day', 'flag', 'nothing'],
        },
      },
      true,
    ],
    ['a column too many', { expect_table_columns_to_match_set: { column_set: ['id'] } }, false],
    [
      'at least a column',
      { expect_table_columns_to_match_set: { column_set: ['id'], exact_match: false } },
      true,
    ],
    [
      'columns in order',
      {
        expect_table_columns_to_match_ordered_list: {
          column_list: ['n', 't', 'day', 'flag', 'id', 'nothing'],
        },
      },
      true,
    ],
    ['column count', { expect_table_column_count_to_equal: { value: 6 } }, true],
  ]
  for (const [label, expectation, success, unexpected] of cases) {
    it(label, async () => {
      const result = await check(table, expectation)
      assert.equal(result.success, success, JSON.stringify(result))
      assert.equal(result.exception_info.raised_exception, false)
      if (unexpected !== undefined) assert.equal(result.result.unexpected_count, unexpected)
    })
  }

  it('counts as Great Expectations does, and shows what was unexpected', async () => {
    const expectation = values('values_to_be_between', { column: 'n', max_value: 6 })
    const { result } = await check(table, expectation)
    assert.deepEqual(result, {
      element_count: 10,
      missing_count: 2,
      missing_percent: 20,
      unexpected_count: 2,
      unexpected_percent: 25,
      unexpected_percent_total: 20,
      unexpected_percent_nonmissing: 25,
      partial_unexpected_list: [7, 8],
    })
  })

  it('finds nothing wrong with no rows', async () => {
    const empty = `(SELECT * FROM ${table} WHERE false)`
    for (const [label, expectation] of cases.slice(0, 36)) {
      const [[name]] = Object.entries(expectation as object) as [[string, unknown]]
      if (name.includes('to_exist')) continue
      assert.equal((await check(empty, expectation)).success, true, label)
    }
  })

  it('says why it cannot check, and checks the others all the same', async () => {
    const problems: [Json, RegExp][] = [
      [values('values_to_be_unique', { column: 'gone' }), /no column "gone"/],
      [values('values_to_match_regex', { column: 'id', regex: 'x' }), /not text/],
      [values('values_to_match_regex', { column: 't', regex: '(' }), /\(/],
      [values('values_to_be_between', { column: 't', max_value: 3 }), /bounds are numbers/],
      [values('mean_to_be_between', { column: 't', max_value: 3 }), /not a number/],
    ]
    for (const [expectation, message] of problems) {
      const result = await check(table, expectation)
      assert.equal(result.success, false)
      assert.match(result.exception_info.exception_message ?? '', message)
    }
  })

  it('takes quotes in values and names for what they are', async () => {
    const source = `(SELECT 'it''s' AS "a ""quoted"" name")`
    const expectation = values('values_to_be_in_set', {
      column: 'a "quoted" name',
      value_set: ["it's"],
    })
    assert.equal((await check(source, expectation)).success, true)
  })
})
