import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Transaction } from 'kysely'
import { GyreError } from '#kernel/errors'
import type { Tables } from '#ports/tables/tables'
import type { HeldJob, Job, NewJob, Queue } from './queue.ts'

/** A fresh queue whose clock moves only by `advance`. */
export interface QueueUnderTest {
  queue: Queue
  tables: Tables
  advance(ms: number): void
  close(): Promise<void>
}

type Open = () => Promise<QueueUnderTest>

const leaseMs = 1000

/** What every queue promises. `open` gives an empty one. */
export function runQueueContract(name: string, open: Open): void {
  describe(`queue on ${name}`, () => {
    testInsert(open)
    testClaim(open)
    testFencing(open)
    testEnds(open)
    testList(open)
  })
}

async function withQueue(
  open: Open,
  work: (given: QueueUnderTest) => Promise<void>,
): Promise<void> {
  const given = await open()
  try {
    await work(given)
  } finally {
    await given.close()
  }
}

const job = (more: Partial<NewJob> = {}): NewJob => ({
  kind: 'work',
  project: 'default',
  payload: null,
  ...more,
})

function insert({ tables, queue }: QueueUnderTest, ...jobs: NewJob[]): Promise<void> {
  return tables.write<unknown, void>((tx) => queue.insert(tx, jobs))
}

async function claim(queue: Queue, owner = 'me'): Promise<HeldJob> {
  const held = await queue.claim(['work'], owner, leaseMs)
  assert.ok(held, 'there is a job to claim')
  return held
}

async function only(queue: Queue): Promise<Job> {
  const jobs = await queue.list()
  assert.equal(jobs.length, 1)
  return jobs[0]!
}

function isConflict(thrown: unknown): boolean {
  return thrown instanceof GyreError && thrown.code === 'conflict'
}

function testInsert(open: Open): void {
  test('a job is there with its transaction or not at all', () =>
    withQueue(open, async (given) => {
      const { tables, queue } = given
      const failing = tables.write<unknown, void>(async (tx) => {
        await queue.insert(tx, [job()])
        throw new Error('no')
      })
      await assert.rejects(failing, /no/)
      assert.deepEqual(await queue.list(), [])
      await insert(given, job())
      assert.equal((await queue.list()).length, 1)
    }))

  test('a job comes back as it went in', () =>
    withQueue(open, async (given) => {
      const payload = { text: 'ä\n"', list: [1, 2.5, null, true], nested: { a: {} } }
      await insert(given, job({ project: 'flights', payload, key: 'k', cause: 17 }))
      const held = await claim(given.queue)
      assert.deepEqual(held.payload, payload)
      assert.deepEqual(
        [held.kind, held.project, held.key, held.cause, held.state, held.attempt],
        ['work', 'flights', 'k', 17, 'running', 1],
      )
    }))

  test('a key is used once for each kind, for ever', () =>
    withQueue(open, async (given) => {
      const { queue } = given
      await insert(given, job({ key: 'once', payload: 1 }), job({ key: 'once', payload: 2 }))
      await insert(given, job({ key: 'once', payload: 3 }), job({ kind: 'other', key: 'once' }))
      await Promise.all([1, 2, 3].map(() => insert(given, job({ key: 'raced' }))))
      await queue.complete(await claim(queue))
      await insert(given, job({ key: 'once', payload: 4 }))
      const kinds = (await queue.list()).map((one) => `${one.kind} ${one.key}`).sort()
      assert.deepEqual(kinds, ['other once', 'work once', 'work raced'])
    }))

  test('jobs without a key are each their own, a thousand in one go', () =>
    withQueue(open, async (given) => {
      await insert(given, ...Array.from({ length: 1200 }, () => job()))
      assert.equal((await given.queue.list({ limit: 5000 })).length, 1200)
      await insert(given)
    }))
}

