import { useInfiniteQuery } from '@tanstack/react-query'
import type { Client } from '#client/client'
import { useClient, useRead } from '../../parts/client.tsx'
import { useProject } from '../../parts/project.tsx'

type Answer<Name extends keyof Client['data']> = Awaited<ReturnType<Client['data'][Name]>>

export type FolderEntry = Answer<'listFolder'>['items'][number]
export type VersionUses = Answer<'listUses'>
export type Use = VersionUses['uses'][number]

/** A version never changes, and neither do its folders. */
const never = { staleTime: Infinity, meta: { watch: [] } }
const pageSize = 500

/** A folder of a version, page by page, as its table asks for them. */
export function useFolder(dataset: string, version: string, folder: string) {
  const client = useClient()
  const project = useProject()
  return useInfiniteQuery({
    queryKey: ['data', 'folder', project, dataset, version, folder],
    initialPageParam: '',
    queryFn: ({ pageParam }) =>
      client.data.listFolder({
        params: { project, dataset, version },
        query: { folder, limit: pageSize, ...(pageParam === '' ? {} : { pageToken: pageParam }) },
      }),
    getNextPageParam: (page) => page.nextPageToken,
    ...never,
  })
}

export function useFileProfile(dataset: string, version: string, path: string) {
  const project = useProject()
  return useRead(
    ['data', 'profile', project, dataset, version, path],
    (client) => client.data.profileFile({ params: { project, dataset, version }, query: { path } }),
    { watch: [] },
  )
}

/** What a version is used for, and what holds it. */
export function useUses(dataset: string, version: string) {
  const project = useProject()
  return useRead(
    ['data', 'uses', project, dataset, version],
    (client) => client.data.listUses({ params: { project, dataset, version } }),
    { watch: ['data', 'run', 'model', 'rollout', 'execution'] },
  )
}
