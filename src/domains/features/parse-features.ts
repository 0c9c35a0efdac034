import { parse } from 'yaml'
import { z } from 'zod'
import { invalid } from '#kernel/errors'
import { checkName } from '#kernel/names'
import { parseDuration } from '#kernel/time'
import { type AggregationFunction, dayMs, type ViewFeature } from './definition.ts'

/** A view as it is written: what the data set adds is not known yet. */
export interface DeclaredView {
  name: string
  entity: string
  source: string
  ttlMs: number | null
  features: ViewFeature[]
}

export interface DeclaredService {
  name: string
  request: { name: string; type: 'number' | 'boolean' | 'string' | 'timestamp' }[]
  views: string[]
  expressions: { name: string; expression: string }[]
}

export interface FeaturesDeclaration {
  entities: { name: string; keys: string[] }[]
  views: DeclaredView[]
  services: DeclaredService[]
}

const text = z.string().min(1).max(10_000)
const entitySchema = z.strictObject({ key: z.union([text, z.array(text).min(1).max(16)]) })
const aggregationSchema = z.strictObject({
  function: z.enum(['count', 'sum', 'mean', 'min', 'max']),
  expression: text.optional(),
  window: text,
})
const viewSchema = z.strictObject({
  entity: text,
  source: text,
  ttl: text.optional(),
  aggregations: z.record(text, aggregationSchema).optional(),
  features: z.record(text, text).optional(),
})
const serviceSchema = z.strictObject({
  request: z.record(text, z.enum(['number', 'boolean', 'string', 'timestamp'])).default({}),
  views: z.array(text).default([]),
  expressions: z.record(text, text).default({}),
})
const fileSchema = z.strictObject({
  entities: z.record(text, entitySchema).default({}),
  views: z.record(text, viewSchema).default({}),
  services: z.record(text, serviceSchema).default({}),
})

/** Days that a window may be long: everything is kept that long. */
const longestWindowDays = 3660
const featureName = /^[\p{L}_][\p{L}\p{N}_]{0,127}$/u

/** Reads features.yaml. Errors: `invalid`, with the place in the file. */
export function parseFeaturesDeclaration(source: string): FeaturesDeclaration {
  const parsed = fileSchema.safeParse(readYaml(source) ?? {})
  if (!parsed.success) {
    const problems = parsed.error.issues.map((i) => `${i.path.join('.')}: ${i.message}`)
    throw invalid(`features: ${problems[0] ?? 'not valid'}.`, problems)
  }
  const { entities, views, services } = parsed.data
  return {
    entities: Object.entries(entities).map(([name, { key }]) => ({
      name: checkName('entity', name),
      keys: Array.isArray(key) ? key : [key],
    })),
    views: Object.entries(views).map(([name, view]) => readView(name, view)),
    services: Object.entries(services).map(([name, service]) => ({
      name: checkName('feature service', name),
      request: Object.entries(service.request).map(([column, type]) => ({ name: column, type })),
      views: service.views,
      expressions: Object.entries(service.expressions).map(([feature, expression]) => ({
        name: checkFeatureName(`services.${name}.expressions`, feature),
        expression,
      })),
    })),
  }
}

function readYaml(source: string): unknown {
  try {
    return parse(source)
  } catch (thrown) {
    throw invalid(`features: this is not valid YAML: ${(thrown as Error).message}`)
  }
}

function readView(name: string, view: z.infer<typeof viewSchema>): DeclaredView {
  const aggregates = Object.entries(view.aggregations ?? {})
  const latest = Object.entries(view.features ?? {})
  const place = `views.${name}`
  if ((aggregates.length === 0) === (latest.length === 0)) {
    throw invalid(
      `${place}: give either aggregations (rolling windows) or features (latest values).`,
    )
  }
  if (view.ttl !== undefined && latest.length === 0) {
    throw invalid(`${place}.ttl: only latest values have one; windows forget by themselves.`)
  }
  return {
    name: checkName('feature view', name),
    entity: view.entity,
    source: view.source,
    ttlMs: view.ttl === undefined ? null : readDuration(`${place}.ttl`, view.ttl),
    features: [
      ...aggregates.map(([feature, { function: fn, expression, window }]) =>
        aggregateFeature(place, feature, fn, expression, window),
      ),
      ...latest.map(([feature, expression]) => ({
        name: checkFeatureName(`${place}.features`, feature),
        kind: 'latest' as const,
        function: null,
        expression,
        windowMs: null,
      })),
    ],
  }
}

function aggregateFeature(
  view: string,
  name: string,
  fn: AggregationFunction,
  expression: string | undefined,
  window: string,
): ViewFeature {
  const place = `${view}.aggregations.${name}`
  if (expression === undefined && fn !== 'count') {
    throw invalid(`${place}: ${fn} needs an expression; only count works without.`)
  }
  const windowMs = readDuration(`${place}.window`, window)
  if (windowMs % dayMs !== 0 || windowMs > longestWindowDays * dayMs) {
    throw invalid(`${place}.window: "${window}" must be whole days, at most ${longestWindowDays}.`)
  }
  return {
    name: checkFeatureName(`${view}.aggregations`, name),
    kind: 'aggregate',
    function: fn,
    expression: expression ?? null,
    windowMs,
  }
}

function readDuration(place: string, value: string): number {
  try {
    const ms = parseDuration(value)
    if (ms > 0) return ms
  } catch {
    throw invalid(`${place}: "${value}" is not a duration. Write 7d or 12h.`)
  }
  throw invalid(`${place}: "${value}" must be longer than nothing.`)
}

function checkFeatureName(place: string, name: string): string {
  if (featureName.test(name)) return name
  throw invalid(
    `${place}.${name}: a feature's name has letters, digits and "_", not starting with a digit.`,
  )
}
