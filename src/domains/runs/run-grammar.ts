import {
  type Comparison,
  type EntityRule,
  type Grammar,
  type KeyRule,
  listComparators,
  nullComparators,
  numberComparators,
  type Ordering,
  textComparators,
} from '#kernel/filter/grammar'
import { parseFilter } from '#kernel/filter/parse-filter'
import { parseOrder } from '#kernel/filter/parse-order'

type MlflowEntity = 'metric' | 'parameter' | 'tag' | 'attribute' | 'dataset'

/** `minimum` and `maximum` are of all points of a metric, where `metric` is its latest. */
export type RunEntity = MlflowEntity | 'minimum' | 'maximum'

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

const mlflow: Grammar<MlflowEntity> = {
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
    minimum: { aliases: ['min'], other: nullable(instant) },
    maximum: { aliases: ['max'], other: nullable(instant) },
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

/** A filter on runs. Errors: `invalid`. */
export function readRunFilter(language: RunLanguage, filter: string): Comparison<RunEntity>[] {
  return language === 'mlflow' ? parseFilter(mlflow, filter) : parseFilter(gyre, filter)
}

/** How runs are to be ordered. Errors: `invalid`. */
export function readRunOrder(
  language: RunLanguage,
  orderBy: readonly string[],
): Ordering<RunEntity>[] {
  return language === 'mlflow' ? parseOrder(mlflow, orderBy) : parseOrder(gyre, orderBy)
}

function nullable(rule: KeyRule): KeyRule {
  return { ...rule, comparators: [...rule.comparators, ...nullComparators] }
}

/** MLflow takes lists of run ids only. */
function listed(rule: KeyRule): KeyRule {
  return rule.value === 'text' ? { ...rule, lists: true } : rule
}
