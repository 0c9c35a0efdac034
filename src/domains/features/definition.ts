import type { ValueType } from '#science/expression/ast'

export interface Entity {
  name: string
  /** Columns that together name one. */
  keys: string[]
}

export type AggregationFunction = 'count' | 'sum' | 'mean' | 'min' | 'max'

export interface ViewFeature {
  name: string
  kind: 'aggregate' | 'latest'
  /** null: the latest value. */
  function: AggregationFunction | null
  /** null: the count of rows. */
  expression: string | null
  /** Whole days; null for the latest value. */
  windowMs: number | null
}

/** What a view is; its version is the hash of this. */
export interface ViewDefinition {
  name: string
  entity: string
  keys: string[]
  /** The data set. */
  source: string
  timestamp: string
  knownAt: string
  /** How old a latest value may be; null: any age. */
  ttlMs: number | null
  features: ViewFeature[]
}

export interface RequestColumn {
  name: string
  type: ValueType
}

export interface ServiceExpression {
  name: string
  expression: string
  type: ValueType
}

/** What a service is; its version is the hash of this. */
export interface ServiceDefinition {
  name: string
  request: RequestColumn[]
  keys: string[]
  /** The column of a request that says as of when. */
  timestamp: string
  views: { name: string; version: string }[]
  /** Names of the features of the views, in the order in which they are served. */
  viewFeatures: { name: string; view: string }[]
  expressions: ServiceExpression[]
}

export const dayMs = 86_400_000

/** The features of a service, in order: those of its views, then those of the request. */
export function featureNames(service: ServiceDefinition): string[] {
  return [...service.viewFeatures, ...service.expressions].map(({ name }) => name)
}

/** How far back from the day of the request a view looks, in days. */
export function longestWindowDays(view: ViewDefinition): number {
  return Math.max(0, ...view.features.map((feature) => (feature.windowMs ?? 0) / dayMs))
}
