import { subject } from '#kernel/subjects'
import { authorizeOnExperiments, type Context } from '#domains/access/index'
import { valueText } from './attributes.ts'
import { checkSpans } from './check-spans.ts'
import { requireExperiment } from './require-experiment.ts'
import { inPieces } from './in-pieces.ts'
import { linkTraces } from './link-traces.ts'
import { mergeSpans } from './merge-spans.ts'
import { packSpans } from './payload.ts'
import type { Attribute, Span } from './span.ts'
import { traceIdOf } from './span.ts'
import { traceFacts, type TraceFacts } from './span-facts.ts'
import {
  traceColumns,
  type TracePayloadRow,
  type TraceRow,
  type TraceSpanRow,
  type TracesTables,
  type TracesTransaction,
} from './store.ts'
import { translateAttributes } from './translate-attributes.ts'
import { writeSpans } from './write-spans.ts'
import { keptTexts } from './write-texts.ts'

/** So many traces are written with the same few statements. */
const tracesAtOnce = 200

export interface NewSpans {
  project: string
  /** The id of an experiment, for traces that are not there yet. */
  experiment: string
  batches: readonly { resource: readonly Attribute[]; spans: readonly Span[] }[]
  /** Links the traces whose root is among the spans to this run, if it is there. */
  run?: string | undefined
}

/** The spans of one trace, ready to be written. */
export interface TraceBatch {
  id: string
  spans: readonly Span[]
  facts: TraceFacts
  /** Of the resource that made the spans, then those that the root carries. */
  tags: Record<string, string>
  packed: Pick<TracePayloadRow, 'digest' | 'span_count' | 'size_bytes' | 'payload'>
}

/** A batch, where its rows are, and its trace as it was before. */
export interface PlacedBatch {
  batch: TraceBatch
  place: Pick<TraceSpanRow, 'project' | 'trace_id' | 'experiment'>
  known: TraceRow | undefined
}

export interface LoggedSpans {
  traces: string[]
  /** Spans that cannot be kept, such as one with an id of zeros. */
  refused: number
  /** What is wrong with the first of them. */
  problem: string | undefined
}

/**
 * Logs spans, of any number of traces; of those that are spans all or none. Telemetry, so there is no
 * record. A batch that is sent again changes nothing. Errors: `not_found` (experiment).
 */
export async function logSpans(ctx: Context, input: NewSpans): Promise<LoggedSpans> {
  const reach = authorizeOnExperiments(ctx, 'editor', input.project)
  const { batches, refused, problem } = batchesOf(ctx, input)
  const { project } = input
  const { id } = await requireExperiment(ctx, reach, input.experiment)
  if (batches.length > 0) {
    await ctx.tables.write<TracesTables, void>(async (db) => {
      const known = await findTraces(db, project, batches)
      for (const { experiment } of known.values()) reach.require(String(experiment))
      for (const some of inPieces(batches, tracesAtOnce)) {
        const placed = some.map((batch) => placeOf(batch, known.get(batch.id), project, Number(id)))
        await writeSpans(ctx, db, placed)
        await mergeSpans(ctx, db, placed)
      }
      if (input.run !== undefined) {
        const whole = batches.filter((batch) => batch.facts.root !== undefined)
        const ids = whole.map((batch) => batch.id)
        await linkTraces(db, project, ids, 'run', [input.run])
      }
    })
  }
  for (const batch of batches) ctx.pulse(subject('trace', batch.id))
  return { traces: batches.map((batch) => batch.id), refused, problem }
}

function placeOf(
  batch: TraceBatch,
  known: TraceRow | undefined,
  project: string,
  experiment: number,
): PlacedBatch {
  const place = { project, trace_id: batch.id, experiment: known?.experiment ?? experiment }
  return { batch, place, known }
}

function batchesOf(
  ctx: Context,
  input: NewSpans,
): { batches: TraceBatch[]; refused: number; problem: string | undefined } {
  const byTrace = new Map<string, { spans: Span[]; resource: readonly Attribute[] }>()
  let refusedCount = 0
  let firstProblem: string | undefined
  for (const { resource, spans } of input.batches) {
    const { kept, refused, problem } = checkSpans(spans)
    refusedCount += refused
    firstProblem ??= problem
    for (const span of kept) {
      const id = traceIdOf(span)
      const known = byTrace.get(id) ?? { spans: [], resource }
      known.spans.push(translateAttributes(span, id))
      byTrace.set(id, known)
    }
  }
  const batches = [...byTrace]
    .map(([id, { spans, resource }]) => {
      const facts = traceFacts(spans)
      const tags = keptTexts({ ...resourceTags(resource), ...facts.tags })
      return { id, spans, facts, tags, packed: packSpans(ctx, spans) }
    })
    .sort((a, b) => (a.id < b.id ? -1 : 1))
  return { batches, refused: refusedCount, problem: firstProblem }
}

/** What OpenTelemetry says of itself, and what MLflow keeps for itself, is no tag. */
function resourceTags(resource: readonly Attribute[]): Record<string, string> {
  const kept = resource.filter(({ key }) => !/^(telemetry\.sdk|mlflow)\./.test(key))
  return Object.fromEntries(kept.map(({ key, value }) => [key, valueText(value ?? {})]))
}

async function findTraces(
  db: TracesTransaction,
  project: string,
  batches: readonly TraceBatch[],
): Promise<ReadonlyMap<string, TraceRow>> {
  const found = new Map<string, TraceRow>()
  for (const some of inPieces(batches, 500)) {
    const ids = some.map((batch) => batch.id)
    const rows = await db
      .selectFrom('traces')
      .select(traceColumns)
      .where('project', '=', project)
      .where('id', 'in', ids)
      .execute()
    for (const row of rows) found.set(row.id, row)
  }
  return found
}
