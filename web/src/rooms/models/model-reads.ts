import type { Client } from '#client/client'
import { useRead } from '../../parts/client.tsx'
import { textOf } from '../../parts/file-bytes.ts'
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
type Said<Name extends keyof Client['registry']> = Awaited<ReturnType<Client['registry'][Name]>>
export type StageMove = Said<'listStageMoves'>['items'][number]
export type PointersAt = Said<'pointersAt'>
export type Review = Said<'listReviews'>['items'][number]
export type Licence = Said<'getLicence'>
type Kept<Name extends keyof Client['retention']> = Awaited<ReturnType<Client['retention'][Name]>>
export type Retention = Kept<'getModelRetention'>
export type Retirement = Kept<'retireVersions'>
export type ModelHold = Kept<'listModelHolds'>['items'][number]
export type Origin = NonNullable<Awaited<ReturnType<Client['transfer']['getOrigin']>>['origin']>
export type VersionComparison = Answer<'compareVersions'>
export type CodeComparison = Awaited<ReturnType<Client['pipelines']['compareCode']>>

/** As many as a picture can show. */
const mostMoves = 1000

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
    (client) =>
      client.models.listAliasMoves({ params: { project, model }, query: { limit: mostMoves } }),
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

export function useStageMoves(model: string) {
  const project = useProject()
  return useRead(
    ['models', 'stages', project, model],
    (client) =>
      client.registry.listStageMoves({ params: { project, model }, query: { limit: mostMoves } }),
    { watch: [`model:${model}`] },
  )
}

/** What pointed where at a moment; null: now. */
export function usePointersAt(model: string, at: number | null) {
  const project = useProject()
  return useRead(
    ['models', 'pointers', project, model, at],
    (client) =>
      client.registry.pointersAt({
        params: { project, model },
        query: at === null ? {} : { at },
      }),
    { watch: [`model:${model}`], keep: true },
  )
}

export function useReviews(model: string, version: number) {
  const project = useProject()
  const params = { project, model, version: String(version) }
  return useRead(
    ['models', 'reviews', params],
    (client) => client.registry.listReviews({ params }),
    { watch: [`model:${model}`] },
  )
}

export function useLicence(model: string, version: number) {
  const project = useProject()
  const params = { project, model, version: String(version) }
  return useRead(
    ['models', 'licence', params],
    (client) => client.registry.getLicence({ params }),
    {
      watch: [`model:${model}`],
    },
  )
}

const mostCardBytes = 5_000_000

export function useCard(model: string, version: number) {
  const project = useProject()
  const params = { project, model, version: String(version) }
  return useRead(
    ['models', 'card', params],
    async (client) => {
      const { content } = await client.registry.getCard({ params })
      return (await textOf(content, mostCardBytes))?.text ?? ''
    },
    { watch: [`model:${model}`] },
  )
}

/** From the least to the most. */
const roles = ['viewer', 'editor', 'operator', 'admin'] as const

/** The name and the highest role, in this project, of who looks at the page. */
export function useOwnRole() {
  const project = useProject()
  return useRead(
    ['models', 'own-role', project],
    async (client) => {
      const { name, grants } = await client.access.whoami()
      const held = grants.filter(({ project: of }) => of === project || of === '*')
      const role = roles.findLast((each) => held.some((grant) => grant.role === each))
      return `${name}, ${role ?? 'viewer'}`
    },
    { watch: [] },
  )
}

export function useRetention(model: string) {
  const project = useProject()
  return useRead(
    ['models', 'retention', project, model],
    (client) => client.retention.getModelRetention({ params: { project, model } }),
    { watch: [`model:${model}`] },
  )
}

export function useHolds(model: string) {
  const project = useProject()
  return useRead(
    ['models', 'holds', project, model],
    (client) => client.retention.listModelHolds({ params: { project, model } }),
    { watch: [`model:${model}`] },
  )
}

/** What the rules would let go now. */
export function useRetirement(model: string) {
  const project = useProject()
  return useRead(
    ['models', 'retirement', project, model],
    (client) =>
      client.retention.retireVersions({ params: { project, model }, body: { dryRun: true } }),
    { watch: [`model:${model}`] },
  )
}

export function useOrigin(model: string, version: number) {
  const project = useProject()
  const params = { project, model, version: String(version) }
  return useRead(['models', 'origin', params], (client) => client.transfer.getOrigin({ params }), {
    watch: [`model:${model}`],
  })
}
