import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from '#client/client'
import type { Activity } from './activity.contract.ts'

interface Target {
  client: Client
  /** Whether to ask for no more. */
  isStopping(): boolean
  /** Whether failing requests are expected, because what answers them was killed. */
  mayFail(): boolean
}

/** All activities at once until told to stop; what fails where nothing may fail is thrown. */
export async function work(activities: readonly Activity[], target: Target): Promise<void> {
  const places = activities.flatMap((activity) =>
    Array.from({ length: activity.places }, (_, place) => workAt(activity, place, target)),
  )
  await Promise.all(places)
}

/** Returns when so many writes more were acknowledged by now: a machine that is slow gets its time. */
export async function untilAcknowledged(
  activities: readonly Activity[],
  more: number,
  isStopping: () => boolean,
): Promise<void> {
  const count = (): number => activities.reduce((sum, each) => sum + each.acknowledged, 0)
  const enough = count() + more
  while (count() < enough && !isStopping()) await sleep(1)
}

async function workAt(activity: Activity, place: number, target: Target): Promise<void> {
  while (!target.isStopping()) {
    try {
      await activity.act(target.client, place)
    } catch (thrown) {
      if (!target.mayFail()) throw thrown
    }
  }
}

export async function verify(activities: readonly Activity[], client: Client): Promise<void> {
  for (const activity of activities) await activity.verify(client)
}

/** Waits until nothing is left to do, and looks once more; says who is not done in time. */
export async function settle(
  activities: readonly Activity[],
  client: Client,
  withinMs = 60_000,
): Promise<void> {
  for (const activity of activities) {
    if (activity.settle === undefined) continue
    const late = new AbortController()
    const settled = activity.settle(client).finally(() => late.abort())
    const deadline = sleep(withinMs, undefined, { signal: late.signal }).then(
      () => assert.fail(`${activity.name} did not come to rest within ${withinMs} ms`),
      () => undefined,
    )
    await Promise.race([settled, deadline])
    await settled
  }
  await verify(activities, client)
}
