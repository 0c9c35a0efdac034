/**
 * A span as OpenTelemetry's JSON encoding (OTLP/JSON) spells it: ids in lower-case hexadecimal, 64-bit
 * numbers as texts, enumerations as numbers. Spans are kept in this form.
 */
export interface Span {
  traceId: string
  spanId: string
  parentSpanId?: string
  traceState?: string
  name: string
  kind?: number
  startTimeUnixNano: string
  /** `0`: it has not ended. */
  endTimeUnixNano: string
  attributes: Attribute[]
  droppedAttributesCount?: number
  events?: SpanEvent[]
  droppedEventsCount?: number
  links?: SpanLink[]
  droppedLinksCount?: number
  status?: { code?: number; message?: string }
  flags?: number
}

/** At most one of its members is there; none stands for null. */
export interface AttributeValue {
  stringValue?: string
  boolValue?: boolean
  intValue?: string
  doubleValue?: number | 'NaN' | 'Infinity' | '-Infinity'
  arrayValue?: { values?: AttributeValue[] }
  kvlistValue?: { values?: Attribute[] }
  /** Base64. */
  bytesValue?: string
}

export interface Attribute {
  key: string
  value?: AttributeValue
}

export interface SpanEvent {
  timeUnixNano?: string
  name?: string
  attributes?: Attribute[]
  droppedAttributesCount?: number
}

export interface SpanLink {
  traceId: string
  spanId: string
  traceState?: string
  attributes?: Attribute[]
  droppedAttributesCount?: number
  flags?: number
}

export const spanStatuses = ['UNSET', 'OK', 'ERROR'] as const
export type SpanStatus = (typeof spanStatuses)[number]

export function spanStatus(span: Span): SpanStatus {
  return spanStatuses[span.status?.code ?? 0] ?? 'UNSET'
}

/** The id of the trace that a span belongs to. */
export function traceIdOf(span: Span): string {
  return `tr-${span.traceId}`
}

export function startedMs(span: Span): number {
  return Number(BigInt(span.startTimeUnixNano) / 1_000_000n)
}

/** When it ended, in milliseconds; `undefined` while it runs. */
export function endedMs(span: Span): number | undefined {
  const end = BigInt(span.endTimeUnixNano)
  return end === 0n ? undefined : Number(end / 1_000_000n)
}
