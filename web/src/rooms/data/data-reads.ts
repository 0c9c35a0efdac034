import type { Client } from '#client/client'
import { useRead } from '../../parts/client.tsx'
import { useProject } from '../../parts/project.tsx'

type Answer<Name extends keyof Client['data']> = Awaited<ReturnType<Client['data'][Name]>>

export type Dataset = Answer<'getDataset'>
export type DataVersion = Answer<'listVersions'>['items'][number]
export type DataVersionDetail = Answer<'getVersion'>
export type ColumnProfile = DataVersionDetail['profile']['columns'][number]
export type ChangeReport = DataVersionDetail['changes']
export type ColumnChange = ChangeReport['columns'][number]
export type Verdict = NonNullable<DataVersionDetail['verdict']>
export type ExpectationResult = Verdict['results'][number]

export function useDatasets() {
  const project = useProject()
  return useRead(
    ['data', 'list', project],
    (client) => client.data.listDatasets({ params: { project } }),
    { watch: ['data'] },
  )
}

export function useDataset(dataset: string) {
  const project = useProject()
  return useRead(
    ['data', 'dataset', project, dataset],
    (client) => client.data.getDataset({ params: { project, dataset } }),
    { watch: [`data:${dataset}`] },
  )
}

/** The newest versions of a data set, newest first. */
export function useVersions(dataset: string, limit = 200) {
  const project = useProject()
  return useRead(
    ['data', 'versions', project, dataset, limit],
    (client) => client.data.listVersions({ params: { project, dataset }, query: { limit } }),
    { watch: [`data:${dataset}`] },
  )
}

export function useVersion(dataset: string, version: string, enabled = true) {
  const project = useProject()
  return useRead(
    ['data', 'version', project, dataset, version],
    (client) => client.data.getVersion({ params: { project, dataset, version } }),
    { watch: [`data:${dataset}@${version}`], enabled },
  )
}

export function usePreview(dataset: string, version: string) {
  const project = useProject()
  return useRead(
    ['data', 'preview', project, dataset, version],
    (client) =>
      client.data.previewVersion({ params: { project, dataset, version }, query: { limit: 50 } }),
    { watch: [] },
  )
}
