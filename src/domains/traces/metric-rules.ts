import { type RawBuilder, sql } from 'kysely'
import { invalid } from '#kernel/errors'

export const metricViews = ['TRACES', 'SPANS', 'ASSESSMENTS'] as const
export type MetricView = (typeof metricViews)[number]

export type Aggregation =
  | { kind: 'COUNT' | 'SUM' | 'AVG' | 'MIN' | 'MAX' }
  | { kind: 'PERCENTILE'; percentile: number }

interface MetricRule {
  value: RawBuilder<unknown>
  kinds: readonly Aggregation['kind'][]
  dimensions: readonly string[]
}

const spread = ['AVG', 'MIN', 'MAX', 'PERCENTILE'] as const
const amounts = ['SUM', ...spread] as const
const one = sql`1`

const traceDimensions: Readonly<Record<string, string>> = {
  trace_name: 'traces.name',
  trace_status: 'traces.state',
}
const spanDimensions: Readonly<Record<string, string>> = {
  span_name: 'spans.name',
  span_type: 'spans.type',
  span_status: 'spans.status',
  span_model_name: 'spans.model',
  span_model_provider: 'spans.provider',
}
const assessmentDimensions: Readonly<Record<string, string>> = {
  assessment_name: 'said.name',
  assessment_value: 'said.value',
}

/** The columns that each view may be grouped by. */
export const dimensionColumns: Readonly<Record<MetricView, Readonly<Record<string, string>>>> = {
  TRACES: traceDimensions,
  SPANS: spanDimensions,
  ASSESSMENTS: assessmentDimensions,
}

function tokens(column: string): MetricRule {
  return { value: sql.ref(`traces.${column}`), kinds: amounts, dimensions: ['trace_name'] }
}

function cost(column: string): MetricRule {
  return {
    value: sql.ref(`spans.${column}`),
    kinds: amounts,
    dimensions: ['span_model_name', 'span_model_provider'],
  }
}

/** What can be measured. Durations are milliseconds, money US dollars. */
const rules: Readonly<Record<MetricView, Readonly<Record<string, MetricRule>>>> = {
  TRACES: {
    trace_count: { value: one, kinds: ['COUNT'], dimensions: Object.keys(traceDimensions) },
    session_count: { value: sql`distinct traces.session`, kinds: ['COUNT'], dimensions: [] },
    latency: { value: sql.ref('traces.duration_ms'), kinds: spread, dimensions: ['trace_name'] },
    input_tokens: tokens('input_tokens'),
    output_tokens: tokens('output_tokens'),
    total_tokens: tokens('total_tokens'),
    cache_read_input_tokens: tokens('cache_read_tokens'),
    cache_creation_input_tokens: tokens('cache_write_tokens'),
  },
  SPANS: {
    span_count: { value: one, kinds: ['COUNT'], dimensions: Object.keys(spanDimensions) },
    latency: {
      value: sql`spans.duration_us / 1000.0`,
      kinds: spread,
      dimensions: ['span_name', 'span_status'],
    },
    input_cost: cost('input_cost'),
    output_cost: cost('output_cost'),
    total_cost: cost('total_cost'),
  },
  ASSESSMENTS: {
    assessment_count: {
      value: one,
      kinds: ['COUNT'],
      dimensions: Object.keys(assessmentDimensions),
    },
    assessment_value: {
      value: sql.ref('said.score'),
      kinds: spread,
      dimensions: ['assessment_name'],
    },
  },
}

/** Errors: `invalid` for a metric that the view has not, or that cannot be asked for like this. */
export function metricRule(
  view: MetricView,
  metric: string,
  aggregations: readonly Aggregation[],
  dimensions: readonly string[],
): MetricRule {
  const own = rules[view]
  const rule = Object.hasOwn(own, metric) ? own[metric] : undefined
  if (rule === undefined) {
    throw invalid(
      `metric_name must be one of ${listed(Object.keys(own))}, got '${metric.slice(0, 100)}'`,
    )
  }
  const wrongKinds = aggregations
    .map(({ kind }) => kind)
    .filter((kind) => !rule.kinds.includes(kind))
  if (wrongKinds.length > 0) {
    throw invalid(
      `Found invalid aggregation_type(s): ${listed(wrongKinds)}. ` +
        `Supported aggregation types: ${listed(rule.kinds)}`,
    )
  }
  const wrong = dimensions.filter((dimension) => !rule.dimensions.includes(dimension))
  if (wrong.length > 0) {
    throw invalid(
      `Found invalid dimension(s): ${listed(wrong)}. ` +
        `Supported dimensions: ${listed(rule.dimensions)}`,
    )
  }
  for (const each of aggregations) {
    if (each.kind !== 'PERCENTILE' || (each.percentile >= 0 && each.percentile <= 100)) continue
    throw invalid(`Percentile value must be between 0 and 100, got ${each.percentile}`)
  }
  return rule
}

function listed(names: readonly string[]): string {
  return `[${[...names]
    .sort()
    .map((name) => `'${name.slice(0, 100)}'`)
    .join(', ')}]`
}
