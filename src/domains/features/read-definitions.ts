import { parseStored } from '#kernel/json'
import { authorize, type Context } from '#domains/access/index'
import { findDefinition } from './apply-features.ts'
import {
  type AggregationFunction,
  type Entity,
  type ServiceDefinition,
  type ViewDefinition,
  type ViewFeature,
} from './definition.ts'
import {
  definitionColumns,
  type DefinitionRow,
  onlineStateColumns,
  type OnlineStateRow,
  readFeatures,
} from './store.ts'
import type { ValueType } from '#science/expression/ast'

export type { AggregationFunction, ViewFeature }

export interface Materialization {
  dataVersion: number
  entities: number
  tiles: number
  newestEvent: number | null
  materializedAt: number
  durationMs: number
}

export interface FeatureView extends ViewDefinition {
  version: string
  current: boolean
  materialized: Materialization | null
  /** Current services that use this version. */
  services: string[]
  createdAt: number
}

export interface FeatureService {
  name: string
  version: string
  current: boolean
  request: ServiceDefinition['request']
  keys: string[]
  timestamp: string
  views: ServiceDefinition['views']
  features: { name: string; view: string | null; expression: string | null; type: ValueType }[]
  createdAt: number
}

/** Entities by name. */
export async function listEntities(ctx: Context, input: { project: string }): Promise<Entity[]> {
  authorize(ctx, 'viewer', input.project)
  const rows = await readFeatures(ctx)
    .selectFrom('feature_entities')
    .select(['name', 'keys'])
    .where('project', '=', input.project)
    .orderBy('name')
    .execute()
  return rows.map(({ name, keys }) => ({ name, keys: parseStored<string[]>(keys) }))
}

interface Listing {
  project: string
  name?: string | undefined
  /** Versions that are not current, too. */
  all: boolean
}

/** Views by name, newest version first. */
export async function listViews(ctx: Context, input: Listing): Promise<FeatureView[]> {
  authorize(ctx, 'viewer', input.project)
  const rows = await definitionRows(ctx, 'feature_views', input)
  return describeViews(ctx, input.project, rows)
}

/** One view, by `name` or `name@version`. Errors: `not_found`. */
export async function getView(
  ctx: Context,
  input: { project: string; view: string },
): Promise<FeatureView> {
  authorize(ctx, 'viewer', input.project)
  const { row } = await findDefinition(readFeatures(ctx), 'view', input.project, input.view)
  const [view] = await describeViews(ctx, input.project, [row])
  return view as FeatureView
}

/** Services by name, newest version first. */
export async function listServices(ctx: Context, input: Listing): Promise<FeatureService[]> {
  authorize(ctx, 'viewer', input.project)
  return (await definitionRows(ctx, 'feature_services', input)).map(serviceFromRow)
}

/** One service, by `name` or `name@version`. Errors: `not_found`. */
export async function getService(
  ctx: Context,
  input: { project: string; service: string },
): Promise<FeatureService> {
  authorize(ctx, 'viewer', input.project)
  const { row } = await findDefinition(readFeatures(ctx), 'service', input.project, input.service)
  return serviceFromRow(row)
}

async function definitionRows(
  ctx: Context,
  table: 'feature_views' | 'feature_services',
  { project, name, all }: Listing,
): Promise<DefinitionRow[]> {
  return readFeatures(ctx)
    .selectFrom(table)
    .select(definitionColumns)
    .where('project', '=', project)
    .$if(name !== undefined, (q) => q.where('name', '=', name as string))
    .$if(!all, (q) => q.where('current', '=', 1))
    .orderBy('name')
    .orderBy('created_at', 'desc')
    .limit(10_000)
    .execute()
}

async function describeViews(
  ctx: Context,
  project: string,
  rows: readonly DefinitionRow[],
): Promise<FeatureView[]> {
  const db = readFeatures(ctx)
  const states = await db
    .selectFrom('feature_online_states')
    .select(onlineStateColumns)
    .where('project', '=', project)
    .execute()
  const services = await definitionRows(ctx, 'feature_services', { project, all: false })
  const used = services.map((row) => parseStored<ServiceDefinition>(row.definition))
  return rows.map((row) => {
    const state = states.find((s) => s.view === row.name && s.version === row.version)
    return {
      ...parseStored<ViewDefinition>(row.definition),
      version: row.version,
      current: row.current === 1,
      materialized: state === undefined ? null : materializationOf(state),
      services: used
        .filter(({ views }) => views.some((v) => v.name === row.name && v.version === row.version))
        .map(({ name }) => name),
      createdAt: row.created_at,
    }
  })
}

export function materializationOf(state: OnlineStateRow): Materialization {
  return {
    dataVersion: state.data_version,
    entities: state.entities,
    tiles: state.tiles,
    newestEvent: state.newest_event,
    materializedAt: state.materialized_at,
    durationMs: state.duration_ms,
  }
}

function serviceFromRow(row: DefinitionRow): FeatureService {
  const { name, request, keys, timestamp, views, viewFeatures, expressions } =
    parseStored<ServiceDefinition>(row.definition)
  return {
    name,
    version: row.version,
    current: row.current === 1,
    request,
    keys,
    timestamp,
    views,
    features: [
      ...viewFeatures.map(({ name: feature, view }) => ({
        name: feature,
        view,
        expression: null,
        type: 'number' as const,
      })),
      ...expressions.map(({ name: feature, expression, type }) => ({
        name: feature,
        view: null,
        expression,
        type,
      })),
    ],
    createdAt: row.created_at,
  }
}
