import type { Attribute, AttributeValue, Span } from '#domains/traces/index'
import { exactNumber } from './exact-number.ts'
import { base64Of } from './span-ids.ts'

const kinds = [
  'SPAN_KIND_UNSPECIFIED',
  'SPAN_KIND_INTERNAL',
  'SPAN_KIND_SERVER',
  'SPAN_KIND_CLIENT',
  'SPAN_KIND_PRODUCER',
  'SPAN_KIND_CONSUMER',
]
const statusCodes = ['STATUS_CODE_UNSET', 'STATUS_CODE_OK', 'STATUS_CODE_ERROR']

/** A span as MLflow writes the protocol buffer of OpenTelemetry: names with underscores, zeros left out. */
export function protoSpan(span: Span): object {
  return {
    trace_id: base64Of(span.traceId),
    span_id: base64Of(span.spanId),
    trace_state: orNothing(span.traceState),
    parent_span_id: span.parentSpanId === undefined ? undefined : base64Of(span.parentSpanId),
    name: orNothing(span.name),
    kind: (span.kind ?? 0) === 0 ? undefined : kinds[span.kind ?? 0],
    start_time_unix_nano: timeOf(span.startTimeUnixNano),
    end_time_unix_nano: timeOf(span.endTimeUnixNano),
    attributes: listOf(span.attributes.map(protoAttribute)),
    dropped_attributes_count: orNothing(span.droppedAttributesCount),
    events: listOf(
      (span.events ?? []).map((event) => ({
        time_unix_nano: timeOf(event.timeUnixNano),
        name: orNothing(event.name),
        attributes: listOf((event.attributes ?? []).map(protoAttribute)),
        dropped_attributes_count: orNothing(event.droppedAttributesCount),
      })),
    ),
    dropped_events_count: orNothing(span.droppedEventsCount),
    links: listOf(
      (span.links ?? []).map((link) => ({
        trace_id: base64Of(link.traceId),
        span_id: base64Of(link.spanId),
        trace_state: orNothing(link.traceState),
        attributes: listOf((link.attributes ?? []).map(protoAttribute)),
        dropped_attributes_count: orNothing(link.droppedAttributesCount),
        flags: orNothing(link.flags),
      })),
    ),
    dropped_links_count: orNothing(span.droppedLinksCount),
    status: {
      message: orNothing(span.status?.message),
      code: (span.status?.code ?? 0) === 0 ? undefined : statusCodes[span.status?.code ?? 0],
    },
    flags: orNothing(span.flags),
  }
}

function protoAttribute({ key, value }: Attribute): object {
  const written = protoValue(value ?? {})
  return Object.keys(written).length === 0 ? { key } : { key, value: written }
}

function protoValue(value: AttributeValue): object {
  if (value.stringValue !== undefined) return { string_value: value.stringValue }
  if (value.boolValue !== undefined) return { bool_value: value.boolValue }
  if (value.intValue !== undefined) return { int_value: exactNumber(value.intValue) }
  if (value.doubleValue !== undefined) return { double_value: value.doubleValue }
  if (value.bytesValue !== undefined) return { bytes_value: value.bytesValue }
  if (value.arrayValue !== undefined) {
    return { array_value: { values: listOf((value.arrayValue.values ?? []).map(protoValue)) } }
  }
  if (value.kvlistValue === undefined) return {}
  return { kvlist_value: { values: listOf((value.kvlistValue.values ?? []).map(protoAttribute)) } }
}

function timeOf(nanos: string | undefined): unknown {
  return nanos === undefined || nanos === '0' ? undefined : exactNumber(nanos)
}

function listOf<T>(items: T[]): T[] | undefined {
  return items.length === 0 ? undefined : items
}

function orNothing<T extends string | number>(value: T | undefined): T | undefined {
  return value === '' || value === 0 ? undefined : value
}
