import { GyreError, invalid } from '#kernel/errors'
import { formatInstant, parseDuration, parseInstant } from '#kernel/time'
import { type FrameColumn, type FrameSession, quoteName } from '#ports/frames/frames'
import { parseExpression } from '#science/expression/parse'
import { expressionToSql } from '#science/expression/to-sql'
import type { ServiceDefinition } from './definition.ts'
import { expressionTypes, typeOfExpression } from './resolve-features.ts'
import { castColumn, millisOf, timestampOf, typedColumn } from './source-sql.ts'

/** Which rows of a data version features are joined to. */
export interface DataSpine {
  from?: string | undefined
  /** Exclusive. */
  to?: string | undefined
  sample?: number | undefined
  seed: number
  /** `name=expression`. Rows whose label is null are left out: nobody can learn from them. */
  label?: string | undefined
  keep: readonly string[]
}

/** A table `spine`: pos, t, k0…, r0…, and the columns that go into the result as they are. */
export interface Spine {
  /** Columns of `spine` by their names in the result. */
  kept: { name: string; column: string }[]
  from: number | null
  to: number | null
}

export interface SpineSource {
  sql: string
  columns: readonly FrameColumn[]
  /** Highest value of the timestamp column; null when unknown. */
  newest: number | null
  /** The column that says as of when. */
  timestamp: string
  /** What the rows are called in errors. */
  name: string
}

/** A name that no column of the data has. */
const position = '"gyre: position of the row"'

/** Creates the table `spine` of rows of a data version, in their order. */
export async function createDataSpine(
  session: FrameSession,
  service: ServiceDefinition,
  source: SpineSource,
  asked: DataSpine,
): Promise<Spine> {
  const from = readMoment('from', asked.from, source.newest)
  const to = readMoment('to', asked.to, source.newest)
  if (from !== null && to !== null && from >= to) {
    throw invalid(
      `There are no rows: from ${formatInstant(from)} is not before to ${formatInstant(to)}.`,
    )
  }
  const label = asked.label === undefined ? undefined : readLabel(asked.label, source)
  const kept = keptColumns(service, source, asked.keep, label?.name)
  const at = quoteName(source.timestamp)
  const conditions = [
    `${at} IS NOT NULL`,
    ...(from === null ? [] : [`${at} >= ${timestampOf(String(from))}`]),
    ...(to === null ? [] : [`${at} < ${timestampOf(String(to))}`]),
    ...(label === undefined ? [] : [`(${label.sql}) IS NOT NULL`]),
  ]
  const items = [
    ...spineItems(service, source),
    ...kept.map(({ name, column }) => `${quoteName(name)} AS ${column}`),
    ...(label === undefined ? [] : [`${label.result} AS label`]),
  ]
  const rows = `(SELECT row_number() OVER () AS ${position}, * FROM ${source.sql} WHERE ${conditions.join(' AND ')})`
  if (asked.sample !== undefined) {
    const count = `SELECT count(*) AS n FROM ${source.sql} WHERE ${conditions.join(' AND ')}`
    await choosePositions(session, count, asked.sample, asked.seed)
  }
  const chosen = asked.sample === undefined ? '' : ` WHERE ${position} IN (SELECT pos FROM chosen)`
  await session.run(
    `CREATE TEMP TABLE spine AS SELECT ${position} AS pos, ${items.join(', ')} FROM ${rows}${chosen}`,
  )
  const labelled = label === undefined ? [] : [{ name: label.name, column: 'label' }]
  return { kept: [...kept, ...labelled], from, to }
}

/** Positions 1 … n, the same for the same seed. Choosing numbers is cheaper than sorting rows. */
async function choosePositions(
  session: FrameSession,
  count: string,
  sample: number,
  seed: number,
): Promise<void> {
  const [found] = await session.rows<{ n: number }>(count)
  await session.run(
    `CREATE TEMP TABLE chosen AS SELECT pos FROM range(1, ${(found?.n ?? 0) + 1}) r(pos)
     ORDER BY hash(pos, ${seed}), pos LIMIT ${sample}`,
  )
}

/** Creates the table `spine` of all rows of a table that somebody brought, with all its columns. */
export async function createGivenSpine(
  session: FrameSession,
  service: ServiceDefinition,
  source: SpineSource,
): Promise<Spine> {
  const kept = source.columns.map(({ name }, i) => ({ name, column: `x${i}` }))
  const items = [
    ...spineItems(service, source),
    ...kept.map(({ name, column }) => `${quoteName(name)} AS ${column}`),
  ]
  await session.run(
    `CREATE TEMP TABLE spine AS SELECT row_number() OVER () AS pos, * FROM
       (SELECT ${items.join(', ')} FROM ${source.sql})`,
  )
  return { kept, from: null, to: null }
}