function testClaim(open: Open): void {
  test('the oldest due job of the kinds asked for comes first', () =>
    withQueue(open, async (given) => {
      const { queue, advance } = given
      await insert(
        given,
        job({ payload: 1 }),
        job({ kind: 'other', payload: 'o' }),
        job({ payload: 2 }),
      )
      advance(10)
      await insert(given, job({ payload: 3 }))
      const claims = [await claim(queue), await claim(queue), await claim(queue)]
      assert.deepEqual(
        claims.map((held) => held.payload),
        [1, 2, 3],
      )
      assert.equal(await queue.claim(['work'], 'me', leaseMs), undefined)
      assert.equal((await queue.claim(['work', 'other'], 'me', leaseMs))?.payload, 'o')
    }))

  test('of several kinds, too, the oldest comes first', () =>
    withQueue(open, async (given) => {
      for (const kind of ['a', 'b', 'a', 'c']) {
        await insert(given, job({ kind, payload: kind }))
        given.advance(1)
      }
      const order: unknown[] = []
      for (let i = 0; i < 4; i++) {
        order.push((await given.queue.claim(['c', 'b', 'a'], 'me', leaseMs))?.payload)
      }
      assert.deepEqual(order, ['a', 'b', 'a', 'c'])
    }))

  test('a job for later is not claimed before', () =>
    withQueue(open, async (given) => {
      const { queue, advance } = given
      const held = async () => queue.claim(['work'], 'me', leaseMs)
      await insert(given, job({ runAt: 1_000_500 }))
      assert.equal(await held(), undefined)
      advance(499)
      assert.equal(await held(), undefined)
      advance(1)
      assert.ok(await held())
    }))

  test('many claimers at once never get the same job, and all jobs are got', () =>
    withQueue(open, async (given) => {
      const { queue } = given
      await insert(given, ...Array.from({ length: 40 }, (_, i) => job({ payload: i })))
      const got: unknown[] = []
      const worker = async (owner: string) => {
        for (;;) {
          const held = await queue.claim(['work'], owner, leaseMs)
          if (held === undefined) return
          got.push(held.payload)
          await queue.complete(held)
        }
      }
      await Promise.all(Array.from({ length: 12 }, (_, i) => worker(`w${i}`)))
      assert.deepEqual(
        got.toSorted((a, b) => Number(a) - Number(b)),
        Array.from({ length: 40 }, (_, i) => i),
      )
    }))

  test('no kinds at all is a mistake', () =>
    withQueue(open, async ({ queue }) => {
      await assert.rejects(
        queue.claim([], 'me', leaseMs),
        (thrown) => thrown instanceof GyreError && thrown.code === 'invalid',
      )
    }))
}

function testFencing(open: Open): void {
  test('a job whose lease ran out is claimed again, with a higher token and a reason', () =>
    withQueue(open, async (given) => {
      const { queue, advance } = given
      await insert(given, job())
      const first = await claim(queue, 'worker-one')
      advance(leaseMs - 1)
      assert.equal(await queue.claim(['work'], 'two', leaseMs), undefined)
      advance(1)
      const second = await claim(queue, 'two')
      assert.equal(second.id, first.id)
      assert.ok(second.token > first.token)
      assert.equal(second.attempt, 2)
      assert.match(String(second.reason), /worker-one/)
    }))

  test('who lost the lease can do nothing more', () =>
    withQueue(open, async (given) => {
      const { queue, tables, advance } = given
      await insert(given, job())
      const stale = await claim(queue)
      advance(leaseMs)
      const held = await claim(queue)
      assert.equal(await queue.extend(stale, leaseMs), false)
      await assert.rejects(queue.complete(stale), isConflict)
      await assert.rejects(queue.fail(stale, 'x'), isConflict)
      await assert.rejects(queue.retry(stale, 'x', 0), isConflict)
      const commit = (one: HeldJob) =>
        tables.write<unknown, void>((tx: Transaction<unknown>) => queue.assertHeld(tx, one))
      await assert.rejects(commit(stale), isConflict)
      await commit(held)
      await queue.complete(held)
      await assert.rejects(commit(held), isConflict)
      assert.equal((await only(queue)).state, 'done')
    }))

  test('a lease that is prolonged is kept', () =>
    withQueue(open, async (given) => {
      const { queue, advance } = given
      await insert(given, job())
      const held = await claim(queue)
      for (let i = 0; i < 5; i++) {
        advance(leaseMs - 1)
        assert.equal(await queue.extend(held, leaseMs), true)
      }
      assert.equal(await queue.claim(['work'], 'two', leaseMs), undefined)
    }))

  test('who comes late, but before anybody else, still holds it', () =>
    withQueue(open, async (given) => {
      await insert(given, job())
      const held = await claim(given.queue)
      given.advance(10 * leaseMs)
      assert.equal(await given.queue.extend(held, leaseMs), true)
      await given.queue.complete(held)
    }))

  test('tokens grow over retries as well', () =>
    withQueue(open, async (given) => {
      const { queue } = given
      await insert(given, job())
      const tokens: number[] = []
      for (let i = 0; i < 4; i++) {
        const held = await claim(queue)
        tokens.push(held.token)
        await queue.retry(held, 'again', 0)
      }
      assert.deepEqual(
        tokens,
        [...new Set(tokens)].toSorted((a, b) => a - b),
      )
    }))
}

