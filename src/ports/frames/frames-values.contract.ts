import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type InputColumn, quoteName } from './frames.ts'
import { failsWith, type Session } from './frames-session.contract.ts'

/** What frames promise about values, coming and going. */
export function testFrameValues(session: Session): void {
  testCells(session)
  testNumbers(session)
  testTables(session)
}

function testCells(session: Session): void {
  test('cells of every kind', () =>
    session(async (frames) => {
      const sql = `SELECT true AS flag, 7::TINYINT AS small, 9007199254740991 AS large, 1.25 AS exact,
        0.1::DOUBLE AS real, 'text' AS text, DATE '2001-01-02' AS day,
        TIMESTAMP '2001-01-01 00:00:00.123' AS at, TIMESTAMPTZ '2001-01-01 01:00:00+01' AS zoned,
        TIMESTAMP_NS '2001-01-01' AS nanos, NULL AS nothing, [1, 2] AS list,
        {'a': 'x'} AS nested, 'b'::ENUM('a', 'b') AS kind, TIME '10:00' AS time, '{"a":1}'::JSON AS json`
      assert.deepEqual(await frames.rows(sql), [
        {
          flag: true,
          small: 7,
          large: Number.MAX_SAFE_INTEGER,
          exact: 1.25,
          real: 0.1,
          text: 'text',
          day: Date.UTC(2001, 0, 2),
          at: Date.UTC(2001, 0, 1, 0, 0, 0, 123),
          zoned: Date.UTC(2001, 0, 1),
          nanos: Date.UTC(2001, 0, 1),
          nothing: null,
          list: '[1,2]',
          nested: '{"a":"x"}',
          kind: 'b',
          time: '10:00:00',
          json: '{"a":1}',
        },
      ])
      const columns = await frames.describe(sql)
      assert.deepEqual(
        columns.map((column) => column.type),
        'boolean integer integer number number string timestamp timestamp timestamp timestamp'
          .concat(' integer other other string other string')
          .split(' '),
      )
      assert.deepEqual(columns[2], { name: 'large', type: 'integer', nativeType: 'BIGINT' })
    }))

  test('instants before 1970 and far away', () =>
    session(async (frames) => {
      const sql = `SELECT TIMESTAMP '1969-12-31 23:59:59.999' AS a, DATE '0001-01-01' AS b,
        TIMESTAMP '9999-12-31 23:59:59' AS c`
      assert.deepEqual(await frames.rows(sql), [
        { a: -1, b: Date.parse('0001-01-01'), c: Date.parse('9999-12-31T23:59:59Z') },
      ])
    }))

  test('an integer beyond 2^53 throws rather than be a little off', () =>
    session(async (frames) => {
      for (const value of [
        '9007199254740993',
        '-9007199254740993',
        '170141183460469231731687303715884105727',
      ]) {
        const sql = `SELECT ${value} AS n`
        await assert.rejects(frames.rows(sql), failsWith('invalid', /2\^53/))
        await assert.rejects(frames.numericColumns(sql), failsWith('invalid', /2\^53/))
        assert.deepEqual(await frames.rows(`SELECT (${value})::VARCHAR AS n`), [{ n: value }])
      }
    }))

  test('columns keep order over many chunks, with nulls and unicode', () =>
    session(async (frames) => {
      const { n, text } = await frames.columns(
        `SELECT range AS n, CASE WHEN range % 3 = 0 THEN NULL ELSE 'ü' || range END AS text
         FROM range(10000) ORDER BY range DESC`,
      )
      assert.equal(n?.length, 10_000)
      assert.deepEqual(n?.slice(0, 3), [9999, 9998, 9997])
      assert.deepEqual(text?.slice(0, 3), [null, 'ü9998', 'ü9997'])
    }))

  test('a result without rows has its columns', () =>
    session(async (frames) => {
      const sql = 'SELECT 1 AS a, true AS b WHERE false'
      assert.deepEqual(await frames.rows(sql), [])
      assert.deepEqual(await frames.columns(sql), { a: [], b: [] })
      assert.deepEqual(await frames.numericColumns(sql), {
        a: new Float64Array(0),
        b: new Float64Array(0),
      })
    }))

  test('columns of one name are told apart by number', () =>
    session(async (frames) => {
      assert.deepEqual(await frames.rows('SELECT 1 AS a, 2 AS a'), [{ a: 1, a_1: 2 }])
    }))

  test('a bad query is invalid and says what is wrong', () =>
    session(async (frames) => {
      await assert.rejects(frames.rows('SELEC 1'), failsWith('invalid', /syntax error/))
      await assert.rejects(frames.rows('SELECT nope FROM range(1)'), failsWith('invalid', /nope/))
      await assert.rejects(frames.rows('SELECT * FROM nowhere'), failsWith('invalid', /nowhere/))
      await assert.rejects(frames.rows("SELECT 'x'::INTEGER AS a"), failsWith('invalid', /x/))
    }))

  test('a query may end with a semicolon or a comment', () =>
    session(async (frames) => {
      for (const sql of ['SELECT 1 AS a;', 'SELECT 1 AS a -- done', ' SELECT 1 AS a ; \n']) {
        assert.deepEqual(await frames.rows(sql), [{ a: 1 }])
      }
    }))
}

