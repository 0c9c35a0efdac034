import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from '#client/client'

const pollMs = 40
const quietPolls = 2

/** Work of these kinds is what the loop does between two weeks. */
const kinds = ['pipeline.execute', 'rollout.advance', 'monitor.evaluate', 'features.materialize']

const moving = ['preparing', 'loading', 'warming', 'checking-parity']

/**
 * Waits until the loop has nothing left to do with what it knows: no work is due, no version is
 * being prepared, and the journal stands still. A canary that waits for labels is at rest.
 */
export async function settle(client: Client, project: string, signal: AbortSignal): Promise<void> {
  let quiet = 0
  let seq = -1
  while (quiet < quietPolls) {
    await sleep(pollMs, undefined, { signal })
    const now = await journalSeq(client)
    const still = now === seq && !(await isBusy(client, project))
    quiet = still ? quiet + 1 : 0
    seq = now
  }
}

async function journalSeq(client: Client): Promise<number> {
  return (await client.server.describe()).journalSeq
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
