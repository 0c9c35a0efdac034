import { Attributes, valueText } from './attributes.ts'
import { previewOf } from './preview.ts'
import { endedMs, type Span, spanStatus, startedMs } from './span.ts'
import { storable } from './storable-text.ts'
import type { TraceSpanRow } from './store.ts'
import { readUsage } from './token-usage.ts'
import { spanKeys } from './translate-attributes.ts'

const longestName = 1000
const longestModel = 500

/** The row by which a span is found and charted. */
export function spanRow(
  span: Span,
  place: Pick<TraceSpanRow, 'project' | 'trace_id' | 'experiment'>,
): TraceSpanRow {
  const attributes = new Attributes(span.attributes)
  const start = microseconds(span.startTimeUnixNano)
  const end = microseconds(span.endTimeUnixNano)
  return {
    ...place,
    span_id: span.spanId,
    parent_id: span.parentSpanId ?? null,
    name: storable(span.name.slice(0, longestName)),
    type: storable((attributes.text(spanKeys.type) ?? 'UNKNOWN').slice(0, longestName)),
    status: spanStatus(span),
    started_us: start,
    duration_us: end === 0 ? null : Math.max(0, end - start),
    model: dimension(attributes.text(spanKeys.model)),
    provider: dimension(attributes.text(spanKeys.provider)),
    ...readUsage(attributes.json(spanKeys.usage), attributes.json(spanKeys.cost)),
  }
}

/** What spans of one trace say of the whole. */
export interface TraceFacts {
  startedMs: number
  endedMs: number | undefined
  /** There when the root is among them. */
  root: Span | undefined
  state: 'OK' | 'ERROR' | undefined
  name: string | undefined
  session: string | undefined
  user: string | undefined
  tags: Record<string, string>
  request: string | undefined
  response: string | undefined
}

export function traceFacts(spans: readonly Span[]): TraceFacts {
  const root = spans.find((span) => span.parentSpanId === undefined)
  const ends = spans.flatMap((span) => endedMs(span) ?? [])
  const all = spans.map((span) => new Attributes(span.attributes))
  const rootAttributes = root === undefined ? undefined : new Attributes(root.attributes)
  const first = (...keys: readonly string[]) =>
    keys.flatMap((key) => all.flatMap((attributes) => attributes.text(key) ?? []))[0]
  return {
    startedMs: Math.min(...spans.map(startedMs)),
    endedMs: ends.length === 0 ? undefined : Math.max(...ends),
    root,
    state: root === undefined ? undefined : spanStatus(root) === 'ERROR' ? 'ERROR' : 'OK',
    name: root === undefined ? undefined : storable(root.name.slice(0, longestName)),
    session: first(spanKeys.session, 'gen_ai.conversation.id')?.slice(0, 250),
    user: first(spanKeys.user)?.slice(0, 250),
    tags: rootAttributes === undefined ? {} : tagsIn(rootAttributes),
    request: previewOf(rootAttributes?.value(spanKeys.inputs), 'user'),
    response: previewOf(rootAttributes?.value(spanKeys.outputs), 'assistant'),
  }
}

/** Tags that OpenTelemetry exporters carry as attributes of the root. */
function tagsIn(attributes: Attributes): Record<string, string> {
  const tags: Record<string, string> = {}
  for (const [key, value] of attributes.entries()) {
    if (!key.startsWith(spanKeys.tagPrefix)) continue
    tags[key.slice(spanKeys.tagPrefix.length)] = valueText(value)
  }
  return tags
}

function microseconds(nanos: string): number {
  return Number(BigInt(nanos) / 1000n)
}

function dimension(text: string | undefined): string | null {
  return text === undefined || text === '' ? null : storable(text.slice(0, longestModel))
}
