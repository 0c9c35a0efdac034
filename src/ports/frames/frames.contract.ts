import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { GyreError } from '#kernel/errors'
import { type Frames, type FrameSession, type InputColumn, quoteName, quoteText } from './frames.ts'

interface Given {
  frames: Frames
  /** For files, which the frames may read and write. */
  directory: string
}

type Session = <T>(work: (session: FrameSession, directory: string) => Promise<T>) => Promise<T>

/** What all frames promise. `open` is given a directory that queries must reach. */
export function runFramesContract(
  name: string,
  open: (directory: string) => Promise<Frames>,
): void {
  describe(`frames on ${name}`, () => {
    let given: Given
    before(async () => {
      const directory = await mkdtemp(join(tmpdir(), 'gyre-frames-'))
      given = { directory, frames: await open(directory) }
    })
    after(async () => {
      await given.frames.close()
      await rm(given.directory, { recursive: true })
    })
    const session: Session = (work) =>
      given.frames.session((opened) => work(opened, given.directory))
    testFiles(session)
    testBadFiles(session)
    testCells(session)
    testNumbers(session)
    testParameters(session)
    testTables(session)
    testExport(session)
    testStopping(session)
    testSessions(session, () => given.frames)
  })
}

function failsWith(code: string, text: RegExp): (thrown: unknown) => boolean {
  return (thrown) => {
    assert.ok(thrown instanceof GyreError, String(thrown))
    assert.equal(thrown.code, code, thrown.public)
    assert.match(thrown.public, text)
    return true
  }
}

const endless =
  'SELECT count(DISTINCT hash(a.range, b.range)) AS n FROM range(100000) AS a, range(100000) AS b'

function testFiles(session: Session): void {
  test('CSV and JSON are read by their names, schemas united', () =>
    session(async (frames, directory) => {
      const [one, two] = [join(directory, 'one.csv'), join(directory, 'two.csv')]
      await writeFile(one, 'a,b\n1,x\n2,y\n')
      await writeFile(two, 'b,c\nz,true\n')
      const rows = await frames.rows(`SELECT * FROM ${frames.scan([one, two])}`)
      assert.deepEqual(rows, [
        { a: 1, b: 'x', c: null },
        { a: 2, b: 'y', c: null },
        { a: null, b: 'z', c: true },
      ])
      const lines = join(directory, 'lines.jsonl')
      await writeFile(lines, '{"a":1,"b":{"c":[1,2]}}\n{"a":2.5}\n')
      assert.deepEqual(await frames.rows(`SELECT * FROM ${frames.scan([lines])}`), [
        { a: 1, b: '{"c":[1,2]}' },
        { a: 2.5, b: null },
      ])
    }))

  test('odd names are names, never patterns or SQL, and directories are no columns', () =>
    session(async (frames, directory) => {
      const folder = join(directory, "year=2001 it's [a]*?")
      await mkdir(folder)
      const path = join(folder, '日本 "x" [1-9]*?.csv')
      await writeFile(path, 'a\n1\n')
      await writeFile(join(folder, '日本 "x" 5 other.csv'), 'a\n2\n')
      assert.deepEqual(await frames.rows(`SELECT * FROM ${frames.scan([path])}`), [{ a: 1 }])
    }))

  test('a format that is said goes before the name, and compression is seen by content', () =>
    session(async (frames, directory) => {
      const path = join(directory, 'blob-without-ending')
      await writeFile(path, gzipSync('a,b\n1,2\n'))
      const rows = await frames.rows(`SELECT * FROM ${frames.scan([path], 'csv')}`)
      assert.deepEqual(rows, [{ a: 1, b: 2 }])
    }))
}

