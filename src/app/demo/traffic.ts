import type { Client } from '#client/client'
import type { WeekTraffic } from './weeks.ts'

const batchRows = 4000
const connections = 3

interface Target {
  client: Client
  project: string
  endpoint: string
}

/** Sends rows from `start` on; false when they were not answered with predictions. */
type Send = (start: number) => Promise<boolean>

/**
 * Asks for the predictions of a week's flights, as the airline would: keys, what is known at
 * departure, the moment, and an id of its own for each row, so that the label can follow. Gives how
 * many requests were not answered with predictions.
 */
export async function sendTraffic(
  target: Target,
  traffic: WeekTraffic,
  signal: AbortSignal,
): Promise<number> {
  const starts = batchesOf(traffic)
  const send = sender(target, traffic, signal)
  let failed = 0
  const connection = async (): Promise<void> => {
    for (let start = starts.shift(); start !== undefined; start = starts.shift()) {
      if (!(await send(start))) failed++
    }
  }
  await Promise.all(Array.from({ length: connections }, connection))
  return failed
}

/** The same in order, one request after the other, with something to do after each. */
export async function sendInOrder(
  target: Target,
  traffic: WeekTraffic,
  signal: AbortSignal,
  afterEach: () => Promise<void>,
): Promise<number> {
  const send = sender(target, traffic, signal)
  let failed = 0
  for (const start of batchesOf(traffic)) {
    if (!(await send(start))) failed++
    await afterEach()
  }
  return failed
}

function batchesOf({ ids }: WeekTraffic): number[] {
  return Array.from({ length: Math.ceil(ids.length / batchRows) }, (_, batch) => batch * batchRows)
}

function sender(
  { client, project, endpoint }: Target,
  traffic: WeekTraffic,
  signal: AbortSignal,
): Send {
  let failures = 0
  return async (start) => {
    signal.throwIfAborted()
    const of = <T>(values: T[]): T[] => values.slice(start, start + batchRows)
    const date = of(traffic.date)
    const columns = {
      date,
      distance: of(traffic.distance),
      origin: of(traffic.origin),
      destination: of(traffic.destination),
    }
    try {
      const params = { project, endpoint }
      const body = { columns, at: date, ids: of(traffic.ids) }
      await client.deployments.predict({ params, body, signal })
      return true
    } catch (error) {
      signal.throwIfAborted()
      if (++failures > 3) throw error
      return false
    }
  }
}

/** Tells which of the week's flights were late, all at once: there are all of these labels or none. */
export async function sendLabels(
  { client, project, endpoint }: Target,
  { ids, late }: WeekTraffic,
  knownAt: number,
  signal: AbortSignal,
): Promise<void> {
  const params = { project, endpoint }
  await client.deployments.postLabels({ params, body: { ids, labels: late, at: knownAt }, signal })
}

/** Whether the week's labels were told. */
export async function hasLabels(
  { client, project, endpoint }: Target,
  { ids }: WeekTraffic,
): Promise<boolean> {
  const query = { id: ids[0] ?? '', limit: 1 }
  const params = { project, endpoint }
  const { items } = await client.deployments.listPredictions({ params, query })
  return (items[0]?.label ?? null) !== null
}

/** Returns when the predictions of a week are in files, where no kill of the server loses them. */
export async function keepPredictions(
  { client, project, endpoint }: Target,
  { ids }: WeekTraffic,
): Promise<void> {
  const query = { id: ids.at(-1) ?? '', limit: 1 }
  await client.deployments.listPredictions({ params: { project, endpoint }, query })
}
