import type { Json } from '#kernel/json'
import { parseStored } from '#kernel/json'
import { subject } from '#kernel/subjects'
import type { Platform } from '#domains/access/index'
import type { Gateway } from './endpoint.ts'
import {
  type DeploymentsReader,
  type DeploymentsTables,
  readDeployments,
  variantColumns,
  type VariantRow,
} from './store.ts'

/** How far a gateway is with a version. */
export const gatewayModelStates = ['loading', 'warming', 'checking', 'ready', 'failed'] as const
export type GatewayModelState = (typeof gatewayModelStates)[number]

/** A gateway that was not seen for so long is taken for dead. */
const deadAfterMs = 5000
/** Rows of dead gateways are kept for a while, for people who look. */
const forgottenAfterMs = 3_600_000

export interface ModelReport {
  gateway: string
  project: string
  endpoint: string
  version: number
  state: GatewayModelState
  text: string
  evidence: Record<string, Json>
}

export interface LiveGateway {
  id: string
  startedAt: number
  /** What it serves now, as `routesOf` puts it. */
  routes: string
}

/** Says that a gateway is alive and what it serves, and forgets those that are long dead. */
export async function reportGateway(
  platform: Platform,
  { id, startedAt, routes }: LiveGateway,
): Promise<void> {
  const now = platform.clock()
  await platform.tables.write<DeploymentsTables, void>(async (tx) => {
    await tx
      .insertInto('gateways')
      .values({ id, started_at: startedAt, seen_at: now, routes })
      .onConflict((c) => c.column('id').doUpdateSet({ seen_at: now, routes }))
      .execute()
    const dead = await tx
      .selectFrom('gateways')
      .select('id')
      .where('seen_at', '<', now - forgottenAfterMs)
      .execute()
    if (dead.length > 0)
      await removeGateways(
        tx,
        dead.map((row) => row.id),
      )
  })
}

/** Says that a gateway ended in order. */
export async function removeGateway(platform: Platform, id: string): Promise<void> {
  await platform.tables.write<DeploymentsTables, void>((tx) => removeGateways(tx, [id]))
}

async function removeGateways(db: DeploymentsReader, ids: readonly string[]): Promise<void> {
  await db.deleteFrom('gateway_models').where('gateway', 'in', ids).execute()
  await db.deleteFrom('gateways').where('id', 'in', ids).execute()
}

/** Says how far a gateway is with a version. */
export async function reportModel(platform: Platform, report: ModelReport): Promise<void> {
  const { evidence, ...rest } = report
  const row = { ...rest, evidence: JSON.stringify(evidence), updated_at: platform.clock() }
  await platform.tables.write<DeploymentsTables, void>(async (tx) => {
    await tx
      .insertInto('gateway_models')
      .values(row)
      .onConflict((c) =>
        c.columns(['gateway', 'project', 'endpoint', 'version']).doUpdateSet({
          state: row.state,
          text: row.text,
          evidence: row.evidence,
          updated_at: row.updated_at,
        }),
      )
      .execute()
  })
  platform.pulse(subject('endpoint', report.endpoint))
}

/** Says that a gateway no longer has a version. */
export async function forgetModel(
  platform: Platform,
  gateway: string,
  { project, endpoint, version }: { project: string; endpoint: string; version: number },
): Promise<void> {
  await platform.tables.write<DeploymentsTables, void>(async (tx) => {
    await tx
      .deleteFrom('gateway_models')
      .where('gateway', '=', gateway)
      .where('project', '=', project)
      .where('endpoint', '=', endpoint)
      .where('version', '=', version)
      .execute()
  })
}

/** All gateways and how far each is with the versions of one endpoint. */
export async function gatewaysOf(
  platform: Platform,
  project: string,
  endpoint: string,
): Promise<Gateway[]> {
  const db = readDeployments(platform)
  const now = platform.clock()
  const gateways = await db.selectFrom('gateways').select(['id', 'seen_at']).orderBy('id').execute()
  const models = await db
    .selectFrom('gateway_models')
    .select(['gateway', 'version', 'state', 'text'])
    .where('project', '=', project)
    .where('endpoint', '=', endpoint)
    .orderBy('version')
    .execute()
  return gateways.map(({ id, seen_at: seenAt }) => ({
    id,
    seenAt,
    live: seenAt > now - deadAfterMs,
    models: models
      .filter((model) => model.gateway === id)
      .map(({ version, state, text }) => ({ version, state, text })),
  }))
}

/** A digest of what gateways are to serve: equal for a gateway that has followed every change. */
export function routesOf(platform: Platform, variants: readonly VariantRow[]): string {
  const rows = variants.map(({ project, endpoint, role, version, share, rollout, step }) =>
    JSON.stringify([project, endpoint, role, version, share, rollout, step]),
  )
  return platform.digest(rows.toSorted().join('\n'))
}

/** Live gateways that serve something else than they are to: for a moment after each change. */
export async function listLateGateways(platform: Platform): Promise<string[]> {
  const db = readDeployments(platform)
  const variants = await db.selectFrom('endpoint_variants').select(variantColumns).execute()
  const rows = await db
    .selectFrom('gateways')
    .select('id')
    .where('seen_at', '>', platform.clock() - deadAfterMs)
    .where('routes', '<>', routesOf(platform, variants))
    .orderBy('id')
    .execute()
  return rows.map(({ id }) => id)
}

/** How far the live gateways are with a version. */
export interface Readiness {
  gateways: number
  /** The least that every live gateway has reached; null: one has not begun, or there is none. */
  state: Exclude<GatewayModelState, 'failed'> | null
  failure: string | null
  /** By gateway: what it found. */
  evidence: Record<string, Json>
}

/** What the live gateways say of a version. */
export async function readReadiness(
  platform: Platform,
  { project, endpoint, version }: { project: string; endpoint: string; version: number },
): Promise<Readiness> {
  const rows = await readDeployments(platform)
    .selectFrom('gateways')
    .leftJoin('gateway_models', (join) =>
      join
        .onRef('gateway_models.gateway', '=', 'gateways.id')
        .on('gateway_models.project', '=', project)
        .on('gateway_models.endpoint', '=', endpoint)
        .on('gateway_models.version', '=', version),
    )
    .select([
      'gateways.id',
      'gateway_models.state',
      'gateway_models.text',
      'gateway_models.evidence',
    ])
    .where('gateways.seen_at', '>', platform.clock() - deadAfterMs)
    .orderBy('gateways.id')
    .execute()
  const ranks = rows.map(({ state }) => gatewayModelStates.indexOf(state as GatewayModelState))
  const failed = rows.find(({ state }) => state === 'failed')
  const least = rows.length === 0 ? -1 : Math.min(...ranks)
  const state = gatewayModelStates[least]
  return {
    gateways: rows.length,
    state: state === undefined || state === 'failed' ? null : state,
    failure: failed?.text ?? null,
    evidence: Object.fromEntries(
      rows.map(({ id, evidence }) => [id, parseStored<Record<string, Json>>(evidence ?? '{}')]),
    ),
  }
}
