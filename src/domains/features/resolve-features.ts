import { GyreError, invalid } from '#kernel/errors'
import type { FrameColumn } from '#ports/frames/frames'
import { checkExpression } from '#science/expression/check'
import type { ValueType } from '#science/expression/ast'
import { parseExpression } from '#science/expression/parse'
import type { Entity, ServiceDefinition, ViewDefinition } from './definition.ts'
import type { DeclaredService, DeclaredView } from './parse-features.ts'

/** What is known of a data set when features are declared over it. */
export interface SourceSchema {
  dataset: string
  timestamp: string | null
  knownAt: string | null
  /** undefined: nothing was committed yet, so that columns cannot be checked. */
  columns: readonly FrameColumn[] | undefined
}

/** The types of columns as expressions know them; others cannot be used. */
export function expressionTypes(columns: readonly FrameColumn[]): Record<string, ValueType> {
  const types: Record<string, ValueType> = {}
  for (const { name, type } of columns) {
    if (type === 'integer' || type === 'number') types[name] = 'number'
    else if (type !== 'other') types[name] = type
  }
  return types
}

/** A view as it is versioned: with keys and columns of time, all checked against the data set. */
export function resolveView(
  view: DeclaredView,
  entities: readonly Entity[],
  source: SourceSchema,
): ViewDefinition {
  const place = `views.${view.name}`
  const entity = entities.find((candidate) => candidate.name === view.entity)
  if (entity === undefined) {
    throw invalid(
      `${place}.entity: there is no entity "${view.entity}". There are: ${entities.map((e) => e.name).join(', ') || 'none'}.`,
    )
  }
  if (source.timestamp === null) {
    throw invalid(
      `${place}.source: data set "${source.dataset}" declares no timestamp column, so nobody knows when its rows happened. Add timestamp: to it in gyre.yaml.`,
    )
  }
  if (source.columns !== undefined) checkColumns(place, view, entity, source.columns)
  return {
    name: view.name,
    entity: entity.name,
    keys: entity.keys,
    source: source.dataset,
    timestamp: source.timestamp,
    knownAt: source.knownAt ?? source.timestamp,
    ttlMs: view.ttlMs,
    features: view.features,
  }
}

function checkColumns(
  place: string,
  view: DeclaredView,
  entity: Entity,
  columns: readonly FrameColumn[],
): void {
  for (const key of entity.keys) checkKey(place, view.source, key, columns)
  const types = expressionTypes(columns)
  for (const { name, kind, expression, function: fn } of view.features) {
    if (expression === null) continue
    const at = `${place}.${kind === 'latest' ? 'features' : 'aggregations'}.${name}`
    const type = typeOfExpression(at, expression, types)
    if (kind === 'latest' ? type === 'string' : !isSummable(type, fn)) {
      throw invalid(
        `${at}: "${expression}" is a ${type}; ${kind === 'latest' ? 'features are numbers, booleans or times' : `${fn ?? ''} needs numbers or booleans`}.`,
      )
    }
  }
}

function isSummable(type: ValueType, fn: string | null): boolean {
  return fn === 'count' || type === 'number' || type === 'boolean'
}

function checkKey(
  place: string,
  source: string,
  key: string,
  columns: readonly FrameColumn[],
): void {
  const column = columns.find((candidate) => candidate.name === key)
  if (column === undefined) {
    throw invalid(
      `${place}: data set "${source}" has no key column "${key}". It has: ${columns.map((c) => c.name).join(', ')}.`,
    )
  }
  if (column.type === 'string' || column.type === 'integer' || column.type === 'boolean') return
  throw invalid(
    `${place}: the key column "${key}" is ${column.nativeType}; keys are texts, whole numbers or booleans.`,
  )
}

/** The type of an expression; errors name the place. An expression of nothing but null is refused. */
export function typeOfExpression(
  place: string,
  expression: string,
  columns: Readonly<Record<string, ValueType>>,
): ValueType {
  try {
    const type = checkExpression(parseExpression(expression), columns)
    if (type !== 'null') return type
  } catch (thrown) {
    if (!(thrown instanceof GyreError)) throw thrown
    throw invalid(`${place}: ${thrown.public}`)
  }
  throw invalid(`${place}: "${expression}" is always null.`)
}

/** A service as it is versioned: over exact versions of its views. */
export function resolveService(
  service: DeclaredService,
  views: readonly { definition: ViewDefinition; version: string }[],
): ServiceDefinition {
  const place = `services.${service.name}`
  const used = service.views.map((name) => {
    const found = views.find(({ definition }) => definition.name === name)
    if (found !== undefined) return found
    throw invalid(
      `${place}.views: there is no view "${name}". There are: ${views.map((v) => v.definition.name).join(', ') || 'none'}.`,
    )
  })
  const keys = [...new Set(used.flatMap(({ definition }) => definition.keys))]
  const viewFeatures = used.flatMap(({ definition }) =>
    definition.features.map(({ name }) => ({ name, view: definition.name })),
  )
  const types = requestTypes(place, service, keys, viewFeatures)
  const expressions = service.expressions.map(({ name, expression }) => {
    const at = `${place}.expressions.${name}`
    const type = typeOfExpression(at, expression, types)
    if (type === 'string')
      throw invalid(`${at}: a feature is a number, a boolean or a time, no text.`)
    return { name, expression, type }
  })
  checkUnique(
    place,
    [...viewFeatures, ...expressions],
    [...keys, ...service.request.map((r) => r.name)],
  )
  return {
    name: service.name,
    request: service.request,
    keys,
    timestamp: service.request.find(({ type }) => type === 'timestamp')?.name ?? 'event_timestamp',
    views: used.map(({ definition, version }) => ({ name: definition.name, version })),
    viewFeatures,
    expressions,
  }
}

/** Expressions see what the caller gives, and the features of the views. */
function requestTypes(
  place: string,
  service: DeclaredService,
  keys: readonly string[],
  viewFeatures: readonly { name: string }[],
): Record<string, ValueType> {
  const types: Record<string, ValueType> = {}
  for (const { name } of viewFeatures) types[name] = 'number'
  for (const { name, type } of service.request) {
    if (keys.includes(name)) {
      throw invalid(`${place}.request: "${name}" is a key; keys are always part of a request.`)
    }
    types[name] = type
  }
  return types
}

function checkUnique(
  place: string,
  features: readonly { name: string }[],
  given: readonly string[],
): void {
  const seen = new Set(given)
  for (const { name } of features) {
    if (seen.has(name)) {
      throw invalid(
        `${place}: the name "${name}" is used twice, as a feature or column of the request.`,
      )
    }
    seen.add(name)
  }
  if (features.length === 0) throw invalid(`${place}: a service needs views or expressions.`)
}
