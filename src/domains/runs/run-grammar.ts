import {
  type EntityRule,
  type Grammar,
  type KeyRule,
  listComparators,
  nullComparators,
  numberComparators,
  textComparators,
} from '#kernel/filter/grammar'

export type RunEntity = 'metric' | 'parameter' | 'tag' | 'attribute' | 'dataset'

/** `mlflow`: exactly MLflow's vocabulary. `gyre`: that, and what our own page and command add. */
export type RunLanguage = 'mlflow' | 'gyre'

const text: KeyRule = { value: 'text', comparators: [...textComparators, ...listComparators] }
const instant: KeyRule = { value: 'number', comparators: numberComparators }
const logged: KeyRule = { value: 'text', comparators: [...textComparators, ...nullComparators] }

/** Keys are the columns of `runs`, by the names that MLflow gives them. */
const attributes: Readonly<Record<string, KeyRule>> = {
  run_id: { ...text, lists: true, means: 'id' },
  run_name: { ...text, means: 'name' },
  'run name': { ...text, means: 'name', only: 'filter' },
  'Run name': { ...text, means: 'name', only: 'filter' },
  'Run Name': { ...text, means: 'name', only: 'filter' },
  user_id: { ...text, means: 'user_name' },
  status: text,
  start_time: { ...instant, means: 'started_at' },
  created: { ...instant, means: 'started_at' },
  Created: { ...instant, means: 'started_at' },
  end_time: { ...instant, means: 'ended_at' },
  artifact_uri: text,
}

/** Of the data sets that a run read. */
const dataset: EntityRule = {
  aliases: ['datasets'],
  keys: {
    name: { ...text, lists: true },
    digest: { ...text, lists: true },
    context: { ...text, lists: true },
  },
}

const mlflow: Grammar<RunEntity> = {
  entities: {
    metric: { aliases: ['metrics'], other: instant },
    parameter: { aliases: ['parameters', 'param', 'params'], other: logged },
    tag: { aliases: ['tags'], other: logged },
    attribute: { aliases: ['attr', 'attributes', 'run'], keys: attributes },
    dataset,
  },
  plain: 'attribute',
  nullable: 'tags and params',
}

const gyre: Grammar<RunEntity> = {
  entities: {
    metric: { aliases: ['metrics'], other: nullable(instant) },
    parameter: { aliases: ['parameters', 'param', 'params'], other: logged },
    tag: { aliases: ['tags'], other: logged },
    attribute: {
      aliases: ['attr', 'attributes', 'run'],
      keys: Object.fromEntries(
        Object.entries({
          ...attributes,
          id: { ...text, means: 'id' },
          name: { ...text, means: 'name' },
          user: { ...text, means: 'user_name' },
        } satisfies Record<string, KeyRule>).map(([key, rule]) => [key, nullable(listed(rule))]),
      ),
    },
    dataset,
  },
  plain: 'attribute',
  nullable: 'everything',
}

export const runGrammars: Readonly<Record<RunLanguage, Grammar<RunEntity>>> = { mlflow, gyre }

function nullable(rule: KeyRule): KeyRule {
  return { ...rule, comparators: [...rule.comparators, ...nullComparators] }
}

/** MLflow takes lists of run ids only. */
function listed(rule: KeyRule): KeyRule {
  return rule.value === 'text' ? { ...rule, lists: true } : rule
}
