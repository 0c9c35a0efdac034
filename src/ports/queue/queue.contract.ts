import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { GyreError } from '#kernel/errors'
import { testEnds, testFencing, testList } from './queue-holding.contract.ts'
import { claim, insert, job, leaseMs, type Open, withQueue } from './queue-under-test.contract.ts'

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
