import type { Kysely, Transaction } from 'kysely'
import type { Platform } from '#domains/access/index'

export interface EndpointRow {
  project: string
  name: string
  model: string
  feature_service: string | null
  policy: string
  /** A version that passed its gate while another release was under way. */
  next_version: number | null
  created_at: number
  updated_at: number
}

/** What gateways are to serve. */
export interface VariantRow {
  project: string
  endpoint: string
  version: number
  role: string
  share: number
  rollout: string | null
  step: number | null
  since: number
}

export interface RolloutRow {
  id: string
  project: string
  endpoint: string
  model: string
  version: number
  previous: number | null
  state: string
  step: number | null
  share: number
  policy: string
  reason: string
  cause: string
  started_at: number
  started_by: string
  updated_at: number
  ended_at: number | null
  /** Since when the present share is in force. */
  step_since: number | null
  test: string | null
  guards: string
  /** `project/endpoint` while under way: unique, so that there is one at most. */
  active_key: string | null
}

export interface RolloutTransitionRow {
  rollout: string
  number: number
  from_state: string | null
  to_state: string
  at: number
  actor: string
  step: number | null
  share: number
  text: string
  evidence: string
}

export interface GatewayRow {
  id: string
  started_at: number
  seen_at: number
  /** Digest of the variants that it serves: see `routesOf`. */
  routes: string
}

/** How far a gateway is with a version. */
export interface GatewayModelRow {
  gateway: string
  project: string
  endpoint: string
  version: number
  state: string
  text: string
  evidence: string
  updated_at: number
}

export interface EndpointTrafficRow {
  project: string
  endpoint: string
  minute: number
  gateway: string
  requests: number
  predictions: number
  errors: number
  rejected: number
  shed: number
  missing: number
  dropped: number
  /** Counts by bucket of latency. */
  latency: string
  /** Predictions and more by version and role. */
  variants: string
}

/** One file of logged predictions or of labels. */
export interface TelemetryFileRow {
  id: string
  project: string
  endpoint: string
  kind: string
  key: string
  rows: number
  /** Labels only: rows whose prediction was not known when they came. */
  unmatched: number
  /** Event time. null: no row has one. */
  min_at: number | null
  max_at: number | null
  min_id: string
  max_id: string
  /** When the rows were received. */
  min_received_at: number
  max_received_at: number
  created_at: number
}

export interface DeploymentsTables {
  endpoints: EndpointRow
  endpoint_variants: VariantRow
  rollouts: RolloutRow
  rollout_transitions: RolloutTransitionRow
  gateways: GatewayRow
  gateway_models: GatewayModelRow
  endpoint_traffic: EndpointTrafficRow
  telemetry_files: TelemetryFileRow
}

export type DeploymentsTransaction = Transaction<DeploymentsTables>
/** Inside a change or outside of one. */
export type DeploymentsReader = Kysely<DeploymentsTables>

export const endpointColumns = [
  'project',
  'name',
  'model',
  'feature_service',
  'policy',
  'next_version',
  'created_at',
  'updated_at',
] as const satisfies readonly (keyof EndpointRow)[]

export const variantColumns = [
  'project',
  'endpoint',
  'version',
  'role',
  'share',
  'rollout',
  'step',
  'since',
] as const satisfies readonly (keyof VariantRow)[]

export const rolloutColumns = [
  'id',
  'project',
  'endpoint',
  'model',
  'version',
  'previous',
  'state',
  'step',
  'share',
  'policy',
  'reason',
  'cause',
  'started_at',
  'started_by',
  'updated_at',
  'ended_at',
  'step_since',
  'test',
  'guards',
  'active_key',
] as const satisfies readonly (keyof RolloutRow)[]

export const transitionColumns = [
  'rollout',
  'number',
  'from_state',
  'to_state',
  'at',
  'actor',
  'step',
  'share',
  'text',
  'evidence',
] as const satisfies readonly (keyof RolloutTransitionRow)[]

export const trafficColumns = [
  'project',
  'endpoint',
  'minute',
  'gateway',
  'requests',
  'predictions',
  'errors',
  'rejected',
  'shed',
  'missing',
  'dropped',
  'latency',
  'variants',
] as const satisfies readonly (keyof EndpointTrafficRow)[]

export const telemetryFileColumns = [
  'id',
  'project',
  'endpoint',
  'kind',
  'key',
  'rows',
  'unmatched',
  'min_at',
  'max_at',
  'min_id',
  'max_id',
  'min_received_at',
  'max_received_at',
  'created_at',
] as const satisfies readonly (keyof TelemetryFileRow)[]

export function readDeployments(platform: Pick<Platform, 'tables'>): DeploymentsReader {
  return platform.tables.read<DeploymentsTables>()
}
