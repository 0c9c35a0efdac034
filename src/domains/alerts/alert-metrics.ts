import type { Platform } from '#domains/access/index'
import { readAlerts } from './store.ts'

/** A family of samples; the wire that prints them is elsewhere. */
export interface AlertMetric {
  name: string
  help: string
  kind: 'gauge' | 'counter'
  samples: { labels: Record<string, string>; value: number }[]
}

/** Incidents by state and severity, and alarms so far. */
export async function alertMetrics(platform: Platform): Promise<AlertMetric[]> {
  const incidents = await readAlerts(platform)
    .selectFrom('incidents')
    .select((eb) => ['project', 'state', 'severity', eb.fn.countAll<number>().as('count')])
    .groupBy(['project', 'state', 'severity'])
    .execute()
  const alarms = await readAlerts(platform)
    .selectFrom('alarms')
    .select((eb) => ['project', 'kind', 'severity', eb.fn.countAll<number>().as('count')])
    .groupBy(['project', 'kind', 'severity'])
    .execute()
  return [
    {
      name: 'incidents',
      help: 'Incidents by state and severity.',
      kind: 'gauge',
      samples: incidents.map(({ count, ...labels }) => ({ labels, value: Number(count) })),
    },
    {
      name: 'alarms_total',
      help: 'Alarms that were raised.',
      kind: 'counter',
      samples: alarms.map(({ count, ...labels }) => ({ labels, value: Number(count) })),
    },
  ]
}
