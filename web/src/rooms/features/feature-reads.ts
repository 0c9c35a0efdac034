import type { Client } from '#client/client'
import { useRead } from '../../parts/client.tsx'
import { useProject } from '../../parts/project.tsx'

type Answer<Name extends keyof Client['features']> = Awaited<ReturnType<Client['features'][Name]>>

export type FeatureView = Answer<'getView'>
export type ViewFeature = FeatureView['features'][number]
export type FeatureService = Answer<'getService'>
export type ConsistencyReport = Answer<'listChecks'>['items'][number]
export type TrainingSet = Answer<'listTrainingSets'>['items'][number]
export type Lookup = Answer<'lookup'>

export function useViews() {
  const project = useProject()
  return useRead(
    ['features', 'views', project],
    (client) => client.features.listViews({ params: { project } }),
    { watch: ['view', 'service'] },
  )
}

/** Every version of a view, the current one first. */
export function useViewVersions(name: string) {
  const project = useProject()
  return useRead(
    ['features', 'view-versions', project, name],
    (client) => client.features.listViews({ params: { project }, query: { name, all: true } }),
    { watch: ['view'] },
  )
}

export function useServices() {
  const project = useProject()
  return useRead(
    ['features', 'services', project],
    (client) => client.features.listServices({ params: { project } }),
    { watch: ['service'] },
  )
}

export function useService(service: string) {
  const project = useProject()
  return useRead(
    ['features', 'service', project, service],
    (client) => client.features.getService({ params: { project, service } }),
    { watch: ['service'] },
  )
}

export function useChecks(service: string) {
  const project = useProject()
  return useRead(
    ['features', 'checks', project, service],
    (client) => client.features.listChecks({ params: { project, service } }),
    { watch: ['service'] },
  )
}

export function useTrainingSets(service: string) {
  const project = useProject()
  return useRead(
    ['features', 'training-sets', project, service],
    (client) => client.features.listTrainingSets({ params: { project }, query: { service } }),
    { watch: ['service', 'data'] },
  )
}
