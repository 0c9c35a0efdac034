import type { RunColumns, RunSummary } from './run-reads.ts'

/** Of a metric its latest value, its minimum or its maximum. */
const kinds = ['metrics', 'min', 'max', 'params', 'tags'] as const

/** A chosen column of the table: `metrics.auc`, `max.auc`, `params.depth`, `tags.team`. */
export interface RunColumn {
  id: string
  kind: (typeof kinds)[number]
  key: string
}

/** Reads a column's id as it stands in the address. */
export function parseColumn(id: string): RunColumn | undefined {
  const dot = id.indexOf('.')
  const kind = kinds.find((each) => each === id.slice(0, dot))
  return kind === undefined ? undefined : { id, kind, key: id.slice(dot + 1) }
}

export function isMeasured({ kind }: RunColumn): boolean {
  return kind === 'metrics' || kind === 'min' || kind === 'max'
}

/** Every column there is, metrics first. */
export function allColumns(keys: RunColumns): RunColumn[] {
  const of = (kind: RunColumn['kind'], names: readonly string[]) =>
    names.map((key): RunColumn => ({ id: `${kind}.${key}`, kind, key }))
  return [
    ...of('metrics', keys.metrics),
    ...of('params', keys.parameters),
    ...of('tags', keys.tags),
  ]
}

/** What is shown before anybody chose: a few of each kind that people look at first. */
export function firstColumns(keys: RunColumns): RunColumn[] {
  const all = allColumns(keys).filter(
    ({ key }) => !key.startsWith('mlflow.') && !key.includes('system/'),
  )
  const some = (kind: RunColumn['kind'], count: number) =>
    all
      .filter((column) => column.kind === kind)
      .toSorted((a, b) => interestOf(a) - interestOf(b))
      .slice(0, count)
  return [...some('metrics', 5), ...some('params', 4)]
}

export function columnValue(run: RunSummary, column: RunColumn): number | string | undefined {
  const { kind, key } = column
  const values = {
    metrics: run.metrics,
    min: run.minimums,
    max: run.maximums,
    params: run.parameters,
    tags: run.tags,
  }
  return values[kind]?.[key]
}

/** What stands above the column. */
export function columnTitle({ kind, key }: RunColumn): string {
  return kind === 'min' || kind === 'max' ? `${kind} ${key}` : key
}

/** The column in the filter grammar; keys with other signs stand in backticks. */
export function fieldOf(column: RunColumn): string {
  return /^[A-Za-z_][\w.]*$/.test(column.key) ? column.id : `${column.kind}.\`${column.key}\``
}

const quality = /auc|loss|acc|f1|brier|error|rmse|mae|mse|precision|recall|score/i
const effort = /second|per_|time|memory|duration/i

/** Quality is looked at before effort. */
function interestOf({ key }: RunColumn): number {
  return quality.test(key) ? 0 : effort.test(key) ? 2 : 1
}
