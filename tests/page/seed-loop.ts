import type { Client } from '#client/client'

const features = `
entities:
  origin: { key: origin }
views:
  origin_delays:
    entity: origin
    source: flights
    aggregations:
      origin_late_rate_7d: { function: mean, expression: delay > 15, window: 7d }
      origin_flights_28d: { function: count, window: 28d }
services:
  late_flights:
    request: { date: timestamp, distance: number }
    views: [origin_delays]
    expressions:
      hour: hour(date)
`

/** A view and a service, online and checked, with one training set. */
export async function seedFeatures(client: Client, project: string): Promise<void> {
  const params = { project, service: 'late_flights' }
  await client.features.apply({ params: { project }, body: { source: features } })
  await client.features.materialize({ params, body: {} })
  await client.features.check({ params, body: { rows: 500 } })
  await client.features.join({
    params,
    body: { data: 'flights', label: 'late=delay > 15', sample: 1000 },
  })
}

/** A monitor of the weeks that were predicted, and two incidents, one of them looked after. */
export async function seedWatch(client: Client, project: string): Promise<void> {
  await client.monitors.declareMonitor({
    params: { project, monitor: 'late-flights-weekly' },
    body: {
      endpoint: 'late-flights',
      window: '7d',
      drift: { distance: 'jensen-shannon', minimumSize: 0.1 },
      performance: { metric: 'auc', maximumDrop: 0.02 },
      falseAlarmRate: 0.05,
    },
  })
  await client.monitors.evaluateMonitor({
    params: { project, monitor: 'late-flights-weekly' },
    body: { until: '2001-02-12T00:00:00Z' },
  })
  await client.alerts.raiseAlarm({
    params: { project },
    body: {
      source: 'endpoint:late-flights',
      kind: 'complaints',
      severity: 'critical',
      text: 'Passengers report wrong estimates for ORD since this morning.',
      detail: { reports: 12 },
    },
  })
  const { incident } = await client.alerts.raiseAlarm({
    params: { project },
    body: {
      source: 'data:flights',
      kind: 'late-delivery',
      text: 'The carrier sent week 8 a day late.',
    },
  })
  await client.alerts.acknowledgeIncident({
    params: { project, incident },
    body: { note: 'Asked the carrier.' },
  })
}
