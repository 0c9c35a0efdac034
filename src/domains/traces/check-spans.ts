import type { Span } from './span.ts'

const latestNano = 2n ** 63n - 1n

/** The spans that can be kept, and what is wrong with the first of the others. */
export function checkSpans(spans: readonly Span[]): {
  kept: Span[]
  refused: number
  problem: string | undefined
} {
  const kept: Span[] = []
  let problem: string | undefined
  for (const [i, span] of spans.entries()) {
    const found = problemOf(span)
    if (found === undefined) kept.push(span)
    else problem ??= `Span ${i + 1} of ${spans.length}: ${found}`
  }
  return { kept, refused: spans.length - kept.length, problem }
}

function problemOf(span: Span): string | undefined {
  if (!/^(?!0+$)[0-9a-f]{32}$/.test(span.traceId)) {
    return 'its trace id is not 16 bytes, or all of them are zero.'
  }
  if (!/^(?!0+$)[0-9a-f]{16}$/.test(span.spanId)) {
    return 'its span id is not 8 bytes, or all of them are zero.'
  }
  if (span.parentSpanId !== undefined && !/^[0-9a-f]{16}$/.test(span.parentSpanId)) {
    return "its parent's id is not 8 bytes."
  }
  for (const time of [span.startTimeUnixNano, span.endTimeUnixNano]) {
    if (!/^\d{1,20}$/.test(time) || BigInt(time) > latestNano) {
      return 'a time is not a number of nanoseconds since 1970.'
    }
  }
  return undefined
}
