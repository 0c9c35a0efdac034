import { useRead } from '../parts/client.tsx'
import type { IconName } from '../parts/icon.tsx'
import { places } from '../parts/places.ts'
import { useProject } from '../parts/project.tsx'
import { allRooms } from './rooms.ts'

export interface PaletteEntry {
  label: string
  kind: string
  icon: IconName
  to: string
}

/** Everything that has a name: rooms first, then what the rooms hold. */
export function usePaletteEntries(): PaletteEntry[] {
  const project = useProject()
  const named = useRead(
    ['palette', project],
    async (client): Promise<PaletteEntry[]> => {
      const params = { project }
      const [data, views, services, models, pipelines, triggers, endpoints, monitors, runs] =
        await Promise.all([
          client.data.listDatasets({ params }),
          client.features.listViews({ params }),
          client.features.listServices({ params }),
          client.models.listModels({ params }),
          client.pipelines.listPipelines({ params }),
          client.pipelines.listTriggers({ params }),
          client.deployments.listEndpoints({ params }),
          client.monitors.listMonitors({ params }),
          client.runs.searchRuns({ params, body: { limit: 50 } }),
        ])
      return [
        ...entries(data.items, 'data set', 'data', places.dataset),
        ...entries(views.items, 'feature view', 'features', places.view),
        ...entries(services.items, 'feature service', 'features', places.service),
        ...entries(models.items, 'model', 'models', places.model),
        ...entries(pipelines.items, 'pipeline', 'pipelines', places.pipeline),
        ...entries(triggers.items, 'trigger', 'clock', places.trigger),
        ...entries(endpoints.items, 'endpoint', 'endpoints', places.endpoint),
        ...entries(monitors.items, 'monitor', 'monitors', places.monitor),
        ...runs.items.map(({ id, name }): PaletteEntry => ({
          label: name,
          kind: 'run',
          icon: 'runs',
          to: places.run(id),
        })),
      ]
    },
    { watch: ['data', 'view', 'service', 'model', 'pipeline', 'trigger', 'endpoint', 'monitor'] },
  )
  const rooms = allRooms.map(({ label, icon, to }): PaletteEntry => ({
    label,
    icon,
    to,
    kind: 'room',
  }))
  return [...rooms, ...(named.data ?? [])]
}

function entries(
  items: readonly { name: string }[],
  kind: string,
  icon: IconName,
  place: (name: string) => string,
): PaletteEntry[] {
  return items.map(({ name }) => ({ label: name, kind, icon, to: place(name) }))
}