function testBadFiles(session: Session): void {
  test('a file that is not there, or no such file at all, is named', () =>
    session(async (frames, directory) => {
      for (const name of ['none.parquet', 'none.csv', 'none.json']) {
        const query = `SELECT * FROM ${frames.scan([join(directory, name)])}`
        await assert.rejects(frames.rows(query), failsWith('invalid', new RegExp(name)))
      }
      const text = join(directory, 'text.parquet')
      for (const content of ['', 'PAR1 and then nothing of use, but long enough PAR1']) {
        await writeFile(text, content)
        const query = `SELECT * FROM ${frames.scan([text])}`
        await assert.rejects(frames.rows(query), failsWith('invalid', /text\.parquet/))
      }
    }))

  test('a value that does not fit its column is named with its line and file', () =>
    session(async (frames, directory) => {
      const path = join(directory, 'late.csv')
      await writeFile(path, `a,b\n${'1,2\n'.repeat(300_000)}x,3\n`)
      const query = `SELECT sum(a) AS s FROM ${frames.scan([path])}`
      await assert.rejects(frames.rows(query), failsWith('invalid', /300002.*late\.csv/s))
    }))

  test('no files, or files of no known kind, are refused', () =>
    session(async (frames) => {
      assert.throws(() => frames.scan([]), failsWith('invalid', /no file/))
      assert.throws(() => frames.scan(['/x/data.xlsx']), failsWith('invalid', /data\.xlsx/))
    }))
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
        [
          ...['boolean', 'integer', 'integer', 'number', 'number', 'string', 'timestamp'],
          ...['timestamp', 'timestamp', 'timestamp', 'integer', 'other', 'other', 'string'],
          ...['other', 'string'],
        ],
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

function testParameters(session: Session): void {
  test('parameters are values, whatever they hold', () =>
    session(async (frames) => {
      const text = `'; DROP TABLE x; -- " $1 ü`
      const rows = await frames.rows(
        'SELECT $1::VARCHAR AS a, $2 AS b, $3 AS c, $4 AS d, $5::INTEGER AS e, $6 AS f',
        { parameters: [text, 5, 2.5, true, null, -0.5] },
      )
      assert.deepEqual(rows, [{ a: text, b: 5, c: 2.5, d: true, e: null, f: -0.5 }])
      const kept = await frames.rows('SELECT range AS n FROM range(10) WHERE range > $1 LIMIT $2', {
        parameters: [3, 2],
      })
      assert.deepEqual(kept, [{ n: 4 }, { n: 5 }])
    }))

  test('a parameter too few or too many is invalid', () =>
    session(async (frames) => {
      await assert.rejects(
        frames.rows('SELECT $1 AS a, $2 AS b', { parameters: [1] }),
        failsWith('invalid', /parameter/i),
      )
      await assert.rejects(
        frames.rows('SELECT $1 AS a', { parameters: [1, 2] }),
        failsWith('invalid', /parameter/i),
      )
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

function testExport(session: Session): void {
  test('an export is one Parquet file that reads back', () =>
    session(async (frames, directory) => {
      const path = join(directory, "out it's.parquet")
      const sql =
        "SELECT range AS n, TIMESTAMP_MS '2001-01-01' AS at FROM range(5000) WHERE range >= $1"
      assert.equal(await frames.exportParquet(sql, path, { parameters: [10] }), 4990)
      assert.equal((await readFile(path)).toString('latin1', 0, 4), 'PAR1')
      const rows = await frames.rows(
        `SELECT count(*) AS c, min(n) AS n FROM ${frames.scan([path])}`,
      )
      assert.deepEqual(rows, [{ c: 4990, n: 10 }])
      assert.equal(await frames.exportParquet('SELECT 1 AS n WHERE false', path), 0)
      assert.deepEqual(await frames.rows(`SELECT * FROM ${frames.scan([path])}`), [])
    }))

  test('an export that fails leaves what was there, and nothing else', () =>
    session(async (frames, directory) => {
      const folder = join(directory, 'exports')
      await mkdir(folder)
      const path = join(folder, 'kept.parquet')
      await frames.exportParquet('SELECT 1 AS n', path)
      const failing = "SELECT if(range = 90000, error('halfway'), range) AS n FROM range(100000)"
      await assert.rejects(frames.exportParquet(failing, path), failsWith('invalid', /halfway/))
      assert.deepEqual(await readdir(folder), ['kept.parquet'])
      assert.deepEqual(await frames.rows(`SELECT n FROM ${frames.scan([path])}`), [{ n: 1 }])
      const nowhere = join(folder, 'no', 'such.parquet')
      await assert.rejects(frames.exportParquet('SELECT 1 AS n', nowhere))
    }))
}

function testStopping(session: Session): void {
  test('a query that takes too long is interrupted, and the session goes on', () =>
    session(async (frames) => {
      const started = frames.rows(endless, { timeoutMs: 50 })
      await assert.rejects(started, failsWith('unavailable', /50 ms/))
      await assert.rejects(
        frames.numericColumns(endless, { timeoutMs: 50 }),
        failsWith('unavailable', /50 ms/),
      )
      assert.deepEqual(await frames.rows('SELECT 1 AS a', { timeoutMs: 60_000 }), [{ a: 1 }])
    }))

  test('a query whose caller went away is interrupted', () =>
    session(async (frames) => {
      const controller = new AbortController()
      const query = frames.rows(endless, { signal: controller.signal })
      setTimeout(() => controller.abort(), 30)
      await assert.rejects(query, failsWith('unavailable', /interrupted/))
      await assert.rejects(
        frames.rows('SELECT 1 AS a', { signal: AbortSignal.abort() }),
        failsWith('unavailable', /interrupted/),
      )
      assert.deepEqual(await frames.rows('SELECT 1 AS a'), [{ a: 1 }])
    }))

  test('one that is stopped takes no other session with it', () =>
    session(async (frames) => {
      const stopped = frames.rows(endless, { timeoutMs: 60 })
      const other = session((second) => second.rows('SELECT sum(range) AS s FROM range(3000000)'))
      await assert.rejects(stopped, failsWith('unavailable', /60 ms/))
      assert.deepEqual(await other, [{ s: 4_499_998_500_000 }])
    }))
}

function testSessions(session: Session, frames: () => Frames): void {
  test('forty sessions at once all answer', async () => {
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, i) =>
        session(async (one) => {
          await one.createTable('t', [{ name: 'n', type: 'integer', values: [i] }])
          return one.rows('SELECT sum(n) AS n FROM t, range(1000)')
        }),
      ),
    )
    answers.forEach((rows, i) => assert.deepEqual(rows, [{ n: i * 1000 }]))
  })

  test('queries of one session may be asked for at once and come in order', () =>
    session(async (one) => {
      const answers = await Promise.all([
        one.run('CREATE TEMP TABLE t AS SELECT 5 AS n'),
        one.rows('SELECT n FROM t'),
        one.run('UPDATE t SET n = 6'),
        one.rows('SELECT n FROM t'),
      ])
      assert.deepEqual(answers[1], [{ n: 5 }])
      assert.deepEqual(answers[3], [{ n: 6 }])
    }))

  test('a session gives what its work gives, and its errors, and then ends', async () => {
    const mine = new Error('mine')
    await assert.rejects(
      frames().session(() => Promise.reject(mine)),
      (thrown) => thrown === mine,
    )
    const escaped = await frames().session(async (one) => one)
    await assert.rejects(escaped.rows('SELECT 1 AS a'))
  })

  test('quotes', () =>
    session(async (one) => {
      const rows = await one.rows(`SELECT ${quoteText("it's")} AS ${quoteName('a "b"')}`)
      assert.deepEqual(rows, [{ 'a "b"': "it's" }])
    }))
}
