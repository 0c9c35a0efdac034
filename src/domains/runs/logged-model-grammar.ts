import {
  type Grammar,
  type KeyRule,
  listComparators,
  numberComparators,
  textComparators,
} from '#kernel/filter/grammar'

export type LoggedModelEntity = 'metrics' | 'params' | 'tags' | 'attributes'

const text: KeyRule = {
  value: 'text',
  comparators: [...textComparators, ...listComparators],
  lists: true,
}
const number: KeyRule = { value: 'number', comparators: numberComparators }

/** Keys are the columns of `logged_models`, by the names that MLflow gives them. */
export const loggedModelGrammar: Grammar<LoggedModelEntity> = {
  entities: {
    metrics: { aliases: [], other: number },
    params: { aliases: [], other: text },
    tags: { aliases: [], other: text },
    attributes: {
      aliases: [],
      keys: {
        name: text,
        model_id: { ...text, means: 'id' },
        model_type: text,
        status: text,
        source_run_id: text,
        artifact_location: text,
        artifact_uri: { ...text, means: 'artifact_location' },
        lifecycle_stage: { ...text, means: 'state' },
        experiment_id: { ...number, means: 'experiment' },
        creation_timestamp: { ...number, means: 'created_at' },
        creation_timestamp_ms: { ...number, means: 'created_at' },
        creation_time: { ...number, means: 'created_at' },
        last_updated_timestamp: { ...number, means: 'updated_at' },
        last_updated_timestamp_ms: { ...number, means: 'updated_at' },
      },
    },
  },
  plain: 'attributes',
  nullable: 'nothing',
}
