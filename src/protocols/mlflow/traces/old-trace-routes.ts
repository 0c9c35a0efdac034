import { endTrace, getTraceInfo, saveTrace, searchTraces } from '#domains/traces/index'
import { enumeration, int64, list, message, required, text } from '../fields.ts'
import { route } from '../route.ts'
import { oldTraceInfoJson } from './trace-json.ts'
import { pageSize } from './trace-routes.ts'

const statuses = { TRACE_STATUS_UNSPECIFIED: 0, OK: 1, ERROR: 2, IN_PROGRESS: 3 } as const
const pairs = list(message({ key: required(text), value: text }))

function textsOf(
  entries: readonly { key: string; value: string | undefined }[],
): Record<string, string> {
  return Object.fromEntries(entries.map(({ key, value }) => [key, value ?? '']))
}

/** Traces as MLflow 2's clients begin, end and find them. */
export const oldTraceRoutes = [
  route(
    'POST',
    'traces',
    { experiment_id: text, timestamp_ms: int64, request_metadata: pairs, tags: pairs },
    async ({ ctx, project, input }) => {
      const info = await saveTrace(ctx, {
        project,
        experiment: input.experiment_id ?? '0',
        state: 'IN_PROGRESS',
        requestedAt: input.timestamp_ms ?? 0,
        tags: textsOf(input.tags),
        metadata: textsOf(input.request_metadata),
      })
      return { trace_info: oldTraceInfoJson(info) }
    },
  ),
  route(
    'PATCH',
    'traces/:trace',
    {
      timestamp_ms: int64,
      status: enumeration(statuses),
      request_metadata: pairs,
      tags: pairs,
    },
    async ({ ctx, project, params, input }) => {
      const status = input.status ?? 'TRACE_STATUS_UNSPECIFIED'
      const info = await endTrace(ctx, {
        project,
        trace: params['trace'] ?? '',
        endedAt: input.timestamp_ms ?? 0,
        state: status === 'TRACE_STATUS_UNSPECIFIED' ? 'STATE_UNSPECIFIED' : status,
        tags: textsOf(input.tags),
        metadata: textsOf(input.request_metadata),
      })
      return { trace_info: oldTraceInfoJson(info) }
    },
  ),
  route('GET', 'traces/:trace/info', {}, async ({ ctx, project, params }) => {
    const info = await getTraceInfo(ctx, { project, trace: params['trace'] ?? '' })
    return { trace_info: oldTraceInfoJson(info) }
  }),
  route(
    'GET',
    'traces',
    {
      experiment_ids: required(list(text)),
      filter: text,
      max_results: int64,
      order_by: list(text),
      page_token: text,
    },
    async ({ ctx, project, input }) => {
      const { items, nextPageToken } = await searchTraces(ctx, {
        project,
        experiments: input.experiment_ids,
        filter: input.filter ?? '',
        orderBy: input.order_by,
        limit: pageSize(input.max_results),
        pageToken: input.page_token,
      })
      return { traces: items.map(oldTraceInfoJson), next_page_token: nextPageToken }
    },
  ),
]
