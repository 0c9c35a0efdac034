import { type RawBuilder, type SqlBool, sql } from 'kysely'
import { invalid } from '#kernel/errors'
import { Attributes, valueText } from './attributes.ts'
import { compareSql } from '#domains/runs/index'
import { textTest } from './match-text.ts'
import { type Span, spanStatus } from './span.ts'
import type { TraceComparison } from './trace-grammar.ts'
import { traceHas } from './trace-has.ts'
import { spanKeys } from './translate-attributes.ts'

const columns = ['name', 'type', 'status'] as const
const attributePrefix = 'attributes.'

export type SpanTest = (span: Span) => boolean

/** What a filter asks of one and the same span of a trace. */
export interface SpanConditions {
  /** On `traces`: there is a row of a span that may be it. */
  sql: RawBuilder<SqlBool> | undefined
  /** Whether a span is it; `undefined` when the rows tell it all. */
  test: SpanTest | undefined
}

export function spanConditions(comparisons: readonly TraceComparison[]): SpanConditions {
  for (const comparison of comparisons) checkKey(comparison)
  const inRows = comparisons.filter(isInRows)
  const rows = inRows.map(({ key, comparator, value }) =>
    compareSql(sql.ref(`told.${key}`), comparator, value),
  )
  const tests = comparisons.map(testOf)
  return {
    sql:
      rows.length === 0 ? undefined : traceHas('span', sql<SqlBool>`${sql.join(rows, sql` and `)}`),
    test:
      inRows.length === comparisons.length
        ? undefined
        : (span) => tests.every((test) => test(span)),
  }
}

function isInRows({ key, comparator }: TraceComparison): boolean {
  return columns.some((column) => column === key) && comparator !== 'RLIKE'
}

function checkKey({ key }: TraceComparison): void {
  if (key === attributePrefix || key === 'attributes') {
    throw invalid("Span attribute name cannot be empty after 'attributes.'")
  }
  const known = columns.some((column) => column === key) || key === 'content'
  if (known || key.startsWith(attributePrefix)) return
  throw invalid(
    `Invalid span attribute '${key.slice(0, 200)}'. ` +
      'Supported attributes: name, status, type, attributes.<attribute_name>.',
  )
}

function testOf({ key, comparator, value }: TraceComparison): SpanTest {
  const test = textTest(comparator, value)
  if (key === 'name') return (span) => test(span.name)
  if (key === 'status') return (span) => test(spanStatus(span))
  if (key === 'type') {
    return (span) => test(new Attributes(span.attributes).text(spanKeys.type) ?? 'UNKNOWN')
  }
  if (key === 'content') return (span) => test(contentOf(span))
  const name = key.slice(attributePrefix.length)
  return ({ attributes }) =>
    attributes.some((each) => each.key === name && test(valueText(each.value ?? {})))
}

/** All that a span says, as text: its name, then its attributes and those of its events by line. */
function contentOf(span: Span): string {
  const lines = [span.name, span.status?.message ?? '']
  const add = ({
    attributes = [],
  }: Pick<Span, 'attributes'> | { attributes?: Span['attributes'] }) => {
    for (const { key, value } of attributes) lines.push(`${key}: ${valueText(value ?? {})}`)
  }
  add(span)
  for (const event of span.events ?? []) {
    lines.push(event.name ?? '')
    add(event.attributes === undefined ? {} : { attributes: event.attributes })
  }
  return lines.join('\n')
}
