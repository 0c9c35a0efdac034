import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from '#client/client'

/** Between two looks; longer while a training is under way. */
const shortPauseMs = 50
const longPauseMs = 400

/** Work of these kinds is what the loop does between two weeks. */
const kinds = ['pipeline.execute', 'rollout.advance', 'monitor.evaluate', 'features.materialize']

const moving = ['preparing', 'loading', 'warming', 'checking-parity']

/**
 * Waits until the loop has nothing left to do with what it knows: it has seen every record, no work
 * is due, and no version is being prepared. A canary that waits for labels is at rest.
 */
export async function settle(client: Client, project: string, signal: AbortSignal): Promise<void> {
  for (let pauseMs = 0; ; pauseMs = Math.min(pauseMs + shortPauseMs, longPauseMs)) {
    await sleep(pauseMs, undefined, { signal })
    const before = await client.server.describe()
    if (before.loopSeq < before.journalSeq || (await isBusy(client, project))) continue
    // Work that ended between the two questions has left a record.
    const after = await client.server.describe()
    if (after.journalSeq === before.journalSeq) return
  }
}

async function isBusy(client: Client, project: string): Promise<boolean> {
  const now = Date.now()
  for (const state of ['running', 'queued'] as const) {
    const { items } = await client.server.listJobs({ params: { project }, query: { state } })
    if (items.some((job) => kinds.includes(job.kind) && job.runAt <= now)) return true
  }
  const { items } = await client.deployments.listEndpoints({ params: { project } })
  return items.some(({ rollout }) => rollout !== null && moving.includes(rollout.state))
}
