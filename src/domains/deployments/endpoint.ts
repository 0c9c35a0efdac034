import type { RolloutPolicy } from './policy.ts'
import type { Rollout } from './rollout.ts'
import type { ServiceNumbers } from './service-meter.ts'

export type VariantRole = 'champion' | 'canary' | 'shadow'

export interface Variant {
  version: number
  role: VariantRole
  share: number
  since: number
}

/** What a row of a prediction request has. */
export interface InputColumn {
  name: string
  type: 'number' | 'string' | 'boolean' | 'timestamp'
  kind: 'key' | 'request' | 'feature'
}

export interface EndpointSummary {
  name: string
  model: string
  featureService: string | null
  policy: RolloutPolicy
  champion: number | null
  variants: Variant[]
  rollout: Rollout | null
  lastHour: ServiceNumbers
  createdAt: number
  updatedAt: number
}

export interface Gateway {
  id: string
  seenAt: number
  live: boolean
  models: { version: number; state: string; text: string }[]
}

export interface EndpointDetail extends EndpointSummary {
  gateways: Gateway[]
  input: InputColumn[]
  log: {
    rows: number
    dropped: number
    files: number
    labels: number
    firstAt: number | null
    lastAt: number | null
  }
}
