import { invalid } from '#kernel/errors'

/** Of what was logged, the keys that are asked for. */
export interface ChosenColumns {
  /** Metrics of which the latest value, the minimum, the maximum is wanted. */
  latest: ReadonlySet<string>
  minimum: ReadonlySet<string>
  maximum: ReadonlySet<string>
  parameters: ReadonlySet<string>
  tags: ReadonlySet<string>
}

const kinds: Readonly<Record<string, keyof ChosenColumns>> = {
  metrics: 'latest',
  min: 'minimum',
  max: 'maximum',
  params: 'parameters',
  tags: 'tags',
}

/** Reads columns such as `min.loss`; undefined means all latest values. Errors: `invalid`. */
export function readChosenColumns(
  columns: readonly string[] | undefined,
): ChosenColumns | undefined {
  if (columns === undefined) return undefined
  const chosen = {
    latest: new Set<string>(),
    minimum: new Set<string>(),
    maximum: new Set<string>(),
    parameters: new Set<string>(),
    tags: new Set<string>(),
  }
  for (const column of columns) {
    const { kind, key } = readColumn(column)
    chosen[kind].add(key)
  }
  return chosen
}

function readColumn(column: string): { kind: keyof ChosenColumns; key: string } {
  const dot = column.indexOf('.')
  const kind = dot < 0 ? undefined : kinds[column.slice(0, dot)]
  const key = column.slice(dot + 1)
  if (kind !== undefined && key !== '') return { kind, key }
  throw invalid(
    `${JSON.stringify(column.slice(0, 200))} is not a column. Write ${Object.keys(kinds).join(', ')}, a dot and the key: metrics.loss.`,
  )
}