function testEnds(open: Open): void {
  test('a job that is done stays done; telling twice is harmless', () =>
    withQueue(open, async (given) => {
      const { queue, advance } = given
      await insert(given, job())
      const held = await claim(queue)
      advance(5)
      await queue.complete(held, 'all well')
      await queue.complete(held, 'all well')
      const { state, reason, finishedAt } = await only(queue)
      assert.deepEqual([state, reason, finishedAt], ['done', 'all well', 1_000_005])
      await assert.rejects(queue.fail(held, 'no'), isConflict)
      advance(10 * leaseMs)
      assert.equal(await queue.claim(['work'], 'me', leaseMs), undefined)
    }))

  test('a job that failed says why and is not claimed again', () =>
    withQueue(open, async (given) => {
      const { queue, advance } = given
      await insert(given, job())
      await queue.fail(await claim(queue), 'the disk was full')
      const { state, reason } = await only(queue)
      assert.deepEqual([state, reason], ['failed', 'the disk was full'])
      advance(10 * leaseMs)
      assert.equal(await queue.claim(['work'], 'me', leaseMs), undefined)
    }))

  test('a retry waits as long as asked and says why', () =>
    withQueue(open, async (given) => {
      const { queue, advance } = given
      await insert(given, job())
      await queue.retry(await claim(queue), 'no connection', 300)
      const { state, reason } = await only(queue)
      assert.deepEqual([state, reason], ['queued', 'no connection'])
      advance(299)
      assert.equal(await queue.claim(['work'], 'me', leaseMs), undefined)
      advance(1)
      assert.equal((await claim(queue)).attempt, 2)
    }))

  test('a cancelled job never starts; a running one loses its lease', () =>
    withQueue(open, async (given) => {
      const { queue } = given
      await insert(given, job())
      const held = await claim(queue)
      await insert(given, job())
      const waiting = (await queue.list({ state: 'queued' }))[0]!
      assert.equal(await queue.cancel(waiting.id, 'not needed'), true)
      assert.equal(await queue.claim(['work'], 'me', leaseMs), undefined)
      assert.equal(await queue.cancel(held.id, 'not needed'), true)
      assert.equal(await queue.extend(held, leaseMs), false)
      await assert.rejects(queue.complete(held), isConflict)
      assert.equal(await queue.cancel(held.id, 'again'), false)
      assert.equal(await queue.cancel('unknown', 'x'), false)
      const cancelled = await queue.list({ state: 'cancelled' })
      assert.deepEqual(
        cancelled.map((one) => one.reason),
        ['not needed', 'not needed'],
      )
    }))
}

function testList(open: Open): void {
  test('the list is newest first and can be narrowed', () =>
    withQueue(open, async (given) => {
      const { queue } = given
      for (let i = 0; i < 6; i++) {
        const project = i % 2 === 0 ? 'a' : 'b'
        await insert(given, job({ project, kind: i < 3 ? 'work' : 'other', payload: i }))
        given.advance(1)
      }
      const payloads = async (filter: Parameters<Queue['list']>[0]) =>
        (await queue.list(filter)).map((one) => one.payload)
      assert.deepEqual(await payloads({}), [5, 4, 3, 2, 1, 0])
      assert.deepEqual(await payloads({ project: 'a' }), [4, 2, 0])
      assert.deepEqual(await payloads({ kind: 'other', limit: 2 }), [5, 4])
      await queue.complete(await claim(queue))
      assert.deepEqual(await payloads({ state: 'done' }), [0])
      assert.deepEqual(await payloads({ project: 'c' }), [])
    }))
}
