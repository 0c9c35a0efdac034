import { parseStored } from '#kernel/json'
import type { Context } from '#domains/access/index'
import type { Span } from './span.ts'
import type { TracePayloadRow } from './store.ts'

/** Spans as one text and as it is kept. */
export function packSpans(
  ctx: Context,
  spans: readonly Span[],
): Pick<TracePayloadRow, 'digest' | 'span_count' | 'size_bytes' | 'payload'> {
  const text = JSON.stringify(spans)
  const payload = ctx.deflate(text)
  return {
    digest: ctx.digest(text),
    span_count: spans.length,
    size_bytes: payload.length,
    payload,
  }
}

/**
 * The spans of a trace from its payloads in order of arrival: roots first, then by time of start. A
 * span that was sent more than once is the last one, but one that ended stays ended.
 */
export function unpackSpans(ctx: Context, payloads: readonly Uint8Array[]): Span[] {
  const byId = new Map<string, Span>()
  for (const payload of payloads) {
    for (const span of parseStored<Span[]>(ctx.inflate(payload))) {
      const known = byId.get(span.spanId)
      const reopens = span.endTimeUnixNano === '0' && (known?.endTimeUnixNano ?? '0') !== '0'
      if (!reopens) byId.set(span.spanId, span)
    }
  }
  return [...byId.values()].sort(comparePlace)
}

function comparePlace(a: Span, b: Span): number {
  const depth = Number(a.parentSpanId !== undefined) - Number(b.parentSpanId !== undefined)
  return depth !== 0 ? depth : compareDigits(a.startTimeUnixNano, b.startTimeUnixNano)
}

/** Decimal texts without leading zeros: the longer one is the larger one. */
function compareDigits(a: string, b: string): number {
  if (a.length !== b.length) return a.length - b.length
  return a < b ? -1 : a > b ? 1 : 0
}
