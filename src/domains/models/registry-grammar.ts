import {
  type Grammar,
  type KeyRule,
  listComparators,
  numberComparators,
  textComparators,
} from '#kernel/filter/grammar'

export type RegistryEntity = 'attribute' | 'tag'

const text: KeyRule = { value: 'text', comparators: textComparators }
const listed: KeyRule = {
  value: 'text',
  comparators: [...textComparators, ...listComparators],
  lists: true,
}
const number: KeyRule = { value: 'number', comparators: numberComparators }
const tag = { aliases: ['tags'], other: text }

/** Keys are the columns of `registered_models`, by the names that MLflow gives them. */
export const modelGrammar: Grammar<RegistryEntity> = {
  entities: {
    attribute: {
      aliases: ['attributes'],
      keys: {
        name: listed,
        timestamp: { ...number, means: 'updated_at', only: 'order' },
        last_updated_timestamp: { ...number, means: 'updated_at', only: 'order' },
      },
    },
    tag,
  },
  plain: 'attribute',
  nullable: 'nothing',
}

/** Keys are the columns of `model_versions`, by the names that MLflow gives them. */
export const versionGrammar: Grammar<RegistryEntity> = {
  entities: {
    attribute: {
      aliases: ['attributes'],
      keys: {
        name: { ...listed, means: 'model' },
        version_number: { ...number, means: 'version' },
        run_id: { ...listed, only: 'filter' },
        source_path: { ...text, means: 'source', only: 'filter' },
        creation_timestamp: { ...number, means: 'created_at', only: 'order' },
        last_updated_timestamp: { ...number, means: 'updated_at', only: 'order' },
      },
    },
    tag,
  },
  plain: 'attribute',
  nullable: 'nothing',
}
