import type { Client } from '#client/client'
import { useRead } from '../../parts/client.tsx'
import { useProject } from '../../parts/project.tsx'

type Answer<Name extends keyof Client['deployments']> = Awaited<
  ReturnType<Client['deployments'][Name]>
>

export type EndpointSummary = Answer<'listEndpoints'>['items'][number]
export type EndpointDetail = Answer<'getEndpoint'>
export type Rollout = Answer<'getRollout'>
export type RolloutTransition = Rollout['transitions'][number]
export type ReleaseTest = NonNullable<Rollout['test']>
export type ReleaseGuard = Rollout['guards'][number]
export type TrafficPoint = Answer<'readTraffic'>['items'][number]
export type InputColumn = EndpointDetail['input'][number]
export type LoggedPrediction = Answer<'listPredictions'>['items'][number]
export type PredictBody = Parameters<Client['deployments']['predict']>[0]['body']
export type PredictAnswer = Answer<'predict'>

export function useEndpoints() {
  const project = useProject()
  return useRead(
    ['endpoints', 'list', project],
    (client) => client.deployments.listEndpoints({ params: { project } }),
    { watch: ['endpoint', 'rollout'] },
  )
}

export function useEndpoint(endpoint: string) {
  const project = useProject()
  return useRead(
    ['endpoints', 'endpoint', project, endpoint],
    (client) => client.deployments.getEndpoint({ params: { project, endpoint } }),
    { watch: [`endpoint:${endpoint}`, 'rollout'] },
  )
}

export function useTraffic(endpoint: string, minutes: number) {
  const project = useProject()
  return useRead(
    ['endpoints', 'traffic', project, endpoint, minutes],
    (client) =>
      client.deployments.readTraffic({ params: { project, endpoint }, query: { minutes } }),
    { watch: [`endpoint:${endpoint}`], keep: true, everyMs: 15_000 },
  )
}

export function useRollouts(endpoint: string, limit = 50) {
  const project = useProject()
  return useRead(
    ['endpoints', 'rollouts', project, endpoint, limit],
    (client) =>
      client.deployments.listRollouts({ params: { project, endpoint }, query: { limit } }),
    { watch: ['rollout', `endpoint:${endpoint}`] },
  )
}

export function useRollout(rollout: string) {
  const project = useProject()
  return useRead(
    ['endpoints', 'rollout', project, rollout],
    (client) => client.deployments.getRollout({ params: { project, rollout } }),
    { watch: [`rollout:${rollout}`] },
  )
}

/** Every look at the live results of a release. */
export function useLooks(rollout: string) {
  const project = useProject()
  return useRead(
    ['endpoints', 'looks', project, rollout],
    (client) => client.deployments.listLooks({ params: { project, rollout } }),
    { watch: [`rollout:${rollout}`] },
  )
}

export function usePredictions(endpoint: string, limit = 100) {
  const project = useProject()
  return useRead(
    ['endpoints', 'predictions', project, endpoint, limit],
    (client) =>
      client.deployments.listPredictions({ params: { project, endpoint }, query: { limit } }),
    { watch: [`endpoint:${endpoint}`], keep: true },
  )
}
