import { type Aggregation, queryTraceMetrics } from '#domains/traces/index'
import { mlflowError } from '../errors.ts'
import { double, enumeration, int64, list, message, required, text } from '../fields.ts'
import { route } from '../route.ts'

const views = { TRACES: 1, SPANS: 2, ASSESSMENTS: 3 } as const
const kinds = { COUNT: 1, SUM: 2, AVG: 3, PERCENTILE: 4, MIN: 5, MAX: 6 } as const

const aggregation = message({
  aggregation_type: required(enumeration(kinds)),
  percentile_value: double,
})

export const traceMetricRoutes = [
  route(
    'POST',
    'traces/metrics',
    {
      experiment_ids: required(list(text)),
      view_type: required(enumeration(views)),
      metric_name: required(text),
      aggregations: required(list(aggregation)),
      dimensions: list(text),
      filters: list(text),
      time_interval_seconds: int64,
      start_time_ms: int64,
      end_time_ms: int64,
      max_results: int64,
      page_token: text,
    },
    async ({ ctx, project, input }) => {
      const aggregations = input.aggregations.map(aggregationOf)
      const points = await queryTraceMetrics(ctx, {
        project,
        experiments: input.experiment_ids,
        view: input.view_type,
        metric: input.metric_name,
        aggregations,
        dimensions: input.dimensions,
        filters: input.filters,
        intervalSeconds: input.time_interval_seconds,
        from: input.start_time_ms,
        until: input.end_time_ms,
        limit: Math.min(Math.max(input.max_results ?? 1000, 1), 10_000),
      })
      const labels = aggregations.map(labelOf)
      return {
        data_points: points.map(({ at, dimensions, values }) => ({
          metric_name: input.metric_name,
          dimensions:
            at === undefined ? dimensions : { time_bucket: pythonInstant(at), ...dimensions },
          values: Object.fromEntries(labels.map((label, i) => [label, values[i]])),
        })),
      }
    },
    { major: 3 },
  ),
]

function aggregationOf(given: {
  aggregation_type: keyof typeof kinds
  percentile_value: number | undefined
}): Aggregation {
  const { aggregation_type: kind, percentile_value: percentile } = given
  if (kind !== 'PERCENTILE') {
    if (percentile === undefined) return { kind }
    throw mlflowError(
      'INVALID_PARAMETER_VALUE',
      `Percentile value is only allowed for PERCENTILE aggregation type, got ${kind}`,
    )
  }
  if (percentile !== undefined) return { kind, percentile }
  throw mlflowError(
    'INVALID_PARAMETER_VALUE',
    'Percentile value is required for PERCENTILE aggregation',
  )
}

/** As Python writes a float. */
function labelOf(each: Aggregation): string {
  if (each.kind !== 'PERCENTILE') return each.kind
  const text = String(each.percentile)
  return `P${text.includes('.') ? text : `${text}.0`}`
}

function pythonInstant(at: number): string {
  return new Date(at)
    .toISOString()
    .replace(/\.000Z$/, '+00:00')
    .replace('Z', '000+00:00')
}
