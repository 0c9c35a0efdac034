import { getMetricColumns, getMetricHistory, numberOf, sampleMetric } from '#domains/runs/index'
import { mlflowError } from './errors.ts'
import { int64, list, required, text } from './fields.ts'
import { route } from './route.ts'
import { metricValue, unlessEmpty } from './wire.ts'

const mostRuns = 100
const mostPoints = 25_000
const mostSampled = 2500
/** No page: everything. */
const all = Number.MAX_SAFE_INTEGER - 1

export const metricRoutes = [
  route(
    'GET',
    'metrics/get-history',
    {
      run_id: required(text),
      metric_key: required(text),
      page_token: text,
      max_results: int64,
    },
    async ({ ctx, project, input }) => {
      const { run_id: run, metric_key: key, max_results: limit } = input
      if (limit !== undefined && limit <= 0) {
        throw wrong(
          `Invalid value ${limit} for parameter 'max_results' supplied. It must be a positive integer.`,
        )
      }
      const pageToken = input.page_token
      const page = await getMetricColumns(ctx, {
        project,
        run,
        key,
        limit: limit ?? all,
        pageToken,
      })
      return historyText(key, page.points, page.nextPageToken)
    },
  ),
  route(
    'GET',
    'metrics/get-history-bulk',
    { run_id: list(text), metric_key: text, max_results: int64 },
    async ({ ctx, project, input }) => {
      const { run_id: runs, metric_key: key } = input
      if (runs.length === 0) {
        throw wrong('GetMetricHistoryBulk request must specify at least one run_id.')
      }
      if (runs.length > mostRuns) {
        throw wrong(
          `GetMetricHistoryBulk request cannot specify more than ${mostRuns} run_ids. ` +
            `Received ${runs.length} run_ids.`,
        )
      }
      if (key === undefined) {
        throw wrong('GetMetricHistoryBulk request must specify a metric_key.')
      }
      let left = Math.min(input.max_results ?? mostPoints, mostPoints)
      const metrics: object[] = []
      for (const run of [...new Set(runs)].toSorted()) {
        if (left <= 0) break
        const { items } = await getMetricHistory(ctx, { project, run, key, limit: left })
        left -= items.length
        for (const { value, timestamp, step } of items) {
          const number = metricValue(numberOf(value))
          metrics.push({ key, value: number, timestamp, step, run_id: run })
        }
      }
      return { metrics }
    },
    { ajaxOnly: true },
  ),
  route(
    'GET',
    'metrics/get-history-bulk-interval',
    {
      run_ids: required(list(text)),
      metric_key: required(text),
      start_step: int64,
      end_step: int64,
      max_results: int64,
    },
    async ({ ctx, project, input }) => {
      const { run_ids: runs, metric_key: key, start_step: from, end_step: to } = input
      const count = input.max_results ?? mostSampled
      checkInterval(runs.length, count, from, to)
      const sampled = await sampleMetric(ctx, { project, runs, key, count, from, to })
      const metrics = sampled.flatMap(({ run, points }) =>
        Array.from(points.values, (value, i) => ({
          key,
          value: metricValue(value),
          timestamp: points.timestamps[i],
          step: points.steps[i],
          run_id: run,
        })),
      )
      return { metrics: unlessEmpty(metrics) }
    },
  ),
]

type Points = Awaited<ReturnType<typeof getMetricColumns>>['points']

/** The answer as JSON: a hundred thousand points are one text, not as many objects. */
function historyText(key: string, points: Points, nextPageToken: string | undefined): string {
  const { steps, timestamps, values } = points
  const start = `{"key":${JSON.stringify(key)},"value":`
  let text = ''
  for (let i = 0; i < values.length; i++) {
    const value = metricValue(values[i] as number)
    const shown = typeof value === 'number' ? value : `"${value}"`
    text += `${i === 0 ? '' : ','}${start}${shown},"timestamp":${timestamps[i]},"step":${steps[i]}}`
  }
  const members = text === '' ? [] : [`"metrics":[${text}]`]
  if (nextPageToken !== undefined)
    members.push(`"next_page_token":${JSON.stringify(nextPageToken)}`)
  return `{${members.join(',')}}`
}

function checkInterval(
  runs: number,
  count: number,
  from: number | undefined,
  to: number | undefined,
): void {
  const docs = ' See the API docs for more information about request parameters.'
  if (runs > mostRuns) {
    throw wrong(
      `GetMetricHistoryBulkInterval request must specify at most ${mostRuns} run_ids. ` +
        `Received ${runs} run_ids.${docs}`,
    )
  }
  if (count < 1 || count > mostSampled) {
    throw wrong(`max_results must be between 1 and ${mostSampled}.${docs}`)
  }
  if ((from === undefined) !== (to === undefined)) {
    throw wrong('If either start step or end step are specified, both must be specified.')
  }
  if (from !== undefined && to !== undefined && from > to) {
    throw wrong(
      `end_step must be greater than start_step. Found start_step=${from} and end_step=${to}.`,
    )
  }
}

function wrong(message: string): Error {
  return mlflowError('INVALID_PARAMETER_VALUE', message)
}
