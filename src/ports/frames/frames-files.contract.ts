import assert from 'node:assert/strict'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { failsWith, type Session } from './frames-session.contract.ts'

/** What frames promise about files, read and written. */
export function testFrameFiles(session: Session): void {
  testFiles(session)
  testBadFiles(session)
  testExport(session)
}

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
