import type { Client } from '#client/client'
import type { WeekTraffic } from './weeks.ts'

const batchRows = 2000
const connections = 3
const labelBatchRows = 100_000

export interface TrafficReport {
  predictions: number
  /** Requests that were not answered with predictions. */
  failedRequests: number
}

interface Target {
  client: Client
  project: string
  endpoint: string
}

/**
 * Asks for the predictions of a week's flights, as the airline would: keys, what is known at
 * departure, the moment, and an id of its own for each row, so that the label can follow.
 */
export async function sendTraffic(
  { client, project, endpoint }: Target,
  traffic: WeekTraffic,
  signal: AbortSignal,
): Promise<TrafficReport> {
  const report: TrafficReport = { predictions: 0, failedRequests: 0 }
  const starts = Array.from(
    { length: Math.ceil(traffic.ids.length / batchRows) },
    (_, batch) => batch * batchRows,
  )
  const send = async (): Promise<void> => {
    for (let start = starts.shift(); start !== undefined; start = starts.shift()) {
      signal.throwIfAborted()
      const of = <T>(values: T[]): T[] => values.slice(start, start + batchRows)
      const date = of(traffic.date)
      try {
        const answer = await client.deployments.predict({
          params: { project, endpoint },
          body: {
            columns: {
              date,
              distance: of(traffic.distance),
              origin: of(traffic.origin),
              destination: of(traffic.destination),
            },
            at: date,
            ids: of(traffic.ids),
          },
          signal,
        })
        report.predictions += answer.predictions.length
      } catch (error) {
        signal.throwIfAborted()
        report.failedRequests++
        if (report.failedRequests > 3) throw error
      }
    }
  }
  await Promise.all(Array.from({ length: connections }, send))
  return report
}

/** Tells which of the week's flights were late; returns how many labels found their prediction. */
export async function sendLabels(
  { client, project, endpoint }: Target,
  traffic: WeekTraffic,
  knownAt: number,
  signal: AbortSignal,
): Promise<number> {
  let matched = 0
  for (let start = 0; start < traffic.ids.length; start += labelBatchRows) {
    const answer = await client.deployments.postLabels({
      params: { project, endpoint },
      body: {
        ids: traffic.ids.slice(start, start + labelBatchRows),
        labels: traffic.late.slice(start, start + labelBatchRows),
        at: knownAt,
      },
      signal,
    })
    matched += answer.matched
  }
  return matched
}
