import type { Json, JsonObject } from '#kernel/json'
import { ExactNumber, parseExact } from './exact-json.ts'

type Parts = Readonly<Record<string, unknown>>

/** A span as MLflow keeps it in its tables and files, read by `parseExact`, as OTLP/JSON writes it. */
export function otlpSpan(span: unknown): JsonObject {
  const { trace_id, span_id, parent_span_id, name, status, events, links, ...rest } = partsOf(span)
  const { code, message } = partsOf(status)
  return {
    traceId: hexOf(trace_id),
    spanId: hexOf(span_id),
    ...(typeof parent_span_id === 'string' ? { parentSpanId: hexOf(parent_span_id) } : {}),
    name: textOf(name),
    startTimeUnixNano: digitsOf(rest['start_time_unix_nano']),
    endTimeUnixNano: digitsOf(rest['end_time_unix_nano']),
    status: { code: codes[textOf(code)] ?? 0, message: textOf(message) },
    // Each is a text of JSON.
    attributes: Object.entries(partsOf(rest['attributes'])).map(([key, value]) => ({
      key,
      value: anyValue(written(value)),
    })),
    events: itemsOf(events).map((event) => ({
      name: textOf(event['name']),
      timeUnixNano: digitsOf(event['time_unix_nano']),
      attributes: attributesOf(event['attributes']),
    })),
    links: itemsOf(links).map((link) => ({
      traceId: hexOf(link['trace_id']),
      spanId: hexOf(link['span_id']),
      attributes: attributesOf(link['attributes']),
    })),
  }
}

const codes: Readonly<Record<string, number>> = {
  STATUS_CODE_UNSET: 0,
  STATUS_CODE_OK: 1,
  STATUS_CODE_ERROR: 2,
}

/** Ids are base64 of their bytes, in links `tr-` and hexadecimal digits. */
function hexOf(id: unknown): string {
  const text = textOf(id).replace(/^tr-/, '')
  const isHex = /^([0-9a-f]{32}|[0-9a-f]{16})$/.test(text)
  return isHex ? text : Buffer.from(text, 'base64').toString('hex')
}

/** What is no JSON is a text: Python writes NaN bare. */
function written(value: unknown): unknown {
  if (typeof value !== 'string') return value
  try {
    return parseExact(value)
  } catch (thrown) {
    if (thrown instanceof SyntaxError) return value
    throw thrown
  }
}

function attributesOf(value: unknown): JsonObject[] {
  return Object.entries(partsOf(value)).map(([key, each]) => ({ key, value: anyValue(each) }))
}

function anyValue(value: unknown): JsonObject {
  if (typeof value === 'string') return { stringValue: value }
  if (typeof value === 'boolean') return { boolValue: value }
  if (value instanceof ExactNumber) {
    return value.isWhole ? { intValue: value.digits } : { doubleValue: Number(value.digits) }
  }
  if (Array.isArray(value)) return { arrayValue: { values: value.map(anyValue) } }
  if (value === null || value === undefined) return {}
  return { kvlistValue: { values: attributesOf(value) as Json[] } }
}

function partsOf(value: unknown): Parts {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
  return isObject ? (value as Parts) : {}
}

function itemsOf(value: unknown): Parts[] {
  return Array.isArray(value) ? value.map(partsOf) : []
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function digitsOf(value: unknown): string {
  return value instanceof ExactNumber ? value.digits : '0'
}