function testNumbers(session: Session): void {
  test('numeric columns: nulls are NaN, instants milliseconds, flags 0 and 1', () =>
    session(async (frames) => {
      const columns = await frames.numericColumns(
        `SELECT * FROM (VALUES (1, 0.5::DOUBLE, true, TIMESTAMP '2001-01-01', 1.5),
          (NULL, NULL, NULL, NULL, NULL)) AS t(i, x, flag, instant, d)`,
      )
      assert.deepEqual(columns, {
        i: Float64Array.of(1, Number.NaN),
        x: Float64Array.of(0.5, Number.NaN),
        flag: Float64Array.of(1, Number.NaN),
        instant: Float64Array.of(Date.UTC(2001, 0, 1), Number.NaN),
        d: Float64Array.of(1.5, Number.NaN),
      })
    }))

  test('a text among numeric columns is refused by its name', () =>
    session(async (frames) => {
      await assert.rejects(
        frames.numericColumns("SELECT 1 AS a, 'x' AS carrier"),
        failsWith('invalid', /carrier/),
      )
    }))

  test('the order of files and of ORDER BY is kept', () =>
    session(async (frames) => {
      const sql = 'SELECT (range * 7919) % 100003 AS n FROM range(100003) ORDER BY 1'
      const { n } = await frames.numericColumns(sql)
      assert.ok(n?.every((value, i) => value === i))
    }))
}

function testTables(session: Session): void {
  const columns: InputColumn[] = [
    { name: 'flag', type: 'boolean', values: [true, null, false] },
    { name: 'count', type: 'integer', values: [1, null, Number.MAX_SAFE_INTEGER] },
    { name: 'select "x"', type: 'number', values: Float64Array.of(0.5, Number.NaN, -Infinity) },
    { name: 'text', type: 'string', values: ["it's", null, '日本 🛩'] },
    { name: 'at', type: 'timestamp', values: [0, null, -1] },
  ]

  test('a table comes back as it went in, NaN as null', () =>
    session(async (frames) => {
      await frames.createTable('odd "name"', columns)
      const found = await frames.columns(`SELECT * FROM ${quoteName('odd "name"')}`)
      assert.deepEqual(found, {
        flag: [true, null, false],
        count: [1, null, Number.MAX_SAFE_INTEGER],
        'select "x"': [0.5, null, -Infinity],
        text: ["it's", null, '日本 🛩'],
        at: [0, null, -1],
      })
    }))

  test('a hundred thousand rows, and none', () =>
    session(async (frames) => {
      const values = Float64Array.from({ length: 100_000 }, (_, i) => i)
      await frames.createTable('many', [{ name: 'n', type: 'integer', values }])
      const sum = await frames.rows('SELECT count(*) AS rows, sum(n) AS sum FROM many')
      assert.deepEqual(sum, [{ rows: 100_000, sum: 4_999_950_000 }])
      await frames.createTable('none', [{ name: 'n', type: 'integer', values: [] }])
      assert.deepEqual(await frames.rows('SELECT n FROM none'), [])
    }))

  test('a wrong value is named with its column and row, and no table stays', () =>
    session(async (frames) => {
      const wrong: [InputColumn, RegExp][] = [
        [{ name: 'a', type: 'integer', values: [1, 1.5] }, /"a".*1\.5.*row 1/],
        [{ name: 'b', type: 'number', values: ['1'] }, /"b".*"1".*row 0/],
        [{ name: 'c', type: 'string', values: [5] }, /"c".*5.*row 0/],
        [{ name: 'd', type: 'boolean', values: [1] }, /"d".*1.*row 0/],
        [{ name: 'e', type: 'timestamp', values: [9e15] }, /"e".*row 0/],
      ]
      for (const [column, text] of wrong) {
        await assert.rejects(frames.createTable('t', [column]), failsWith('invalid', text))
      }
      await assert.rejects(
        frames.createTable('t', [columns[0]!, { name: 'x', type: 'number', values: [1] }]),
        failsWith('invalid', /differ in length/),
      )
      await assert.rejects(frames.createTable('t', []), failsWith('invalid', /column/))
      await frames.createTable('t', [{ name: 'n', type: 'integer', values: [1] }])
      await assert.rejects(
        frames.createTable('t', [{ name: 'n', type: 'integer', values: [1] }]),
        failsWith('invalid', /already exists/),
      )
    }))

  test('temporary tables and views are shared in a session and vanish with it', async () => {
    await session(async (frames) => {
      await frames.run('CREATE TEMP TABLE mine AS SELECT range AS n FROM range($1)', {
        parameters: [5],
      })
      await frames.run('CREATE TEMP VIEW doubled AS SELECT n * 2 AS n FROM mine')
      await frames.run('INSERT INTO mine VALUES (100); INSERT INTO mine VALUES (200)')
      assert.deepEqual(await frames.rows('SELECT sum(n) AS s FROM doubled'), [{ s: 620 }])
      await session(async (other) => {
        await assert.rejects(other.rows('SELECT * FROM mine'), failsWith('invalid', /mine/))
      })
    })
    await session(async (frames) => {
      await assert.rejects(frames.rows('SELECT * FROM mine'), failsWith('invalid', /mine/))
    })
  })
}
