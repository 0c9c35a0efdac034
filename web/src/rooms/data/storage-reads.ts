import type { Client } from '#client/client'
import { useRead } from '../../parts/client.tsx'
import { useProject } from '../../parts/project.tsx'

type Answer<Name extends keyof Client['store']> = Awaited<ReturnType<Client['store'][Name]>>

export type ProjectUsage = Answer<'describeUsage'>
export type StoreSummary = Answer<'describeStore'>
export type Collected = Answer<'collectGarbage'>
export type BlobReasons = Answer<'explainBlob'>

/** What the data sets of the project hold; shared files once. */
export function useUsage() {
  const project = useProject()
  return useRead(
    ['data', 'usage', project],
    (client) => client.store.describeUsage({ params: { project } }),
    { watch: ['data', 'remote'] },
  )
}

/** What the store of all projects takes. */
export function useStore(enabled: boolean) {
  return useRead(['store', 'summary'], (client) => client.store.describeStore(), {
    watch: ['data', 'remote', 'blob', 'project'],
    enabled,
  })
}
