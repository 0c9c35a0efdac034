import { type RawBuilder, type SqlBool, sql } from 'kysely'
import { invalid } from '#kernel/errors'
import { parseFilter } from '#kernel/filter/parse-filter'
import { assessmentCondition } from './assessment-condition.ts'
import { compareSql } from '#domains/runs/index'
import { literalOf, type TextTest, textTest } from './match-text.ts'
import { spanConditions, type SpanTest } from './span-conditions.ts'
import { traceKeys } from './trace.ts'
import { type TraceComparison, traceGrammar } from './trace-grammar.ts'
import { traceHas } from './trace-has.ts'

type Condition = RawBuilder<SqlBool>

/** A text of a trace that SQL cannot compare: what selects it, and what it must be. */
export interface TextCheck {
  /** `select trace_id, value …`, without a condition on the trace. */
  rows: RawBuilder<unknown>
  test: TextTest
}

/** What a filter asks of a trace. All of it must hold. */
export interface TraceConditions {
  sql: Condition[]
  texts: TextCheck[]
  /** One span must pass. */
  span: SpanTest | undefined
  /** What the text of that span's payload holds as it is, unless it is empty; spares reading it. */
  literal: string
}

/** Reads a filter of traces. Errors: `invalid`. */
export function traceConditions(project: string, filter: string): TraceConditions {
  const comparisons = parseFilter(traceGrammar, filter).map(asSpan)
  const spans = comparisons.filter((comparison) => comparison.entity === 'span')
  const rest = comparisons.filter((comparison) => comparison.entity !== 'span')
  const span = spanConditions(spans)
  const conditions: Condition[] = span.sql === undefined ? [] : [span.sql]
  const texts: TextCheck[] = []
  for (const comparison of rest) {
    if (comparison.comparator === 'RLIKE') texts.push(textCheck(project, comparison))
    else conditions.push(conditionOf(project, comparison))
  }
  const content = spans.find((comparison) => comparison.key === 'content')
  const literal = content === undefined ? '' : literalOf(content.comparator, String(content.value))
  return { sql: conditions, texts, span: span.test, literal }
}

/** `trace.text` is the content of any span. */
function asSpan(comparison: TraceComparison): TraceComparison {
  const isText = comparison.entity === 'attribute' && comparison.key === 'text'
  return isText ? { ...comparison, entity: 'span', key: 'content' } : comparison
}

const tables = { tag: 'trace_tags', request_metadata: 'trace_metadata' } as const

/** Of all entities but spans, which are looked at together. */
function conditionOf(project: string, comparison: TraceComparison): Condition {
  const { entity, key, comparator, value } = comparison
  switch (entity) {
    case 'attribute':
      return attributeCondition(project, comparison)
    case 'feedback':
    case 'expectation':
      return assessmentCondition(project, comparison)
    case 'issue':
      return traceHas('assessment', sql<SqlBool>`told.kind = 'issue' and told.name = ${value}`)
    case 'tag':
      if (key === traceKeys.name) return compareSql(sql.ref('traces.name'), comparator, value)
      if (key === traceKeys.prompts) return promptCondition(comparator, value)
      return textCondition('tag', comparison)
    case 'span':
    case 'request_metadata':
      if (key === traceKeys.session) return compareSql(sql.ref('traces.session'), comparator, value)
      if (key === traceKeys.run && comparator === '=') return runCondition(String(value))
      return textCondition('metadata', comparison)
  }
}

function attributeCondition(project: string, comparison: TraceComparison): Condition {
  const { key, comparator, value } = comparison
  if (key === 'prompt') return promptCondition(comparator, value)
  if (key === 'run') {
    return conditionOf(project, { ...comparison, entity: 'request_metadata', key: traceKeys.run })
  }
  if (key === 'ended_at') {
    const ended = sql`(traces.requested_at + coalesce(traces.duration_ms, 0))`
    return compareSql(ended, comparator, value)
  }
  return compareSql(sql.ref(`traces.${key}`), comparator, value)
}

function textCondition(
  what: 'tag' | 'metadata',
  { key, comparator, value }: TraceComparison,
): Condition {
  const keyed = sql<SqlBool>`told.key = ${key}`
  if (comparator === 'IS NULL') return sql<SqlBool>`not ${traceHas(what, keyed)}`
  if (comparator === 'IS NOT NULL') return traceHas(what, keyed)
  const compared = compareSql(sql.ref('told.value'), comparator, value)
  return traceHas(what, sql<SqlBool>`${keyed} and ${compared}`)
}

/** Traces that were made in a run, and those that were linked to it. */
function runCondition(run: string): Condition {
  const linked = traceHas('link', sql<SqlBool>`told.kind = 'run' and told.target = ${run}`)
  const made = sql<SqlBool>`told.key = ${traceKeys.run} and told.value = ${run}`
  return sql<SqlBool>`(${linked} or ${traceHas('metadata', made)})`
}

function promptCondition(comparator: string, value: TraceComparison['value']): Condition {
  if (comparator !== '=') {
    throw invalid(
      `Invalid comparator '${comparator}' for prompts filter. ` +
        'Only \'=\' is supported with format: prompt = "name/version"',
    )
  }
  const text = String(value)
  if (text.split('/').length !== 2) {
    throw invalid(
      `Invalid prompts filter value '${text.slice(0, 200)}'. ` +
        'Expected format: prompt = "name/version"',
    )
  }
  return traceHas('link', sql<SqlBool>`told.kind = 'prompt' and told.target = ${text}`)
}

const columnsOf: Readonly<Record<string, string>> = {
  id: 'id',
  state: 'state',
  name: 'name',
  client_request_id: 'client_request_id',
}

/** `RLIKE` on a text of a trace. */
function textCheck(project: string, { entity, key, value }: TraceComparison): TextCheck {
  const test = textTest('RLIKE', value)
  const column = entity === 'attribute' ? columnsOf[key] : ownColumn(entity, key)
  if (column !== undefined) {
    const rows = sql`select id as trace_id, ${sql.ref(column)} as value from traces
      where project = ${project}`
    return { rows, test }
  }
  if (entity === 'feedback' || entity === 'expectation') {
    const rows = sql`select trace_id, value from trace_assessments where project = ${project}
      and kind = ${entity} and name = ${key} and valid = 1`
    return { rows, test }
  }
  const run = entity === 'attribute' && key === 'run'
  const table = entity === 'tag' ? tables.tag : tables.request_metadata
  const rows = sql`select trace_id, value from ${sql.table(table)}
    where project = ${project} and key = ${run ? traceKeys.run : key}`
  return { rows, test }
}

function ownColumn(entity: string, key: string): string | undefined {
  if (entity === 'tag' && key === traceKeys.name) return 'name'
  return entity === 'request_metadata' && key === traceKeys.session ? 'session' : undefined
}