/** Time, keys and request columns, checked and typed. */
function spineItems(service: ServiceDefinition, source: SpineSource): string[] {
  const known = new Map(source.columns.map((column) => [column.name, column]))
  const need = (name: string, what: string): FrameColumn => {
    const column = known.get(name)
    if (column !== undefined) return column
    throw invalid(
      `${source.name} has no column "${name}", ${what} of service "${service.name}". It has: ${[...known.keys()].join(', ')}.`,
    )
  }
  const at = need(source.timestamp, 'the timestamp')
  if (at.type !== 'timestamp') {
    throw invalid(`Column "${at.name}" of ${source.name} is ${at.nativeType}; it must be a time.`)
  }
  return [
    `${millisOf(source.timestamp)} AS t`,
    ...service.keys.map((key, i) => {
      need(key, 'a key')
      return `CAST(${quoteName(key)} AS VARCHAR) AS k${i}`
    }),
    ...service.request.map(({ name, type }, i) => {
      const column = need(name, 'a request column')
      checkRequestType(source.name, column, type)
      return `${requestSql(column)} AS r${i}`
    }),
  ]
}

/** Times are cut to milliseconds, as requests give them. */
function requestSql(column: FrameColumn): string {
  return column.type === 'timestamp'
    ? timestampOf(millisOf(column.name))
    : castColumn(quoteName(column.name), column.type)
}

function checkRequestType(source: string, column: FrameColumn, wanted: string): void {
  const type = expressionTypes([column])[column.name]
  if (type === wanted) return
  throw invalid(
    `Column "${column.name}" of ${source} is ${column.nativeType}, but the service asks for a ${wanted}.`,
  )
}

function keptColumns(
  service: ServiceDefinition,
  source: SpineSource,
  keep: readonly string[],
  label: string | undefined,
): Spine['kept'] {
  const known = new Set(source.columns.map((column) => column.name))
  for (const name of keep) {
    if (known.has(name)) continue
    throw invalid(
      `${source.name} has no column "${name}" to keep. It has: ${[...known].join(', ')}.`,
    )
  }
  const requested = service.request.map(({ name }) => name)
  const names = [...new Set([source.timestamp, ...service.keys, ...requested, ...keep])]
  return names.filter((name) => name !== label).map((name, i) => ({ name, column: `x${i}` }))
}

function readLabel(
  text: string,
  source: SpineSource,
): { name: string; sql: string; result: string } {
  const equals = text.indexOf('=')
  const name = text.slice(0, equals).trim()
  if (equals < 1 || !/^[\p{L}_][\p{L}\p{N}_]*$/u.test(name)) {
    throw invalid(
      `The label ${JSON.stringify(text.slice(0, 100))} must be written name=expression.`,
    )
  }
  const expression = text.slice(equals + 1)
  const type = typeOfExpression(`label ${name}`, expression, expressionTypes(source.columns))
  const sql = expressionToSql(parseExpression(expression), typedColumn(source.columns))
  return { name, sql, result: type === 'boolean' ? `CAST(${sql} AS INTEGER)` : sql }
}

/** An instant, or a duration before the newest row: `-56d`. */
function readMoment(what: string, text: string | undefined, newest: number | null): number | null {
  if (text === undefined) return null
  const relative = /^-\s*(.+)$/.exec(text.trim())?.[1]
  if (relative === undefined || /^\d{4}-/.test(relative)) return readInstant(what, text)
  const ms = readDuration(what, text, relative)
  if (newest === null)
    throw invalid(`${what}: ${text} counts from the newest row, but there is none.`)
  return newest - ms
}

function readInstant(what: string, text: string): number {
  try {
    return parseInstant(text)
  } catch (thrown) {
    throw withPlace(what, thrown)
  }
}

function readDuration(what: string, text: string, relative: string): number {
  try {
    return parseDuration(relative)
  } catch (thrown) {
    throw withPlace(`${what} ${text}`, thrown)
  }
}

function withPlace(place: string, thrown: unknown): unknown {
  return thrown instanceof GyreError ? invalid(`${place}: ${thrown.public}`) : thrown
}
