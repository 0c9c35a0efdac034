import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Transaction } from 'kysely'
import type { HeldJob, Queue } from './queue.ts'
import {
  claim,
  insert,
  isConflict,
  job,
  leaseMs,
  only,
  type Open,
  withQueue,
} from './queue-under-test.contract.ts'

export function testFencing(open: Open): void {
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

export function testEnds(open: Open): void {
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

export function testList(open: Open): void {
  test('the next job to become due is told', () =>
    withQueue(open, async (given) => {
      const { queue, advance, now } = given
      assert.equal(await queue.nextDue(['work']), undefined)
      const begin = now()
      await insert(
        given,
        job(),
        job({ runAt: begin + 500 }),
        job({ kind: 'other', runAt: begin + 100 }),
      )
      assert.equal(await queue.nextDue(['work']), begin + 500, 'one that is due is not yet to come')
      assert.equal(await queue.nextDue(['work', 'other']), begin + 100)
      advance(100)
      assert.equal(await queue.nextDue(['work', 'other']), begin + 500)
    }))

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
      assert.deepEqual(await payloads({ state: ['done', 'queued'], project: 'a' }), [4, 2, 0])
      assert.deepEqual(await payloads({ project: 'c' }), [])
    }))
}
