import type { Client } from '#client/client'
import { useRead } from '../../parts/client.tsx'
import { useProject } from '../../parts/project.tsx'

export type Turn = Awaited<ReturnType<Client['journal']['turns']>>['items'][number]
export type Job = Awaited<ReturnType<Client['server']['listJobs']>>['items'][number]

/** Everything that the circle shows, read room by room; each is kept current by its own subjects. */
export function useLoopParts() {
  const project = useProject()
  const params = { project }
  const data = useRead(['data', 'list', project], (c) => c.data.listDatasets({ params }), {
    watch: ['data'],
  })
  const views = useRead(['features', 'views', project], (c) => c.features.listViews({ params }), {
    watch: ['view', 'service'],
  })
  const runs = useRead(
    ['runs', 'newest', project],
    (c) => c.runs.searchRuns({ params, body: { limit: 5 } }),
    { watch: ['run'] },
  )
  const models = useRead(['models', 'list', project], (c) => c.models.listModels({ params }), {
    watch: ['model'],
  })
  const endpoints = useRead(
    ['endpoints', 'list', project],
    (c) => c.deployments.listEndpoints({ params }),
    { watch: ['endpoint', 'rollout'] },
  )
  const monitors = useRead(
    ['monitors', 'list', project],
    (c) => c.monitors.listMonitors({ params }),
    { watch: ['monitor', 'alarm'] },
  )
  const triggers = useRead(
    ['pipelines', 'triggers', project],
    (c) => c.pipelines.listTriggers({ params }),
    { watch: ['trigger', 'execution'] },
  )
  const executions = useRead(
    ['pipelines', 'executions', project, '', 12],
    (c) => c.pipelines.listExecutions({ params, query: { limit: 12 } }),
    { watch: ['execution', 'pipeline'] },
  )
  const jobs = useRead(
    ['server', 'jobs', project],
    (c) => c.server.listJobs({ params, query: { limit: 30 } }),
    { watch: ['execution', 'rollout', 'monitor', 'data', 'view', 'model', 'trigger'] },
  )
  const versions = useRead(
    [
      'models',
      'newest-versions',
      project,
      models.data?.items.map(({ name, latestVersion }) => [name, latestVersion]),
    ],
    (c) =>
      Promise.all(
        (models.data?.items ?? [])
          .filter(({ latestVersion }) => latestVersion !== null)
          .map(({ name }) =>
            c.models.getVersion({ params: { ...params, model: name, version: 'latest' } }),
          ),
      ),
    { watch: ['model'], enabled: models.data !== undefined, keep: true },
  )
  return { data, views, runs, models, versions, endpoints, monitors, triggers, executions, jobs }
}

export type LoopParts = {
  [Name in keyof ReturnType<typeof useLoopParts>]: ReturnType<typeof useLoopParts>[Name]['data']
}

export function useIncidents() {
  const project = useProject()
  return useRead(
    ['alerts', 'list', project, 'unresolved', 6],
    (client) =>
      client.alerts.listIncidents({
        params: { project },
        query: { state: 'unresolved', limit: 6 },
      }),
    { watch: ['incident', 'alarm'] },
  )
}

export function useTurns(limit = 20) {
  const project = useProject()
  return useRead(
    ['journal', 'turns', project, limit],
    (client) => client.journal.turns({ params: { project }, query: { limit } }),
    { watch: ['rollout', 'model'], keep: true },
  )
}
