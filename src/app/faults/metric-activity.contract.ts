import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import type { Client } from '#client/client'
import { type Activity, between, type World } from './activity.contract.ts'

interface Batch {
  writer: number
  number: number
  size: number
  acknowledged: boolean
}

const keys = ['loss', 'accuracy', 'rate']
/** So many batches are asked for anew before a writer goes on. */
const writers = 6

/**
 * Trainers that log into one run at once, each sending a batch again that was not acknowledged. Their
 * steps meet, so points come late and chunks are rewritten while the server seals.
 */
export function metricActivity({ project, random }: World): Activity {
  const run = randomBytes(16).toString('hex')
  const params = { project, run }
  const batches: Batch[] = []
  const activity = {
    name: 'metrics',
    places: writers,
    acknowledged: 0,
    async prepare(client: Client) {
      const body = { id: run, experiment: 'trainers' }
      await client.runs.createRun({ params: { project }, body })
    },
    async act(client: Client, place: number) {
      const batch = batches.findLast((one) => one.writer === place)
      if (batch !== undefined && !batch.acknowledged) return send(client, batch)
      const number = (batch?.number ?? -1) + 1
      const next = { writer: place, number, size: between(random, 1, 300), acknowledged: false }
      batches.push(next)
      return send(client, next)
    },
    async verify(client: Client) {
      const { metricSummaries } = await client.runs.getRun({ params })
      for (const [index, key] of keys.entries()) {
        const values = await valuesOf(client, key)
        assert.equal(new Set(values).size, values.length, `a point of ${key} is there twice`)
        const summary = metricSummaries.find((one) => one.key === key)
        assert.equal(summary?.count ?? 0, values.length, `${key} is counted wrongly`)
        verifyBatches(new Set(values), index)
      }
    },
  }

  /** Which writer, batch and point a value stands for; no two points have the same. */
  const valueOf = ({ writer, number }: Batch, point: number): number =>
    point + 1000 * (number + 100_000 * writer)

  async function send(client: Client, batch: Batch): Promise<void> {
    const metrics = Array.from({ length: batch.size }, (_, point) => ({
      key: keys[point % keys.length] as string,
      value: valueOf(batch, point),
      step: 300 * batch.number + point,
      timestamp: 1000 * batch.number + point,
    }))
    await client.runs.logToRun({ params, body: { metrics } })
    batch.acknowledged = true
    activity.acknowledged++
  }

  async function valuesOf(client: Client, key: string): Promise<number[]> {
    const values: number[] = []
    let pageToken: string | undefined
    do {
      const query = { key, limit: 5000, ...(pageToken === undefined ? {} : { pageToken }) }
      const page = await client.runs.getMetricHistory({ params, query })
      values.push(...page.items.map(({ value }) => Number(value)))
      pageToken = page.nextPageToken
    } while (pageToken !== undefined)
    return values
  }

  function verifyBatches(values: ReadonlySet<number>, index: number): void {
    for (const batch of batches) {
      const mine = Array.from({ length: batch.size }, (_, point) => point).filter(
        (point) => point % keys.length === index,
      )
      const there = mine.filter((point) => values.has(valueOf(batch, point)))
      if (there.length === mine.length) continue
      const name = `batch ${batch.number} of writer ${batch.writer}`
      assert.ok(!batch.acknowledged, `${name} is lost`)
      assert.equal(there.length, 0, `${name} is there by halves`)
    }
  }
  return activity
}
