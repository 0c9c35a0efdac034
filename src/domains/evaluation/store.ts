import type { Kysely, Transaction } from 'kysely'
import type { Context } from '#domains/access/index'

export interface EvaluationSetRow {
  project: string
  id: string
  name: string
  digest: string
  /** JSON: the members that records have, with their types; null before there is a record. */
  fields: string | null
  created_at: number
  updated_at: number
  created_by: string | null
  updated_by: string | null
}

export interface EvaluationSetTagRow {
  project: string
  set_id: string
  key: string
  value: string
}

export interface EvaluationSetExperimentRow {
  project: string
  set_id: string
  experiment: number
}

export interface EvaluationRecordRow {
  project: string
  set_id: string
  id: string
  /** sha256 of the inputs as canonical JSON: what makes a record the same one. */
  input_digest: string
  /** JSON, as the other members below but the last ones. */
  inputs: string
  outputs: string | null
  expectations: string | null
  tags: string
  source: string | null
  source_id: string | null
  created_at: number
  updated_at: number
  created_by: string | null
  updated_by: string | null
}

export interface ScorerRow {
  project: string
  id: string
  experiment: number
  name: string
}

export interface ScorerVersionRow {
  project: string
  scorer_id: string
  version: number
  /** JSON, as MLflow's client writes it. */
  definition: string
  created_at: number
}

/** How a scorer looks at what arrives. */
export interface ScorerSamplingRow {
  project: string
  scorer_id: string
  id: string
  experiment: number
  sample_rate: number
  filter: string | null
}

export interface IssueRow {
  project: string
  id: string
  experiment: number
  name: string
  description: string
  status: string
  severity: string | null
  /** JSON lists of texts. */
  root_causes: string
  categories: string
  source_run: string | null
  created_by: string | null
  created_at: number
  updated_at: number
}

export interface EvaluationTables {
  evaluation_sets: EvaluationSetRow
  evaluation_set_tags: EvaluationSetTagRow
  evaluation_set_experiments: EvaluationSetExperimentRow
  evaluation_records: EvaluationRecordRow
  scorers: ScorerRow
  scorer_versions: ScorerVersionRow
  scorer_sampling: ScorerSamplingRow
  issues: IssueRow
}

export type EvaluationTransaction = Transaction<EvaluationTables>
/** Inside a change or outside of one. */
export type EvaluationReader = Kysely<EvaluationTables>

export const evaluationSetColumns = [
  'project',
  'id',
  'name',
  'digest',
  'fields',
  'created_at',
  'updated_at',
  'created_by',
  'updated_by',
] as const satisfies readonly (keyof EvaluationSetRow)[]

export const evaluationRecordColumns = [
  'project',
  'set_id',
  'id',
  'input_digest',
  'inputs',
  'outputs',
  'expectations',
  'tags',
  'source',
  'source_id',
  'created_at',
  'updated_at',
  'created_by',
  'updated_by',
] as const satisfies readonly (keyof EvaluationRecordRow)[]

export const issueColumns = [
  'project',
  'id',
  'experiment',
  'name',
  'description',
  'status',
  'severity',
  'root_causes',
  'categories',
  'source_run',
  'created_by',
  'created_at',
  'updated_at',
] as const satisfies readonly (keyof IssueRow)[]

export function readEvaluation(ctx: Context): EvaluationReader {
  return ctx.tables.read<EvaluationTables>()
}
