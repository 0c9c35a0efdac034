import type { Context, Platform } from '#domains/access/index'

export interface EntityRow {
  project: string
  name: string
  keys: string
}

/** Every version of a view or service that was ever applied; the newest applied one is current. */
export interface DefinitionRow {
  project: string
  name: string
  version: string
  definition: string
  current: number
  created_at: number
}

/** What the online store holds of a view. */
export interface OnlineStateRow {
  project: string
  view: string
  version: string
  dataset: string
  data_version: number
  /** Of the view's expressions, by their texts; JSON. */
  types: string
  /** Grows with every change. */
  generation: number
  /** The generation of the last rebuild: what was loaded before is of no use any more. */
  rebuilt: number
  segments: number
  entities: number
  tiles: number
  newest_event: number | null
  /** Nothing older than this is kept; null: everything is. */
  horizon: number | null
  materialized_at: number
  duration_ms: number
}

/** What one materialisation knows of one entity, as JSON: lists of numbers. */
export interface OnlineRow {
  project: string
  view: string
  version: string
  entity: string
  segment: number
  tiles: string
}

export interface TrainingSetRow {
  id: string
  project: string
  service: string
  sha256: string
  report: string
  created_at: number
}

export interface ConsistencyRow {
  id: string
  project: string
  service: string
  report: string
  created_at: number
}

export interface FeaturesTables {
  feature_entities: EntityRow
  feature_views: DefinitionRow
  feature_services: DefinitionRow
  feature_online_states: OnlineStateRow
  feature_online: OnlineRow
  training_sets: TrainingSetRow
  consistency_checks: ConsistencyRow
}

export const definitionColumns = [
  'project',
  'name',
  'version',
  'definition',
  'current',
  'created_at',
] as const satisfies readonly (keyof DefinitionRow)[]

export const onlineStateColumns = [
  'project',
  'view',
  'version',
  'dataset',
  'data_version',
  'types',
  'generation',
  'rebuilt',
  'segments',
  'entities',
  'tiles',
  'newest_event',
  'horizon',
  'materialized_at',
  'duration_ms',
] as const satisfies readonly (keyof OnlineStateRow)[]

export function readFeatures(ctx: Context | Platform) {
  return ctx.tables.read<FeaturesTables>()
}
