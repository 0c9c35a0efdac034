import type { Kysely, Transaction } from 'kysely'
import type { Context } from '#domains/access/index'

export interface RegisteredModelRow {
  project: string
  name: string
  description: string
  gate: string
  /** The aliases and stages that a version reaches only through the gate: a JSON list. */
  guards: string
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
  /** The address that it was registered from; null: its files were handed over one by one. */
  source: string | null
  /** Where a client finds the artifacts, once `models:/…` is followed; null as for `source`. */
  storage_location: string | null
  run_link: string | null
  logged_model: string | null
  stage: string
  /** `deleted`: only its number is kept, so that no other version gets it. */
  state: string
  metrics: string
  evaluation_sha256: string | null
  evaluated_at: number | null
  gate: string
  /** As somebody declared it. */
  licence: string | null
  /** Of the manifest that it was imported with; null: it was registered here. */
  origin_sha256: string | null
  created_at: number
  created_by: string
  updated_at: number
}

export interface ModelTagRow {
  project: string
  model: string
  key: string
  value: string
}

export interface VersionTagRow extends ModelTagRow {
  version: number
}

/** What somebody says of a version: `approved`, `rejected`, or a `comment` only. */
export interface VersionReviewRow {
  id: string
  project: string
  model: string
  version: number
  verdict: string
  comment: string
  actor: string
  /** The highest that the actor had in the project at that moment. */
  role: string
  at: number
}

export interface StageMoveRow {
  project: string
  model: string
  number: number
  version: number
  /** null: the version is no longer there under this name. */
  stage: string | null
  previous: string | null
  at: number
  actor: string
  reason: string
  override: number
  evidence: string
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

export interface ModelRetentionRow {
  project: string
  model: string
  keep_versions: number | null
  keep_days: number | null
}

export interface ModelHoldRow {
  id: string
  project: string
  model: string
  /** null: every version. */
  version: number | null
  reason: string
  created_by: string
  created_at: number
  released_by: string | null
  released_at: number | null
}

export interface ModelsTables {
  registered_models: RegisteredModelRow
  model_versions: ModelVersionRow
  model_tags: ModelTagRow
  version_tags: VersionTagRow
  version_reviews: VersionReviewRow
  model_aliases: ModelAliasRow
  alias_moves: AliasMoveRow
  stage_moves: StageMoveRow
  gate_decisions: GateDecisionRow
  model_retention: ModelRetentionRow
  model_holds: ModelHoldRow
}

export type ModelsTransaction = Transaction<ModelsTables>
/** Inside a change or outside of one. */
export type ModelsReader = Kysely<ModelsTables>

export const modelColumns = [
  'project',
  'name',
  'description',
  'gate',
  'guards',
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
  'source',
  'storage_location',
  'run_link',
  'logged_model',
  'stage',
  'state',
  'metrics',
  'evaluation_sha256',
  'evaluated_at',
  'gate',
  'licence',
  'origin_sha256',
  'created_at',
  'created_by',
  'updated_at',
] as const satisfies readonly (keyof ModelVersionRow)[]

export function readModels(ctx: Context): ModelsReader {
  return ctx.tables.read<ModelsTables>()
}

/** For what may walk over many rows. */
export function scanModels(ctx: Context): ModelsReader {
  return ctx.tables.scan<ModelsTables>()
}
