import {
  correlateFilters,
  deleteTraces,
  deleteTraceTag,
  getTrace,
  getTraceInfo,
  isWhole,
  linkPromptsToTrace,
  linkTracesToRun,
  listTraceInfos,
  listTraces,
  saveTrace,
  searchTraces,
  setTraceTag,
} from '#domains/traces/index'
import { mlflowError } from '../errors.ts'
import {
  boolean,
  enumeration,
  int64,
  invalidValue,
  list,
  map,
  message,
  required,
  text,
} from '../fields.ts'
import { type Call, route } from '../route.ts'
import { assessmentFields, newAssessment } from './assessment-json.ts'
import { duration, instant } from './instants.ts'
import { traceInfoJson, traceJson } from './trace-json.ts'

const states = { STATE_UNSPECIFIED: 0, OK: 1, ERROR: 2, IN_PROGRESS: 3 } as const
const locationFields = message({ mlflow_experiment: message({ experiment_id: text }) })

const infoFields = {
  trace_id: text,
  client_request_id: text,
  trace_location: locationFields,
  request_preview: text,
  response_preview: text,
  request_time: instant,
  execution_duration: duration,
  state: enumeration(states),
  trace_metadata: map(text),
  tags: map(text),
  assessments: list(message(assessmentFields)),
}

const searchFields = {
  locations: required(list(locationFields)),
  filter: text,
  max_results: int64,
  order_by: list(text),
  page_token: text,
}

const v3 = { major: 3 } as const

export const traceRoutes = [
  route(
    'POST',
    'traces',
    { trace: required(message({ trace_info: required(message(infoFields)) })) },
    async ({ ctx, project, input }) => {
      const info = input.trace.trace_info
      const saved = await saveTrace(ctx, {
        project,
        id: info.trace_id === '' ? undefined : info.trace_id,
        experiment: info.trace_location?.mlflow_experiment?.experiment_id ?? '',
        state: info.state ?? 'STATE_UNSPECIFIED',
        requestedAt: info.request_time ?? 0,
        durationMs: info.execution_duration,
        clientRequestId: info.client_request_id,
        requestPreview: info.request_preview,
        responsePreview: info.response_preview,
        tags: info.tags,
        metadata: info.trace_metadata,
        assessments: info.assessments.map((fields) => ({
          ...newAssessment(fields),
          id: fields.assessment_id,
          valid: fields.valid,
        })),
      })
      return { trace: { trace_info: traceInfoJson(saved) } }
    },
    v3,
  ),
  route(
    'GET',
    'traces/:trace',
    {},
    async ({ ctx, project, params }) => {
      const info = await getTraceInfo(ctx, { project, trace: params['trace'] ?? '' })
      return { trace: { trace_info: traceInfoJson(info) } }
    },
    v3,
  ),
  route(
    'GET',
    'traces/get',
    { trace_id: required(text), allow_partial: boolean },
    async ({ ctx, project, input }) => {
      const trace = await getTrace(ctx, { project, trace: input.trace_id })
      if (input.allow_partial !== true && !isWhole(trace)) throw notExported(input.trace_id)
      return { trace: traceJson(trace) }
    },
    v3,
  ),
  route(
    'GET',
    'traces/batchGet',
    { trace_ids: required(list(text)), experiment_ids: list(text) },
    async ({ ctx, project, input, source }) => {
      const traces = await listTraces(ctx, {
        project,
        traces: input.trace_ids,
        experiments: 'experiment_ids' in source ? input.experiment_ids : undefined,
      })
      return { traces: traces.filter(isWhole).map(traceJson) }
    },
    v3,
  ),
  route(
    'POST',
    'traces/batchGetInfos',
    { trace_ids: required(list(text)), experiment_ids: list(text) },
    async ({ ctx, project, input, source }) => {
      const infos = await listTraceInfos(ctx, {
        project,
        traces: input.trace_ids,
        experiments: 'experiment_ids' in source ? input.experiment_ids : undefined,
      })
      return { trace_infos: infos.map(traceInfoJson) }
    },
    v3,
  ),
  route(
    'POST',
    'traces/search',
    searchFields,
    async ({ ctx, project, input }) => {
      const { items, nextPageToken } = await searchTraces(ctx, {
        project,
        experiments: input.locations.flatMap((one) => one.mlflow_experiment?.experiment_id ?? []),
        filter: input.filter ?? '',
        orderBy: input.order_by,
        limit: pageSize(input.max_results),
        pageToken: input.page_token,
      })
      return { traces: items.map(traceInfoJson), next_page_token: nextPageToken }
    },
    v3,
  ),
  ...([2, 3] as const).flatMap((major) => [
    route(
      'POST',
      'traces/delete-traces',
      {
        experiment_id: required(text),
        max_timestamp_millis: int64,
        max_traces: int64,
        request_ids: list(text),
      },
      async ({ ctx, project, input }) => ({
        traces_deleted: await deleteTraces(ctx, {
          project,
          experiment: input.experiment_id,
          until: input.max_timestamp_millis,
          most: input.max_traces,
          traces: input.request_ids,
        }),
      }),
      { major },
    ),
    route('PATCH', 'traces/:trace/tags', { key: required(text), value: text }, setTag, { major }),
    route('DELETE', 'traces/:trace/tags', { key: required(text) }, deleteTag, { major }),
  ]),
  route(
    'POST',
    'traces/link-to-run',
    { trace_ids: required(list(text)), run_id: required(text) },
    async ({ ctx, project, input }) => {
      await linkTracesToRun(ctx, { project, traces: input.trace_ids, run: input.run_id })
      return {}
    },
  ),
  route(
    'POST',
    'traces/link-prompts',
    {
      trace_id: required(text),
      prompt_versions: required(list(message({ name: required(text), version: required(text) }))),
    },
    async ({ ctx, project, input }) => {
      const { trace_id: trace, prompt_versions: prompts } = input
      await linkPromptsToTrace(ctx, { project, trace, prompts })
      return {}
    },
  ),
  route(
    'POST',
    'traces/calculate-filter-correlation',
    {
      experiment_ids: required(list(text)),
      filter_string1: required(text),
      filter_string2: required(text),
      base_filter: text,
    },
    async ({ ctx, project, input }) => {
      const found = await correlateFilters(ctx, {
        project,
        experiments: input.experiment_ids,
        filters: [input.filter_string1, input.filter_string2],
        base: input.base_filter,
      })
      return {
        npmi: numberOrText(found.npmi),
        npmi_smoothed: numberOrText(found.smoothed),
        filter1_count: found.first,
        filter2_count: found.second,
        joint_count: found.both,
        total_count: found.total,
      }
    },
    v3,
  ),
]

