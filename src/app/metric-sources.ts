import { sql } from 'kysely'
import type { WorkTables } from '#adapters/local-queue/rows'
import type { Platform } from '#domains/access/index'
import { alertMetrics } from '#domains/alerts/index'
import { journalHead } from '#domains/journal/index'
import { monitorMetrics } from '#domains/monitors/index'
import type { MetricFamily } from '#protocols/prometheus/metrics'

/** What the stores tell at every scrape. */
export async function serverMetrics(platform: Platform): Promise<MetricFamily[]> {
  const jobs = await platform.tables
    .read<WorkTables>()
    .selectFrom('jobs')
    .select(['kind', 'state', sql<number>`count(*)`.as('count')])
    .where('state', 'in', ['queued', 'running', 'failed'])
    .groupBy(['kind', 'state'])
    .execute()
  return [
    ...(await alertMetrics(platform)),
    ...(await monitorMetrics(platform)),
    {
      name: 'jobs',
      help: 'Jobs that wait, run or failed for good.',
      kind: 'gauge',
      samples: jobs.map(({ kind, state, count }) => ({ labels: { kind, state }, value: count })),
    },
    {
      name: 'journal_seq',
      help: 'The number of the newest journal record.',
      kind: 'counter',
      samples: [{ labels: {}, value: await journalHead(platform) }],
    },
  ]
}
