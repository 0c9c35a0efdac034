import type { Client } from '#client/client'
import { useRead } from '../../parts/client.tsx'
import { useProject } from '../../parts/project.tsx'

type Answer<Name extends keyof Client['store']> = Awaited<ReturnType<Client['store'][Name]>>

export type VersionMark = Answer<'describeHistory'>['items'][number]
export type Hold = Answer<'listHolds'>['items'][number]
export type Retention = Answer<'getRetention'>
export type RetentionPlan = Answer<'explainRetention'>

/** What keeps each version of a data set, and when its events were. */
export function useHistory(dataset: string) {
  const project = useProject()
  return useRead(
    ['data', 'history', project, dataset],
    (client) => client.store.describeHistory({ params: { project, dataset } }),
    { watch: ['data', 'run', 'model'] },
  )
}

export function useHolds() {
  const project = useProject()
  return useRead(
    ['data', 'holds', project],
    (client) => client.store.listHolds({ params: { project } }),
    { watch: ['data'] },
  )
}

/** What rules would do; the ones in force when none are given. */
export function usePlan(dataset: string, rules: Retention | undefined) {
  const project = useProject()
  return useRead(
    ['data', 'plan', project, dataset, rules],
    (client) =>
      client.store.explainRetention({
        params: { project, dataset },
        body: rules === undefined ? {} : { rules },
      }),
    { watch: [`data:${dataset}`], keep: true },
  )
}
