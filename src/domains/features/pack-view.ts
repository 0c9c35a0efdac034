import type { FrameSession } from '#ports/frames/frames'
import type { Context } from '#domains/access/index'
import { type DataFile, type OpenedVersion, scanFiles } from '#domains/data/index'
import type { ViewDefinition } from './definition.ts'
import { latestRows } from './latest-sql.ts'
import { entityKeySql } from './online-format.ts'
import { sourceRows } from './source-sql.ts'
import { createTiles } from './tile-sql.ts'
import { type AggregatePlan, type LatestPlan, planView, type ViewTypes } from './view-plan.ts'

/** Tiles of some files by entity, as texts for the online store. */
export interface PackedView {
  entities: { entity: string; tiles: string }[]
  tiles: number
}

/** Which part of the history is kept. */
export interface KeptHistory {
  /** Milliseconds: nothing that happened before; null: all. */
  from: number | null
  /** The first day whose fine tiles are kept; null: all. */
  fineFromDay: number | null
}

/** Computes what the online store keeps of these files. */
export async function packView(
  ctx: Context,
  view: ViewDefinition,
  types: ViewTypes,
  data: OpenedVersion,
  files: readonly DataFile[],
  kept: KeptHistory,
): Promise<PackedView> {
  if (files.length === 0) return { entities: [], tiles: 0 }
  const plan = planView(view, types)
  return ctx.frames.session(async (session) => {
    const source = await scanFiles(ctx, session, files)
    const range = { from: kept.from, to: null }
    const rows = sourceRows(view, data.schema, plan.expressions, source, range)
    return plan.kind === 'aggregate'
      ? packAggregates(session, plan, view.keys, rows, kept)
      : packLatest(session, plan, view.keys, rows)
  })
}

async function packAggregates(
  session: FrameSession,
  plan: AggregatePlan,
  keys: readonly string[],
  rows: string,
  { fineFromDay }: KeptHistory,
): Promise<PackedView> {
  const { fine } = await createTiles(session, 'pack', plan, keys, rows)
  if (fine && fineFromDay !== null) {
    await session.run(`DELETE FROM pack_fine WHERE day < ${fineFromDay}`)
  }
  const numbers = ['day', 'known', ...plan.measures.map((_, i) => `m${i}`)]
  const coarse = await packTable(session, 'pack_coarse', keys, numbers)
  const finer = fine ? await packTable(session, 'pack_fine', keys, numbers) : undefined
  const byEntity = new Map(finer?.entity.map((entity, i) => [entity, finer.packed[i] ?? '[]']))
  const entities = coarse.entity.map((entity, i) => {
    const today = byEntity.get(entity)
    const tiles = `{"coarse":${coarse.packed[i] ?? '[]'}${today === undefined ? '' : `,"fine":${today}`}}`
    return { entity, tiles }
  })
  return { entities, tiles: coarse.count + (finer?.count ?? 0) }
}

async function packLatest(
  session: FrameSession,
  plan: LatestPlan,
  keys: readonly string[],
  rows: string,
): Promise<PackedView> {
  const values = plan.expressions.map((_, i) => `nullif(packed[${i + 1}], '-inf'::DOUBLE) AS v${i}`)
  await session.run(
    `CREATE TEMP TABLE pack_latest AS SELECT *, ${values.join(', ')} FROM (${latestRows(plan, keys, rows)})`,
  )
  const numbers = ['ts', 'known', ...plan.expressions.map((_, i) => `v${i}`)]
  const latest = await packTable(session, 'pack_latest', keys, numbers)
  const entities = latest.entity.map((entity, i) => ({
    entity,
    tiles: `{"latest":${latest.packed[i] ?? '[]'}}`,
  }))
  return { entities, tiles: latest.count }
}

/** One text per entity: the numbers of all its rows in one list. */
async function packTable(
  session: FrameSession,
  table: string,
  keys: readonly string[],
  numbers: readonly string[],
): Promise<{ entity: string[]; packed: string[]; count: number }> {
  const list = numbers.map((name) => `CAST(${name} AS DOUBLE)`).join(', ')
  const columns = await session.columns(
    `SELECT ${entityKeySql(keys.length)} AS entity, to_json(flatten(list([${list}])))::VARCHAR AS packed,
       count(*) AS n FROM ${table} GROUP BY entity ORDER BY entity`,
  )
  const counts = (columns['n'] ?? []) as number[]
  return {
    entity: (columns['entity'] ?? []) as string[],
    packed: (columns['packed'] ?? []) as string[],
    count: counts.reduce((sum, n) => sum + n, 0),
  }
}
