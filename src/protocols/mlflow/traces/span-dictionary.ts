import { type Attribute, attributeJson, type Span, type SpanLink } from '#domains/traces/index'
import { exactNumber } from './exact-number.ts'
import { base64Of } from './span-ids.ts'

const statusCodes = ['STATUS_CODE_UNSET', 'STATUS_CODE_OK', 'STATUS_CODE_ERROR']

/** A span as MLflow's client writes it into files: each attribute a text of JSON. */
export function spanDictionary(span: Span): object {
  return {
    trace_id: base64Of(span.traceId),
    span_id: base64Of(span.spanId),
    parent_span_id: span.parentSpanId === undefined ? null : base64Of(span.parentSpanId),
    name: span.name,
    start_time_unix_nano: exactNumber(span.startTimeUnixNano),
    end_time_unix_nano: span.endTimeUnixNano === '0' ? null : exactNumber(span.endTimeUnixNano),
    events: (span.events ?? []).map((event) => ({
      name: event.name ?? '',
      time_unix_nano: exactNumber(event.timeUnixNano ?? '0'),
      attributes: plainAttributes(event.attributes ?? []),
    })),
    status: {
      code: statusCodes[span.status?.code ?? 0] ?? statusCodes[0],
      message: span.status?.message ?? '',
    },
    attributes: Object.fromEntries(
      span.attributes.map(({ key, value }) => [key, attributeJson(value ?? {})]),
    ),
    links: (span.links ?? []).map(linkDictionary),
  }
}

function linkDictionary({ traceId, spanId, attributes = [] }: SpanLink): object {
  return {
    trace_id: `tr-${traceId}`,
    span_id: spanId,
    attributes: attributes.length === 0 ? null : plainAttributes(attributes),
  }
}

/** Values as they are; a number keeps its digits and its point. */
function plainAttributes(attributes: readonly Attribute[]): object {
  return Object.fromEntries(
    attributes.map(({ key, value }) => [key, plainJson(attributeJson(value ?? {}))]),
  )
}

function plainJson(text: string): unknown {
  return /^-?\d+(\.\d+)?(e[+-]\d+)?$/.test(text) ? exactNumber(text) : JSON.parse(text)
}
