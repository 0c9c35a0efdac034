import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Leases } from './lease.ts'

/** Fresh leases whose clock moves only by `advance`. */
export interface LeasesUnderTest {
  leases: Leases
  advance(ms: number): void
  close(): Promise<void>
}

type Open = () => Promise<LeasesUnderTest>

async function withLeases(
  open: Open,
  work: (given: LeasesUnderTest) => Promise<void>,
): Promise<void> {
  const given = await open()
  try {
    await work(given)
  } finally {
    await given.close()
  }
}

/** What all leases promise. */
export function runLeasesContract(name: string, open: Open): void {
  describe(`leases on ${name}`, () => {
    test('one of many gets it', () =>
      withLeases(open, async ({ leases }) => {
        const owners = Array.from({ length: 10 }, (_, i) => `owner ${i}`)
        const got = await Promise.all(owners.map((owner) => leases.acquire('loop', owner, 1000)))
        assert.equal(got.filter((lease) => lease !== undefined).length, 1)
        assert.ok(await leases.acquire('another', 'owner 3', 1000))
      }))

    test('it is free again when it ran out, with a higher token', () =>
      withLeases(open, async ({ leases, advance }) => {
        const first = (await leases.acquire('loop', 'a', 1000))!
        advance(999)
        assert.equal(await leases.acquire('loop', 'b', 1000), undefined)
        advance(1)
        const second = (await leases.acquire('loop', 'b', 1000))!
        assert.ok(second.token > first.token)
        assert.equal(second.owner, 'b')
        assert.equal(await leases.renew(first, 1000), false)
        await leases.release(first)
        assert.equal(await leases.acquire('loop', 'c', 1000), undefined)
      }))

    test('its holder keeps it by renewing in time', () =>
      withLeases(open, async ({ leases, advance }) => {
        const lease = (await leases.acquire('loop', 'a', 1000))!
        for (let i = 0; i < 5; i++) {
          advance(900)
          assert.equal(await leases.renew(lease, 1000), true)
          assert.equal(await leases.acquire('loop', 'b', 1000), undefined)
        }
      }))

    test('one that ran out is lost, even if nobody took it', () =>
      withLeases(open, async ({ leases, advance }) => {
        const lease = (await leases.acquire('loop', 'a', 1000))!
        advance(1000)
        assert.equal(await leases.renew(lease, 1000), false)
      }))

    test('a released one is free at once, and tokens go on growing', () =>
      withLeases(open, async ({ leases }) => {
        const tokens: number[] = []
        for (const owner of ['a', 'b', 'a']) {
          const lease = (await leases.acquire('loop', owner, 1000))!
          tokens.push(lease.token)
          await leases.release(lease)
          await leases.release(lease)
          assert.equal(await leases.renew(lease, 1000), false)
        }
        assert.deepEqual(
          tokens,
          [...new Set(tokens)].toSorted((x, y) => x - y),
        )
      }))

    test('its own holder may acquire it again, which makes the earlier one stale', () =>
      withLeases(open, async ({ leases }) => {
        const first = (await leases.acquire('loop', 'a', 1000))!
        const second = (await leases.acquire('loop', 'a', 1000))!
        assert.ok(second.token > first.token)
        assert.equal(await leases.renew(first, 1000), false)
        assert.equal(await leases.renew(second, 1000), true)
      }))
  })
}
