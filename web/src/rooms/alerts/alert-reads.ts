import type { Client } from '#client/client'
import { useRead } from '../../parts/client.tsx'
import { useProject } from '../../parts/project.tsx'

type Answer<Name extends keyof Client['alerts']> = Awaited<ReturnType<Client['alerts'][Name]>>

export type Incident = Answer<'listIncidents'>['items'][number]
export type IncidentDetail = Answer<'getIncident'>
export type IncidentFilter = 'unresolved' | 'open' | 'acknowledged' | 'resolved' | 'all'

export function useIncidents(filter: IncidentFilter) {
  const project = useProject()
  return useRead(
    ['alerts', 'list', project, filter],
    (client) =>
      client.alerts.listIncidents({
        params: { project },
        query: { limit: 200, ...(filter === 'all' ? {} : { state: filter }) },
      }),
    { watch: ['incident', 'alarm'], keep: true },
  )
}

export function useIncidentCounts() {
  const project = useProject()
  return useRead(
    ['alerts', 'counts', project],
    (client) => client.alerts.countIncidents({ params: { project } }),
    { watch: ['incident', 'alarm'] },
  )
}

export function useIncident(incident: string) {
  const project = useProject()
  return useRead(
    ['alerts', 'incident', project, incident],
    (client) => client.alerts.getIncident({ params: { project, incident } }),
    { watch: [`incident:${incident}`, 'alarm'] },
  )
}

/** An alarm is found among the newest, for it has no address of its own on the server. */
export function useAlarm(alarm: string) {
  const project = useProject()
  return useRead(
    ['alerts', 'alarm', project, alarm],
    async (client) => {
      const { items } = await client.alerts.listAlarms({
        params: { project },
        query: { limit: 1000 },
      })
      return items.find(({ id }) => id === alarm) ?? null
    },
    { watch: ['alarm'] },
  )
}
