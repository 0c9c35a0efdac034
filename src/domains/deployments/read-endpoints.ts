import { parseStored } from '#kernel/json'
import { authorize, type Context } from '#domains/access/index'
import type {
  EndpointDetail,
  EndpointSummary,
  InputColumn,
  Variant,
  VariantRole,
} from './endpoint.ts'
import type { FeatureSource } from './feature-source.ts'
import { findEndpoint } from './find-endpoint.ts'
import { gatewaysOf } from './gateways.ts'
import type { RolloutPolicy } from './policy.ts'
import { activeRollout, describeRollout } from './rollout.ts'
import { addMinutes, type ServiceNumbers, serviceNumbers } from './service-meter.ts'
import {
  endpointColumns,
  type EndpointRow,
  readDeployments,
  trafficColumns,
  variantColumns,
} from './store.ts'
import { minuteFromRow } from './traffic.ts'
import { inputOf } from './version-input.ts'

const minuteMs = 60_000
const hourMs = 3_600_000

export interface EndpointQuery {
  project: string
  endpoint: string
}

/** Endpoints of a project by name. */
export async function listEndpoints(
  ctx: Context,
  input: { project: string },
): Promise<{ items: EndpointSummary[] }> {
  authorize(ctx, 'viewer', input.project)
  const rows = await readDeployments(ctx)
    .selectFrom('endpoints')
    .select(endpointColumns)
    .where('project', '=', input.project)
    .orderBy('name')
    .execute()
  const items: EndpointSummary[] = []
  for (const row of rows) items.push(await describeEndpoint(ctx, row))
  return { items }
}

/** An endpoint with its gateways and its log. Errors: `not_found`. */
export async function getEndpoint(
  ctx: Context,
  input: EndpointQuery,
  features?: FeatureSource,
): Promise<EndpointDetail> {
  authorize(ctx, 'viewer', input.project)
  const row = await findEndpoint(readDeployments(ctx), input.project, input.endpoint)
  const summary = await describeEndpoint(ctx, row)
  return {
    ...summary,
    gateways: await gatewaysOf(ctx, input.project, input.endpoint),
    input: await currentInput(ctx, row, summary.variants, features),
    log: await describeLog(ctx, input),
  }
}

export interface TrafficPoint extends ServiceNumbers {
  at: number
  versions: { version: number; role: VariantRole; predictions: number }[]
}

/** Service numbers by minute, oldest first. Errors: `not_found`. */
export async function readTraffic(
  ctx: Context,
  input: EndpointQuery & { minutes: number },
): Promise<{ items: TrafficPoint[] }> {
  authorize(ctx, 'viewer', input.project)
  const db = readDeployments(ctx)
  await findEndpoint(db, input.project, input.endpoint)
  const rows = await db
    .selectFrom('endpoint_traffic')
    .select(trafficColumns)
    .where('project', '=', input.project)
    .where('endpoint', '=', input.endpoint)
    .where('minute', '>', ctx.clock() - input.minutes * minuteMs)
    .orderBy('minute')
    .execute()
  const minutes = Map.groupBy(rows.map(minuteFromRow), ({ minute }) => minute)
  const items = [...minutes].map(([at, parts]) => {
    const sum = addMinutes(at, parts)
    const versions = sum.variants.map(({ version, role, predictions }) => ({
      version,
      role,
      predictions,
    }))
    return { at, ...serviceNumbers(sum), versions }
  })
  return { items }
}

/** Service numbers of the minutes that an interval touches, by all gateways. */
export async function serviceBetween(
  ctx: Context,
  { project, endpoint }: EndpointQuery,
  from: number,
  to: number,
): Promise<ServiceNumbers> {
  authorize(ctx, 'viewer', project)
  const rows = await readDeployments(ctx)
    .selectFrom('endpoint_traffic')
    .select(trafficColumns)
    .where('project', '=', project)
    .where('endpoint', '=', endpoint)
    .where('minute', '>', from - minuteMs)
    .where('minute', '<=', to)
    .execute()
  return serviceNumbers(addMinutes(0, rows.map(minuteFromRow)))
}

async function describeEndpoint(ctx: Context, row: EndpointRow): Promise<EndpointSummary> {
  const db = readDeployments(ctx)
  const { project, name } = row
  const rollout = await activeRollout(db, project, name)
  const variants = await variantsOf(ctx, project, name)
  return {
    name,
    model: row.model,
    featureService: row.feature_service,
    policy: parseStored<RolloutPolicy>(row.policy),
    champion: variants.find((variant) => variant.role === 'champion')?.version ?? null,
    variants,
    rollout: rollout === undefined ? null : await describeRollout(db, rollout),
    lastHour: await lastHour(ctx, project, name),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}

async function variantsOf(ctx: Context, project: string, endpoint: string): Promise<Variant[]> {
  const rows = await readDeployments(ctx)
    .selectFrom('endpoint_variants')
    .select(variantColumns)
    .where('project', '=', project)
    .where('endpoint', '=', endpoint)
    .execute()
  const order: readonly string[] = ['champion', 'canary', 'shadow']
  return rows
    .toSorted((a, b) => order.indexOf(a.role) - order.indexOf(b.role))
    .map(({ version, role, share, since }) => ({
      version,
      role: role as VariantRole,
      share,
      since,
    }))
}

async function lastHour(ctx: Context, project: string, endpoint: string): Promise<ServiceNumbers> {
  const rows = await readDeployments(ctx)
    .selectFrom('endpoint_traffic')
    .select(trafficColumns)
    .where('project', '=', project)
    .where('endpoint', '=', endpoint)
    .where('minute', '>', ctx.clock() - hourMs)
    .execute()
  return serviceNumbers(addMinutes(0, rows.map(minuteFromRow)))
}

async function currentInput(
  ctx: Context,
  row: EndpointRow,
  variants: readonly Variant[],
  features: FeatureSource | undefined,
): Promise<InputColumn[]> {
  const [first] = variants
  if (first === undefined) return []
  const { project, model } = row
  return (await inputOf(ctx, { project, model, version: first.version }, features)).input
}

async function describeLog(
  ctx: Context,
  { project, endpoint }: EndpointQuery,
): Promise<EndpointDetail['log']> {
  const db = readDeployments(ctx)
  const kinds = await db
    .selectFrom('telemetry_files')
    .select((eb) => [
      'kind',
      eb.fn.sum<number>('rows').as('rows'),
      eb.fn.countAll<number>().as('files'),
      eb.fn.min('min_at').as('first'),
      eb.fn.max('max_at').as('last'),
    ])
    .where('project', '=', project)
    .where('endpoint', '=', endpoint)
    .groupBy('kind')
    .execute()
  const traffic = await db
    .selectFrom('endpoint_traffic')
    .select((eb) => eb.fn.sum<number | null>('dropped').as('dropped'))
    .where('project', '=', project)
    .where('endpoint', '=', endpoint)
    .executeTakeFirst()
  const predictions = kinds.find(({ kind }) => kind === 'predictions')
  const labels = kinds.find(({ kind }) => kind === 'labels')
  return {
    rows: Number(predictions?.rows ?? 0),
    dropped: Number(traffic?.dropped ?? 0),
    files: Number(predictions?.files ?? 0) + Number(labels?.files ?? 0),
    labels: Number(labels?.rows ?? 0),
    firstAt: predictions?.first ?? null,
    lastAt: predictions?.last ?? null,
  }
}
