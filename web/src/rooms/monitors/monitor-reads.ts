import type { Client } from '#client/client'
import { useRead } from '../../parts/client.tsx'
import { useProject } from '../../parts/project.tsx'

type Answer<Name extends keyof Client['monitors']> = Awaited<ReturnType<Client['monitors'][Name]>>

export type Monitor = Answer<'getMonitor'>
export type MonitorWindow = Answer<'listWindows'>['items'][number]
export type MonitorCheck = MonitorWindow['checks'][number]
export type ColumnComparison = Answer<'compareColumn'>

export function useMonitors() {
  const project = useProject()
  return useRead(
    ['monitors', 'list', project],
    (client) => client.monitors.listMonitors({ params: { project } }),
    { watch: ['monitor', 'alarm'] },
  )
}

export function useMonitor(monitor: string) {
  const project = useProject()
  return useRead(
    ['monitors', 'monitor', project, monitor],
    (client) => client.monitors.getMonitor({ params: { project, monitor } }),
    { watch: [`monitor:${monitor}`, 'alarm'] },
  )
}

/** Evaluated windows, newest first. */
export function useWindows(monitor: string, limit = 104) {
  const project = useProject()
  return useRead(
    ['monitors', 'windows', project, monitor, limit],
    (client) => client.monitors.listWindows({ params: { project, monitor }, query: { limit } }),
    { watch: [`monitor:${monitor}`, 'alarm'], keep: true },
  )
}

export function useColumnComparison(monitor: string, start: number | undefined, column: string) {
  const project = useProject()
  return useRead(
    ['monitors', 'column', project, monitor, start, column],
    (client) =>
      client.monitors.compareColumn({
        params: { project, monitor, start: String(start ?? 0), column },
      }),
    { watch: [], enabled: start !== undefined && column !== '', keep: true },
  )
}
