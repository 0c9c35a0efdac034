import type { Client } from '#client/client'
import { useRead } from '../../parts/client.tsx'
import { useProject } from '../../parts/project.tsx'

type Answer<Name extends keyof Client['models']> = Awaited<ReturnType<Client['models'][Name]>>

export type Model = Answer<'getModel'>
export type ModelVersion = Answer<'getVersion'>
export type Evaluation = Answer<'getEvaluation'>
export type Estimate = NonNullable<Evaluation['metrics']['auc']>
export type EvaluationSlice = Evaluation['slices'][number]
export type FairnessResult = Evaluation['fairness'][number]
export type GateDecision = Answer<'listGateDecisions'>['items'][number]
export type GateFinding = GateDecision['findings'][number]
export type AliasMove = Answer<'listAliasMoves'>['items'][number]
export type VersionComparison = Answer<'compareVersions'>
export type CodeComparison = Awaited<ReturnType<Client['pipelines']['compareCode']>>

export function useModels() {
  const project = useProject()
  return useRead(
    ['models', 'list', project],
    (client) => client.models.listModels({ params: { project } }),
    { watch: ['model'] },
  )
}

export function useModel(model: string) {
  const project = useProject()
  return useRead(
    ['models', 'model', project, model],
    (client) => client.models.getModel({ params: { project, model } }),
    { watch: [`model:${model}`] },
  )
}

export function useModelVersions(model: string) {
  const project = useProject()
  return useRead(
    ['models', 'versions', project, model],
    (client) => client.models.listVersions({ params: { project, model }, query: { limit: 200 } }),
    { watch: [`model:${model}`] },
  )
}

export function useModelVersion(model: string, version: string) {
  const project = useProject()
  return useRead(
    ['models', 'version', project, model, version],
    (client) => client.models.getVersion({ params: { project, model, version } }),
    { watch: [`model:${model}`] },
  )
}

/** The evaluation, once there is one. */
export function useEvaluation(version: ModelVersion) {
  const project = useProject()
  const params = { project, model: version.model, version: String(version.version) }
  return useRead(
    ['models', 'evaluation', params],
    (client) => client.models.getEvaluation({ params }),
    { watch: [`model:${version.model}@${version.version}`], enabled: version.evaluatedAt !== null },
  )
}

export function useGateDecisions(model: string, version: number) {
  const project = useProject()
  return useRead(
    ['models', 'gate', project, model, version],
    (client) =>
      client.models.listGateDecisions({ params: { project, model, version: String(version) } }),
    { watch: [`model:${model}`] },
  )
}

export function useAliasMoves(model: string) {
  const project = useProject()
  return useRead(
    ['models', 'history', project, model],
    (client) => client.models.listAliasMoves({ params: { project, model } }),
    { watch: [`model:${model}`] },
  )
}

export function useComparison(model: string, left: string, right: string) {
  const project = useProject()
  return useRead(
    ['models', 'compare', project, model, left, right],
    (client) =>
      client.models.compareVersions({ params: { project, model }, query: { left, right } }),
    { watch: [`model:${model}`], enabled: left !== '' && right !== '', keep: true },
  )
}

export function useCodeComparison(model: string, left: string, right: string) {
  const project = useProject()
  return useRead(
    ['models', 'code', project, model, left, right],
    (client) =>
      client.pipelines.compareCode({ params: { project, model }, query: { left, right } }),
    { watch: [`model:${model}`], enabled: left !== '' && right !== '', keep: true },
  )
}
