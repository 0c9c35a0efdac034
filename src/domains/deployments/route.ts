import { GyreError, notFound } from '#kernel/errors'
import type { LoadedModel, TensorInfo } from '#ports/model-runtime/model-runtime'
import { bucketCount, bucketOf, saltState } from './assign.ts'
import type { InputColumn, VariantRole } from './endpoint.ts'
import type { NaturalBatch } from './natural-batch.ts'
import type { InputShape } from './prediction-input.ts'

/** A loaded version and the requests that it is answering. */
export interface Slot {
  project: string
  endpoint: string
  model: string
  version: number
  features: string[]
  /** `name@version` of the service that it was trained with; null: callers give the features. */
  service: string | null
  input: InputColumn[]
  timestamp: string | null
  tensors: { input: TensorInfo; output: TensorInfo }
  loaded: LoadedModel
  batch: NaturalBatch
  inFlight: number
  retired: boolean
}

/** A part of the traffic and who serves it. */
export interface Lane {
  slot: Slot
  role: VariantRole
  share: number
  /** `rollout/step` while a release is tested, so that its rows are found again. */
  stage: string | null
}

/** How one endpoint is served: never changed, only replaced as a whole. */
export interface Route {
  project: string
  endpoint: string
  champion: Lane | null
  canary: Lane | null
  /** Units below this bucket go to the canary. */
  canaryBuckets: number
  salt: number
  shadow: Lane | null
  shadowBuckets: number
  shadowSalt: number
  /** What requests look like, whoever serves them; null while nobody does. */
  shape: InputShape | null
  /** Whether champion and canary take the same tensor. */
  sameTensor: boolean
  /** Every loaded version, also those without traffic. */
  slots: ReadonlyMap<number, Slot>
}

export interface RouteParts {
  project: string
  endpoint: string
  champion: Lane | null
  canary: Lane | null
  shadow: Lane | null
  slots: ReadonlyMap<number, Slot>
}

export function buildRoute(parts: RouteParts): Route {
  const first = parts.champion?.slot
  const second = parts.canary?.slot
  return {
    ...parts,
    shape: unionShape(first ?? second, second),
    sameTensor: first?.features.join('\n') === second?.features.join('\n'),
    canaryBuckets: Math.round((parts.canary?.share ?? 0) * bucketCount),
    // By version, not by release: told again, the story falls to the same units.
    salt: saltState(`canary ${parts.endpoint} ${second?.version ?? ''}`),
    shadowBuckets: Math.round((parts.shadow?.share ?? 0) * bucketCount),
    shadowSalt: saltState(`shadow ${parts.shadow?.slot.version ?? ''}`),
  }
}

function unionShape(
  first: InputShape | undefined,
  second: InputShape | undefined,
): InputShape | null {
  if (first === undefined) return null
  const names = new Set(first.input.map((column) => column.name))
  const added = second?.input.filter((column) => !names.has(column.name)) ?? []
  return added.length === 0 ? first : { ...first, input: [...first.input, ...added] }
}

/** Who serves a unit. Errors: `unavailable` before anything was released. */
export function laneOf(route: Route, unit: string): Lane {
  const { canary, champion } = route
  if (canary !== null && route.canaryBuckets > 0) {
    if (bucketOf(route.salt, unit) < route.canaryBuckets) return canary
  }
  if (champion !== null) return champion
  throw new GyreError({
    code: 'unavailable',
    public: `Nothing was released to endpoint "${route.endpoint}" yet. Release a version with: gyre deploy MODEL --endpoint ${route.endpoint}`,
  })
}

export function isMirrored(route: Route, unit: string): boolean {
  return route.shadow !== null && bucketOf(route.shadowSalt, unit) < route.shadowBuckets
}

/** A version that was asked for by its number. Errors: `not_found` names those that are loaded. */
export function pinnedLane(route: Route, version: number): Lane {
  for (const lane of [route.champion, route.canary, route.shadow]) {
    if (lane?.slot.version === version) return { ...lane, stage: null }
  }
  const slot = route.slots.get(version)
  if (slot !== undefined) return { slot, role: 'canary', share: 0, stage: null }
  const loaded = [...route.slots.keys()].join(', ')
  throw notFound(
    `loaded version of endpoint ${route.endpoint}`,
    String(version),
    loaded === '' ? 'None is loaded.' : `Loaded: ${loaded}.`,
  )
}
