import type { SourceLoggedModel, SourceModelPoint, Tag } from './source.ts'
import { type ForeignDatabase, numberIn, type Row, textIn } from './database.ts'

/** MLflow's numbers for the states of a logged model. */
const statuses: Readonly<Record<number, string>> = {
  0: 'LOGGED_MODEL_STATUS_UNSPECIFIED',
  1: 'LOGGED_MODEL_PENDING',
  2: 'LOGGED_MODEL_READY',
  3: 'LOGGED_MODEL_UPLOAD_FAILED',
}

export async function* readLoggedModels(
  database: ForeignDatabase,
  experiment: string,
): AsyncGenerator<SourceLoggedModel> {
  const rows = await database.query(
    'select * from logged_models where experiment_id = ? order by creation_timestamp_ms, model_id',
    [Number(experiment)],
  )
  for (const row of rows) {
    const id = textIn(row, 'model_id')
    const of = (table: string): Promise<Row[]> =>
      database.query(`select * from ${table} where model_id = ?`, [id])
    yield {
      id,
      name: textIn(row, 'name'),
      artifactLocation: textIn(row, 'artifact_location'),
      modelType: textIn(row, 'model_type'),
      sourceRun: textIn(row, 'source_run_id'),
      status: statuses[numberIn(row, 'status')] ?? 'LOGGED_MODEL_PENDING',
      statusMessage: textIn(row, 'status_message'),
      state: row['lifecycle_stage'] === 'deleted' ? 'deleted' : 'active',
      createdAt: numberIn(row, 'creation_timestamp_ms'),
      updatedAt: numberIn(row, 'last_updated_timestamp_ms'),
      params: (await of('logged_model_params')).map((each) => pair(each, 'param')),
      tags: (await of('logged_model_tags')).map((each) => pair(each, 'tag')),
      metrics: (await of('logged_model_metrics')).map(metricOf),
    }
  }
}

function pair(row: Row, kind: string): Tag {
  return { key: textIn(row, `${kind}_key`), value: textIn(row, `${kind}_value`) }
}

function metricOf(row: Row): SourceModelPoint {
  return {
    key: textIn(row, 'metric_name'),
    value: row['metric_value'] === null ? 'NaN' : numberIn(row, 'metric_value'),
    timestamp: numberIn(row, 'metric_timestamp_ms'),
    step: numberIn(row, 'metric_step'),
    run: textIn(row, 'run_id'),
    datasetName: textIn(row, 'dataset_name') || null,
    datasetDigest: textIn(row, 'dataset_digest') || null,
  }
}
