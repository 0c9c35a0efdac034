import type { Client } from '#client/client'

/** What `gyre demo --json` prints: counted from the record, not from what the demo meant to do. */
export interface DemoReport {
  /** The loop closed at least once from a monitored cause: alarm, training, gate, outcome. */
  closed: boolean
  weeks: number
  commits: number
  refusedBatches: number
  trainings: number
  gateRefusals: number
  promotions: number
  rollbacks: number
  alarms: number
  predictions: number
  labels: number
  failedRequests: number
  seconds: number
  endpoint: {
    name: string
    url: string
    model: string
    champion: number | null
    variants: { version: number; role: string; share: number }[]
  }
}

interface Told {
  weeks: number
  failedRequests: number
  elapsedMs: number
}

export async function readReport(
  client: Client,
  place: { url: string; project: string; endpoint: string },
  told: Told,
): Promise<DemoReport> {
  const { project, endpoint, url } = place
  const count = (verb: string): Promise<number> => countRecords(client, project, verb)
  const detail = await client.deployments.getEndpoint({ params: { project, endpoint } })
  return {
    closed: await hasClosed(client, project),
    weeks: told.weeks,
    commits: await count('data.committed'),
    refusedBatches: await count('data.refused'),
    trainings: await count('version.registered'),
    gateRefusals: await count('gate.refused'),
    promotions: await count('rollout.promoted'),
    rollbacks: await count('rollout.rolled-back'),
    alarms: await count('alarm.raised'),
    predictions: detail.log.rows,
    labels: detail.log.labels,
    failedRequests: told.failedRequests,
    seconds: Math.round(told.elapsedMs / 100) / 10,
    endpoint: {
      name: endpoint,
      url: `${url}/v2/models/${project}:${endpoint}`,
      model: detail.model,
      champion: detail.champion,
      variants: detail.variants.map(({ version, role, share }) => ({ version, role, share })),
    },
  }
}

async function countRecords(client: Client, project: string, verb: string): Promise<number> {
  let records = 0
  for (let pageToken: string | undefined; ;) {
    const query = { verb, limit: 1000, ...(pageToken === undefined ? {} : { pageToken }) }
    const page = await client.journal.list({ params: { project }, query })
    records += page.items.length
    pageToken = page.nextPageToken
    if (pageToken === undefined) return records
  }
}

/** Whether a turn that ends at a gate or a rollout began with an alarm. */
async function hasClosed(client: Client, project: string): Promise<boolean> {
  const { items } = await client.journal.turns({ params: { project }, query: { limit: 50 } })
  return items.some((turn) => {
    const verbs = turn.steps.map((step) => step.verb)
    const alarm = verbs.indexOf('alarm.raised')
    return alarm >= 0 && verbs.includes('version.registered', alarm)
  })
}
