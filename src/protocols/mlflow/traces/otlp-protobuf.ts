import { MalformedMessage, readMessage, readText, type WireField } from '#kernel/protobuf'
import type { Attribute, AttributeValue, Span, SpanEvent, SpanLink } from '#domains/traces/index'

export interface SpanGroup {
  resource: Attribute[]
  spans: Span[]
}

const deepest = 64

/**
 * `ExportTraceServiceRequest` of OTLP. Field numbers are those of opentelemetry-proto 1.x.
 * Errors: `MalformedMessage`.
 */
export function readExportRequest(bytes: Uint8Array): SpanGroup[] {
  return children(bytes, 1).map(readResourceSpans)
}

function readResourceSpans(bytes: Uint8Array): SpanGroup {
  const [resource] = children(bytes, 1)
  return {
    resource:
      resource === undefined ? [] : children(resource, 1).map((each) => readAttribute(each, 0)),
    spans: children(bytes, 2).flatMap((scope) => children(scope, 2).map(readSpan)),
  }
}

/** The messages in a repeated field. */
function children(bytes: Uint8Array, field: number): Uint8Array[] {
  const found: Uint8Array[] = []
  for (const each of readMessage(bytes)) if (each.field === field) found.push(bytesOf(each))
  return found
}

function readSpan(bytes: Uint8Array): Span {
  const span: Span = {
    traceId: '',
    spanId: '',
    name: '',
    startTimeUnixNano: '0',
    endTimeUnixNano: '0',
    attributes: [],
  }
  const events: SpanEvent[] = []
  const links: SpanLink[] = []
  for (const field of readMessage(bytes)) {
    switch (field.field) {
      case 1:
        span.traceId = hexOf(field)
        break
      case 2:
        span.spanId = hexOf(field)
        break
      case 3:
        span.traceState = textOf(field)
        break
      case 4: {
        const parent = hexOf(field)
        if (parent !== '') span.parentSpanId = parent
        break
      }
      case 5:
        span.name = textOf(field)
        break
      case 6:
        span.kind = numberOf(field)
        break
      case 7:
        span.startTimeUnixNano = fixed64Of(field)
        break
      case 8:
        span.endTimeUnixNano = fixed64Of(field)
        break
      case 9:
        span.attributes.push(readAttribute(bytesOf(field), 0))
        break
      case 10:
        span.droppedAttributesCount = numberOf(field)
        break
      case 11:
        events.push(readEvent(bytesOf(field)))
        break
      case 12:
        span.droppedEventsCount = numberOf(field)
        break
      case 13:
        links.push(readLink(bytesOf(field)))
        break
      case 14:
        span.droppedLinksCount = numberOf(field)
        break
      case 15:
        span.status = readStatus(bytesOf(field))
        break
      case 16:
        span.flags = fixed32Of(field)
        break
      default:
    }
  }
  if (events.length > 0) span.events = events
  if (links.length > 0) span.links = links
  return span
}

function readEvent(bytes: Uint8Array): SpanEvent {
  const event: SpanEvent = {}
  const attributes: Attribute[] = []
  for (const field of readMessage(bytes)) {
    if (field.field === 1) event.timeUnixNano = fixed64Of(field)
    else if (field.field === 2) event.name = textOf(field)
    else if (field.field === 3) attributes.push(readAttribute(bytesOf(field), 0))
    else if (field.field === 4) event.droppedAttributesCount = numberOf(field)
  }
  return attributes.length === 0 ? event : { ...event, attributes }
}

function readLink(bytes: Uint8Array): SpanLink {
  const link: SpanLink = { traceId: '', spanId: '' }
  const attributes: Attribute[] = []
  for (const field of readMessage(bytes)) {
    if (field.field === 1) link.traceId = hexOf(field)
    else if (field.field === 2) link.spanId = hexOf(field)
    else if (field.field === 3) link.traceState = textOf(field)
    else if (field.field === 4) attributes.push(readAttribute(bytesOf(field), 0))
    else if (field.field === 5) link.droppedAttributesCount = numberOf(field)
    else if (field.field === 6) link.flags = fixed32Of(field)
  }
  return attributes.length === 0 ? link : { ...link, attributes }
}

function readStatus(bytes: Uint8Array): { code?: number; message?: string } {
  const status: { code?: number; message?: string } = {}
  for (const field of readMessage(bytes)) {
    if (field.field === 2) status.message = textOf(field)
    else if (field.field === 3) status.code = numberOf(field)
  }
  return status
}

function readAttribute(bytes: Uint8Array, depth: number): Attribute {
  const attribute: Attribute = { key: '' }
  for (const field of readMessage(bytes)) {
    if (field.field === 1) attribute.key = textOf(field)
    else if (field.field === 2) attribute.value = readValue(bytesOf(field), depth + 1)
  }
  return attribute
}

/** The last member of the `oneof` counts. */
function readValue(bytes: Uint8Array, depth: number): AttributeValue {
  if (depth > deepest) throw new MalformedMessage(`a value nested more than ${deepest} levels deep`)
  let value: AttributeValue = {}
  for (const field of readMessage(bytes)) {
    switch (field.field) {
      case 1:
        value = { stringValue: textOf(field) }
        break
      case 2:
        value = { boolValue: numberOf(field) !== 0 }
        break
      case 3:
        value = { intValue: String(varintOf(field)) }
        break
      case 4:
        value = { doubleValue: doubleOf(field) }
        break
      case 5: {
        const values = children(bytesOf(field), 1).map((each) => readValue(each, depth + 1))
        value = { arrayValue: { values } }
        break
      }
      case 6: {
        const values = children(bytesOf(field), 1).map((each) => readAttribute(each, depth + 1))
        value = { kvlistValue: { values } }
        break
      }
      case 7:
        value = { bytesValue: Buffer.from(bytesOf(field)).toString('base64') }
        break
      default:
    }
  }
  return value
}

function bytesOf(field: WireField): Uint8Array {
  if (field.kind === 'bytes') return field.value
  throw new MalformedMessage(`a number in field ${field.field}, where bytes are expected`)
}

function textOf(field: WireField): string {
  return readText(bytesOf(field))
}

function hexOf(field: WireField): string {
  return Buffer.from(bytesOf(field)).toString('hex')
}

function varintOf(field: WireField): bigint {
  if (field.kind === 'varint') return field.value
  throw new MalformedMessage(`bytes in field ${field.field}, where a number is expected`)
}

function numberOf(field: WireField): number {
  return Number(BigInt.asUintN(32, varintOf(field)))
}

function fixedOf(field: WireField, size: number): DataView {
  if (field.kind !== 'fixed' || field.value.length !== size) {
    throw new MalformedMessage(`field ${field.field} is not of ${size} bytes`)
  }
  return new DataView(field.value.buffer, field.value.byteOffset, size)
}

function fixed64Of(field: WireField): string {
  return String(fixedOf(field, 8).getBigUint64(0, true))
}

function fixed32Of(field: WireField): number {
  return fixedOf(field, 4).getUint32(0, true)
}

function doubleOf(field: WireField): AttributeValue['doubleValue'] & {} {
  const value = fixedOf(field, 8).getFloat64(0, true)
  if (Number.isFinite(value)) return value
  return Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity'
}
