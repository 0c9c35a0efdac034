/** A model that a run logged, registered or not: MLflow 3 makes one for every `log_model`. */
export interface LoggedModelRow {
  id: string
  project: string
  experiment: number
  name: string
  /** Where its files are, as an address. */
  artifact_location: string
  model_type: string
  source_run_id: string | null
  status: string
  status_message: string | null
  state: string
  created_at: number
  created_by: string
  updated_at: number
}

export interface LoggedModelTextRow {
  model_id: string
  key: string
  value: string
}

export interface LoggedModelTables {
  logged_models: LoggedModelRow
  logged_model_params: LoggedModelTextRow
  logged_model_tags: LoggedModelTextRow
}

export const loggedModelColumns = [
  'id',
  'project',
  'experiment',
  'name',
  'artifact_location',
  'model_type',
  'source_run_id',
  'status',
  'status_message',
  'state',
  'created_at',
  'created_by',
  'updated_at',
] as const satisfies readonly (keyof LoggedModelRow)[]
