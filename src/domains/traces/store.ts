import type { Kysely, Transaction } from 'kysely'
import type { Context } from '#domains/access/index'
import type { Usage } from './token-usage.ts'

/** What a trace is found and charted by. Its spans are in `trace_payloads`. */
export interface TraceRow extends Usage {
  project: string
  /** `tr-` and the OpenTelemetry id, or what the client chose. */
  id: string
  experiment: number
  state: string
  /** Milliseconds since 1970. */
  requested_at: number
  duration_ms: number | null
  name: string | null
  session: string | null
  client_request_id: string | null
  request_preview: string | null
  response_preview: string | null
  /** 1: the client said what the trace is as a whole; spans that come later do not change that. */
  finalized: number
  created_at: number
}

export interface TraceTextRow {
  project: string
  trace_id: string
  key: string
  value: string
}

/** What a span is found and charted by. */
export interface TraceSpanRow extends Usage {
  project: string
  trace_id: string
  span_id: string
  parent_id: string | null
  experiment: number
  name: string
  type: string
  status: string
  /** Microseconds since 1970: nanoseconds do not fit a number. */
  started_us: number
  duration_us: number | null
  model: string | null
  provider: string | null
}

/** Spans as they arrived together, compressed; see docs/design/traces.md. */
export interface TracePayloadRow {
  project: string
  trace_id: string
  /** In order of arrival. */
  id: string
  /** sha256 of the text, so that a batch that is sent again is stored once. */
  digest: string
  span_count: number
  size_bytes: number
  payload: Uint8Array
}

export interface TraceLinkRow {
  project: string
  trace_id: string
  /** `run`, or `prompt` for `name/version`. */
  kind: string
  target: string
}

export interface AssessmentRow {
  project: string
  trace_id: string
  id: string
  name: string
  kind: string
  /** JSON. */
  value: string
  /** The value as charts count it: numbers, 1 and 0 for true, false, yes and no. */
  score: number | null
  is_numeric: number
  /** JSON, of a feedback that could not be given. */
  error: string | null
  source_type: string
  source_id: string
  span_id: string | null
  rationale: string | null
  /** JSON. */
  metadata: string
  overrides: string | null
  valid: number
  created_at: number
  updated_at: number
}

export interface TracesTables {
  traces: TraceRow
  trace_tags: TraceTextRow
  trace_metadata: TraceTextRow
  trace_spans: TraceSpanRow
  trace_payloads: TracePayloadRow
  trace_links: TraceLinkRow
  trace_assessments: AssessmentRow
}

export type TracesTransaction = Transaction<TracesTables>
/** Inside a change or outside of one. */
export type TracesReader = Kysely<TracesTables>

export const traceColumns = [
  'project',
  'id',
  'experiment',
  'state',
  'requested_at',
  'duration_ms',
  'name',
  'session',
  'client_request_id',
  'request_preview',
  'response_preview',
  'input_tokens',
  'output_tokens',
  'total_tokens',
  'cache_read_tokens',
  'cache_write_tokens',
  'input_cost',
  'output_cost',
  'total_cost',
  'finalized',
  'created_at',
] as const satisfies readonly (keyof TraceRow)[]

export const assessmentColumns = [
  'project',
  'trace_id',
  'id',
  'name',
  'kind',
  'value',
  'score',
  'is_numeric',
  'error',
  'source_type',
  'source_id',
  'span_id',
  'rationale',
  'metadata',
  'overrides',
  'valid',
  'created_at',
  'updated_at',
] as const satisfies readonly (keyof AssessmentRow)[]

export function readTraces(ctx: Context): TracesReader {
  return ctx.tables.read<TracesTables>()
}

/** For what may walk over many rows. */
export function scanTraces(ctx: Context): TracesReader {
  return ctx.tables.scan<TracesTables>()
}
