import type { Serving } from './serving.ts'

type Labels = Record<string, string>

/** A family of samples; the wire that prints them is elsewhere. */
export interface ServingMetric {
  name: string
  help: string
  kind: 'gauge' | 'counter'
  samples: { labels: Labels; value: number }[]
}

/** What this process serves: counters since a version was loaded here, and the split of the traffic. */
export function servingMetrics(serving: Serving): ServingMetric[] {
  const loaded = serving.routes().flatMap((route) =>
    [...route.slots.keys()].map((version) => ({
      totals: serving.traffic.totalsOf(route.project, route.endpoint, version),
      labels: { project: route.project, endpoint: route.endpoint, version: String(version) },
    })),
  )
  const counter = (
    name: string,
    help: string,
    value: (totals: (typeof loaded)[number]['totals']) => number,
  ): ServingMetric => ({
    name,
    help,
    kind: 'counter',
    samples: loaded.map(({ labels, totals }) => ({ labels, value: value(totals) })),
  })
  return [
    counter('predictions_total', 'Rows that were scored.', (totals) => totals.predictions),
    counter(
      'prediction_requests_total',
      'Requests, or parts of them, that a version answered.',
      (totals) => totals.requests,
    ),
    counter(
      'prediction_errors_total',
      'Requests that failed by our fault.',
      (totals) => totals.errors,
    ),
    counter(
      'prediction_duration_seconds_total',
      'Time from request to answer, summed; divide by the requests.',
      (totals) => totals.latencyMs / 1000,
    ),
    {
      name: 'variant_share_ratio',
      help: 'Share of the traffic of an endpoint that a version gets.',
      kind: 'gauge',
      samples: serving.routes().flatMap((route) =>
        [route.champion, route.canary, route.shadow]
          .filter((lane) => lane !== null)
          .map(({ slot, role, share }) => ({
            labels: {
              project: route.project,
              endpoint: route.endpoint,
              version: String(slot.version),
              role,
            },
            value: share,
          })),
      ),
    },
    {
      name: 'prediction_log_bytes',
      help: 'Logged predictions that wait to be written.',
      kind: 'gauge',
      samples: [{ labels: {}, value: serving.logBytes }],
    },
    {
      name: 'prediction_log_dropped_total',
      help: 'Predictions that were not logged, because the log could not keep up.',
      kind: 'counter',
      samples: [{ labels: {}, value: serving.logDropped }],
    },
  ]
}
