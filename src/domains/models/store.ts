import type { Kysely, Transaction } from 'kysely'
import type { Context } from '#domains/access/index'

export interface RegisteredModelRow {
  project: string
  name: string
  description: string
  gate: string
  created_at: number
  updated_at: number
}

export interface ModelVersionRow {
  project: string
  model: string
  version: number
  description: string
  run_id: string | null
  learner: string
  options: string
  signature: string
  features: string
  feature_service: string | null
  target: string | null
  inputs: string
  git_commit: string | null
  files: string
  tags: string
  metrics: string
  evaluation_sha256: string | null
  evaluated_at: number | null
  gate: string
  created_at: number
  created_by: string
}

export interface ModelAliasRow {
  project: string
  model: string
  alias: string
  version: number
  moved_at: number
}

export interface AliasMoveRow {
  project: string
  model: string
  number: number
  alias: string
  version: number | null
  previous: number | null
  at: number
  actor: string
  reason: string
  override: number
  evidence: string
}

export interface GateDecisionRow {
  id: string
  project: string
  model: string
  version: number
  passed: number
  findings: string
  champion: number | null
  evaluation_sha256: string | null
  decided_at: number
  actor: string
}

export interface ModelsTables {
  registered_models: RegisteredModelRow
  model_versions: ModelVersionRow
  model_aliases: ModelAliasRow
  alias_moves: AliasMoveRow
  gate_decisions: GateDecisionRow
}

export type ModelsTransaction = Transaction<ModelsTables>
/** Inside a change or outside of one. */
export type ModelsReader = Kysely<ModelsTables>

export const modelColumns = [
  'project',
  'name',
  'description',
  'gate',
  'created_at',
  'updated_at',
] as const satisfies readonly (keyof RegisteredModelRow)[]

export const versionColumns = [
  'project',
  'model',
  'version',
  'description',
  'run_id',
  'learner',
  'options',
  'signature',
  'features',
  'feature_service',
  'target',
  'inputs',
  'git_commit',
  'files',
  'tags',
  'metrics',
  'evaluation_sha256',
  'evaluated_at',
  'gate',
  'created_at',
  'created_by',
] as const satisfies readonly (keyof ModelVersionRow)[]

export function readModels(ctx: Context): ModelsReader {
  return ctx.tables.read<ModelsTables>()
}
