import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { type Frames, quoteName, quoteText } from './frames.ts'
import { testFrameFiles } from './frames-files.contract.ts'
import { failsWith, type Session } from './frames-session.contract.ts'
import { testSandbox } from './frames-sandbox.contract.ts'
import { testFrameValues } from './frames-values.contract.ts'

interface Given {
  frames: Frames
  /** For files, which the frames may read and write. */
  directory: string
}

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
    testFrameFiles(session)
    testFrameValues(session)
    testParameters(session)
    testStopping(session)
    testSessions(session, () => given.frames)
    testSandbox(() => given.frames)
  })
}

const endless =
  'SELECT count(DISTINCT hash(a.range, b.range)) AS n FROM range(100000) AS a, range(100000) AS b'

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
