import { GyreError } from '#kernel/errors'
import { authorizeOnExperiments, type Context, type Reach } from '#domains/access/index'
import { assessmentFromRow } from './assessment-row.ts'
import { unpackSpans } from './payload.ts'
import type { Span } from './span.ts'
import {
  assessmentColumns,
  readTraces,
  traceColumns,
  type TraceRow,
  type TracesReader,
} from './store.ts'
import { type Assessment, type Trace, type TraceInfo, traceKeys, type TraceState } from './trace.ts'

const atOnce = 500

/** What is known of a trace without its spans. Errors: `not_found`. */
export async function getTraceInfo(
  ctx: Context,
  input: { project: string; trace: string },
): Promise<TraceInfo> {
  const reach = authorizeOnExperiments(ctx, 'viewer', input.project)
  const db = readTraces(ctx)
  const [info] = await describeTraces(db, input.project, [await findTrace(db, reach, input.trace)])
  if (info === undefined) throw noTrace(input.trace)
  return info
}

/** A trace with the spans that arrived so far, which may be none. Errors: `not_found`. */
export async function getTrace(
  ctx: Context,
  input: { project: string; trace: string },
): Promise<Trace> {
  const info = await getTraceInfo(ctx, input)
  const spans = await readSpans(ctx, input.project, [input.trace])
  return { info, spans: spans.get(input.trace) ?? [] }
}

/** Those of the traces that are there, in the order in which they were asked for. */
export async function listTraceInfos(
  ctx: Context,
  input: {
    project: string
    traces: readonly string[]
    experiments?: readonly string[] | undefined
  },
): Promise<TraceInfo[]> {
  const reach = authorizeOnExperiments(ctx, 'viewer', input.project)
  const db = readTraces(ctx)
  const ids = [...new Set(input.traces)]
  const found = new Map<string, TraceRow>()
  for (let at = 0; at < ids.length; at += atOnce) {
    const rows = await db
      .selectFrom('traces')
      .select(traceColumns)
      .where('project', '=', input.project)
      .where('id', 'in', ids.slice(at, at + atOnce))
      .execute()
    for (const row of rows) found.set(row.id, row)
  }
  const rows = ids
    .flatMap((id) => found.get(id) ?? [])
    .filter((row) => input.experiments?.includes(String(row.experiment)) ?? true)
    .filter((row) => reach.holds(String(row.experiment)))
  return describeTraces(db, input.project, rows)
}

/** As `listTraceInfos`, with spans; traces of which no span arrived yet are left out. */
export async function listTraces(
  ctx: Context,
  input: {
    project: string
    traces: readonly string[]
    experiments?: readonly string[] | undefined
  },
): Promise<Trace[]> {
  const infos = await listTraceInfos(ctx, input)
  const spans = await readSpans(
    ctx,
    input.project,
    infos.map((info) => info.id),
  )
  return infos.flatMap((info) => {
    const own = spans.get(info.id)
    return own === undefined ? [] : [{ info, spans: own }]
  })
}

/** Whether all spans are there of which the client said how many there will be. */
export function isWhole({ info, spans }: Trace): boolean {
  const text = info.metadata[traceKeys.size]
  if (text === undefined) return spans.length > 0
  const count = /"num_spans":\s*(\d{1,9})/.exec(text)?.[1]
  return spans.length >= Number(count ?? 0)
}

/** Spans by trace; a trace without any is not in the answer. */
export async function readSpans(
  ctx: Context,
  project: string,
  traces: readonly string[],
): Promise<ReadonlyMap<string, Span[]>> {
  const payloads = new Map<string, Uint8Array[]>()
  for (let at = 0; at < traces.length; at += atOnce) {
    const rows = await readTraces(ctx)
      .selectFrom('trace_payloads')
      .select(['trace_id', 'payload'])
      .where('project', '=', project)
      .where('trace_id', 'in', traces.slice(at, at + atOnce))
      .orderBy('trace_id')
      .orderBy('id')
      .execute()
    for (const row of rows) {
      const own = payloads.get(row.trace_id)
      if (own === undefined) payloads.set(row.trace_id, [row.payload])
      else own.push(row.payload)
    }
  }
  return new Map([...payloads].map(([trace, own]) => [trace, unpackSpans(ctx, own)]))
}

export async function findTrace(db: TracesReader, reach: Reach, trace: string): Promise<TraceRow> {
  const row = await db
    .selectFrom('traces')
    .select(traceColumns)
    .where('project', '=', reach.project)
    .where('id', '=', trace)
    .executeTakeFirst()
  if (row === undefined) throw noTrace(trace)
  reach.require(String(row.experiment))
  return row
}

function noTrace(trace: string): GyreError {
  return new GyreError({
    code: 'not_found',
    public: `Trace with ID '${trace.slice(0, 120)}' not found.`,
  })
}

/** Rows with their tags, metadata and assessments, in their order. */
export async function describeTraces(
  db: TracesReader,
  project: string,
  rows: readonly TraceRow[],
): Promise<TraceInfo[]> {
  const infos: TraceInfo[] = []
  for (let at = 0; at < rows.length; at += atOnce) {
    infos.push(...(await describeSome(db, project, rows.slice(at, at + atOnce))))
  }
  return infos
}

async function describeSome(
  db: TracesReader,
  project: string,
  rows: readonly TraceRow[],
): Promise<TraceInfo[]> {
  const ids = rows.map((row) => row.id)
  if (ids.length === 0) return []
  const texts = async (table: 'trace_tags' | 'trace_metadata') => {
    const found = await db
      .selectFrom(table)
      .select(['trace_id', 'key', 'value'])
      .where('project', '=', project)
      .where('trace_id', 'in', ids)
      .execute()
    const byTrace = new Map<string, Record<string, string>>(ids.map((id) => [id, {}]))
    for (const { trace_id, key, value } of found) {
      const own = byTrace.get(trace_id)
      if (own !== undefined) own[key] = value
    }
    return byTrace
  }
  const tags = await texts('trace_tags')
  const metadata = await texts('trace_metadata')
  const assessments = await assessmentsOf(db, project, ids)
  return rows.map((row) => ({
    id: row.id,
    experiment: String(row.experiment),
    state: row.state as TraceState,
    requestedAt: row.requested_at,
    durationMs: row.duration_ms ?? undefined,
    clientRequestId: row.client_request_id ?? undefined,
    requestPreview: row.request_preview ?? undefined,
    responsePreview: row.response_preview ?? undefined,
    tags: { ...tags.get(row.id), ...(row.name === null ? {} : { [traceKeys.name]: row.name }) },
    metadata: metadata.get(row.id) ?? {},
    assessments: assessments.get(row.id) ?? [],
  }))
}

async function assessmentsOf(
  db: TracesReader,
  project: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, Assessment[]>> {
  const rows = await db
    .selectFrom('trace_assessments')
    .select(assessmentColumns)
    .where('project', '=', project)
    .where('trace_id', 'in', [...ids])
    .orderBy('created_at')
    .orderBy('id')
    .execute()
  const byTrace = new Map<string, Assessment[]>()
  for (const row of rows) {
    const own = byTrace.get(row.trace_id)
    if (own === undefined) byTrace.set(row.trace_id, [assessmentFromRow(row)])
    else own.push(assessmentFromRow(row))
  }
  return byTrace
}