const mostResults = 500

export function pageSize(asked: number | undefined): number {
  if (asked === undefined) return 100
  if (asked >= 1 && asked <= mostResults) return asked
  throw invalidValue(
    'max_results',
    asked,
    asked < 1 ? ' It must be at least 1.' : ` It must be at most ${mostResults}.`,
  )
}

type TagCall<S extends object> = Pick<Call, 'ctx' | 'project' | 'params'> & { input: S }

/** What the server itself keeps there. */
const keptTags = ['mlflow.artifactLocation', 'mlflow.trace.spansLocation']

async function setTag({
  ctx,
  project,
  params,
  input,
}: TagCall<{ key: string; value: string | undefined }>): Promise<object> {
  const { key, value = '' } = input
  if (keptTags.includes(key)) throw immutable(key, 'set')
  await setTraceTag(ctx, { project, trace: params['trace'] ?? '', key, value })
  return {}
}

async function deleteTag({
  ctx,
  project,
  params,
  input,
}: TagCall<{ key: string }>): Promise<object> {
  if (keptTags.includes(input.key)) throw immutable(input.key, 'deleted')
  await deleteTraceTag(ctx, { project, trace: params['trace'] ?? '', key: input.key })
  return {}
}

function immutable(key: string, what: string): Error {
  return mlflowError(
    'INVALID_PARAMETER_VALUE',
    `Tag '${key}' is immutable and cannot be ${what} on a trace.`,
  )
}

function notExported(trace: string): Error {
  return mlflowError(
    'RESOURCE_DOES_NOT_EXIST',
    `Trace with ID ${trace} is not fully exported yet, please try again later.`,
  )
}

function numberOrText(value: number): number | string {
  return Number.isFinite(value) ? value : String(value)
}
