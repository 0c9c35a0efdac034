import { type FrameColumn, type FrameSession, quoteName } from '#ports/frames/frames'
import { expressionToSql } from '#science/expression/to-sql'
import { parseExpression } from '#science/expression/parse'
import { dayMs, type ServiceDefinition, type ViewDefinition } from './definition.ts'
import { createLatest } from './latest-sql.ts'
import { sourceRows } from './source-sql.ts'
import { createTiles, createToday, createWindows, featureSql } from './tile-sql.ts'
import { type AggregatePlan, type LatestPlan, planView, viewTypes } from './view-plan.ts'

/** A view of a service and where its rows are. */
export interface JoinedView {
  definition: ViewDefinition
  columns: readonly FrameColumn[]
  /** A FROM-clause item. */
  source: string
}

/** What a view adds to the final query. */
interface Part {
  joins: string[]
  features: { name: string; sql: string }[]
}

/**
 * Computes the features of every row of the table `spine` as they were known at its moment.
 * Creates the table `featured`: pos and one DOUBLE per feature, null where nothing is known.
 */
export async function createFeatured(
  session: FrameSession,
  service: ServiceDefinition,
  views: readonly JoinedView[],
): Promise<void> {
  const [range] = await session.rows<{ low: number | null; high: number | null }>(
    'SELECT min(t)::DOUBLE AS low, max(t)::DOUBLE AS high FROM spine',
  )
  const parts: Part[] = []
  for (const [i, view] of views.entries()) {
    const at = { from: range?.low ?? null, to: range?.high ?? null }
    parts.push(await joinView(session, service, view, `view${i}`, at))
  }
  const computed = new Map(parts.flatMap(({ features }) => features).map((f) => [f.name, f.sql]))
  const requested = new Map(service.request.map(({ name }, i) => [name, `s.r${i}`]))
  const column = (name: string): string => requested.get(name) ?? computed.get(name) ?? 'NULL'
  const expressions = service.expressions.map(({ name, expression, type }) => {
    const sql = expressionToSql(parseExpression(expression), column)
    return { name, sql: type === 'timestamp' ? `epoch_ms(${sql})` : sql }
  })
  const items = [
    ...service.viewFeatures.map(({ name }) => ({ name, sql: column(name) })),
    ...expressions,
  ].map(({ name, sql }) => `CAST(${sql} AS DOUBLE) AS ${quoteName(name)}`)
  await session.run(
    `CREATE TEMP TABLE featured AS SELECT s.pos, ${items.join(', ')}
     FROM spine s ${parts.flatMap(({ joins }) => joins).join(' ')}`,
  )
}

/** Which keys of the service are those of the view, in the view's order. */
function keyColumns(service: ServiceDefinition, view: ViewDefinition): string[] {
  return view.keys.map((key) => `k${service.keys.indexOf(key)}`)
}

async function joinView(
  session: FrameSession,
  service: ServiceDefinition,
  view: JoinedView,
  name: string,
  range: { from: number | null; to: number | null },
): Promise<Part> {
  const plan = planView(view.definition, viewTypes(view.definition, view.columns))
  const { definition, columns, source } = view
  const reach = plan.kind === 'aggregate' ? (plan.longestDays + 1) * dayMs : plan.ttlMs
  const from = reach === null || range.from === null ? null : range.from - reach
  // A row may be known before it happens: on the last day all of its rows count.
  const to = range.to === null ? null : (Math.floor(range.to / dayMs) + 1) * dayMs
  const rows = sourceRows(definition, columns, plan.expressions, source, { from, to })
  const keys = keyColumns(service, definition)
  return plan.kind === 'aggregate'
    ? joinAggregates(session, name, plan, definition.keys, keys, rows)
    : joinLatest(session, name, plan, definition.keys, keys, rows)
}

async function joinAggregates(
  session: FrameSession,
  name: string,
  plan: AggregatePlan,
  viewKeys: readonly string[],
  keys: readonly string[],
  rows: string,
): Promise<Part> {
  const { fine } = await createTiles(session, name, plan, viewKeys, rows)
  const asked = keys.map((key, i) => `${key} AS k${i}`).join(', ')
  await session.run(
    `CREATE TEMP TABLE ${name}_moments AS
     SELECT t, CAST(floor(t / ${dayMs}e0) AS BIGINT) AS day, c.known AS moment
     FROM (SELECT DISTINCT t FROM spine) ASOF LEFT JOIN
       (SELECT DISTINCT known FROM ${name}_coarse) c ON t >= c.known`,
  )
  await session.run(
    `CREATE TEMP TABLE ${name}_asked AS SELECT DISTINCT ${asked}, day, moment
     FROM spine JOIN ${name}_moments USING (t) WHERE moment IS NOT NULL`,
  )
  await createWindows(session, name, plan, viewKeys)
  const [m, w, d] = [`${name}_m`, `${name}_w`, `${name}_d`]
  const same = (table: string): string =>
    keys.map((key, i) => `s.${key} = ${table}.k${i}`).join(' AND ')
  const joins = [
    `LEFT JOIN ${name}_moments ${m} ON s.t = ${m}.t`,
    `LEFT JOIN ${name}_windows ${w} ON ${same(w)} AND ${m}.day = ${w}.day AND ${m}.moment = ${w}.moment`,
  ]
  if (fine) {
    await createToday(session, name, plan, viewKeys)
    joins.push(
      `ASOF LEFT JOIN ${name}_today ${d} ON ${same(d)} AND ${m}.day = ${d}.day AND s.t >= ${d}.known`,
    )
  }
  const tables = { windows: w, today: fine ? d : undefined }
  return {
    joins,
    features: plan.features.map((feature) => ({
      name: feature.name,
      sql: featureSql(plan, feature, tables),
    })),
  }
}

async function joinLatest(
  session: FrameSession,
  name: string,
  plan: LatestPlan,
  viewKeys: readonly string[],
  keys: readonly string[],
  rows: string,
): Promise<Part> {
  await createLatest(session, name, plan, viewKeys, rows)
  const same = keys.map((key, i) => `s.${key} = ${name}_l.k${i}`).join(' AND ')
  const fresh = plan.ttlMs === null ? 'true' : `s.t - ${name}_l.ts <= ${plan.ttlMs}`
  return {
    joins: [`ASOF LEFT JOIN ${name}_latest ${name}_l ON ${same} AND s.t >= ${name}_l.start`],
    features: plan.features.map((feature, i) => ({
      name: feature.name,
      sql: `CASE WHEN ${fresh} THEN ${name}_l.v${i} END`,
    })),
  }
}
