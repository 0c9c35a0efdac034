import type { Json, JsonObject } from '#kernel/json'
import { type ForeignDatabase, momentIn, numberIn, type Row, tagsBy, textIn } from './database.ts'
import { parseEach } from './exact-json.ts'
import type { SourceTrace, Tag } from './source.ts'

const tracesAtOnce = 100

/** Traces of an experiment; their spans where MLflow keeps them in its tables, since 3.4. */
export async function* readTraces(
  database: ForeignDatabase,
  has: (table: string) => boolean,
  experiment: string,
): AsyncGenerator<SourceTrace> {
  for (let after = ''; ;) {
    const rows = await database.query(
      `select * from trace_info where experiment_id = ? and request_id > ?
       order by request_id limit ${tracesAtOnce}`,
      [Number(experiment), after],
    )
    const ids = rows.map((row) => textIn(row, 'request_id'))
    const of = (table: string, columns: string, key: string): Promise<Row[]> =>
      ids.length > 0 && has(table)
        ? database.query(
            `select ${columns} from ${table} where ${key} in (${ids.map(() => '?').join(', ')})`,
            ids,
          )
        : Promise.resolve([])
    const tags = tagsBy(await of('trace_tags', '*', 'request_id'), 'request_id')
    const metadata = tagsBy(await of('trace_request_metadata', '*', 'request_id'), 'request_id')
    const assessments = Map.groupBy(await of('assessments', '*', 'trace_id'), traceOf)
    // Of the others some are whole numbers that no driver gives exactly.
    const spans = Map.groupBy(await of('spans', 'trace_id, content', 'trace_id'), traceOf)
    for (const row of rows) {
      const id = textIn(row, 'request_id')
      const { read, problem } = parseEach((spans.get(id) ?? []).map(contentOf))
      yield {
        id,
        info: {
          ...infoOf(row),
          tags: { ...textsOf(tags.get(id)), ...textIfAny(row, 'trace_name', 'mlflow.traceName') },
          trace_metadata: { ...textsOf(metadata.get(id)), ...analyticsOf(row) },
          assessments: (assessments.get(id) ?? []).map(assessmentOf),
        },
        spans: read,
        problem,
      }
    }
    if (rows.length < tracesAtOnce) return
    after = ids.at(-1) ?? ''
  }
}

function contentOf(row: Row): string {
  return textIn(row, 'content')
}

function traceOf(row: Row): string {
  return textIn(row, 'trace_id')
}

function textsOf(tags: readonly Tag[] = []): JsonObject {
  return Object.fromEntries(tags.map(({ key, value }) => [key, value]))
}

function textIfAny(row: Row, column: string, key: string): JsonObject {
  const text = textIn(row, column)
  return text === '' ? {} : { [key]: text }
}

const tokenColumns = [
  'input_tokens',
  'output_tokens',
  'total_tokens',
  'cache_read_input_tokens',
  'cache_creation_input_tokens',
  'cache_creation_input_tokens_above_1hr',
]
const costColumns = ['input_cost', 'output_cost', 'total_cost']

/** What MLflow 3.17 keeps in columns instead of metadata, and gives back as metadata. */
function analyticsOf(row: Row): JsonObject {
  return {
    ...textIfAny(row, 'session_id', 'mlflow.trace.session'),
    ...numbersOf(row, tokenColumns, 'mlflow.trace.tokenUsage'),
    ...numbersOf(row, costColumns, 'mlflow.trace.cost'),
  }
}

function numbersOf(row: Row, columns: readonly string[], key: string): JsonObject {
  const known = columns.filter((column) => momentIn(row, column) !== null)
  if (known.length === 0) return {}
  const numbers = known.map((column) => [column, numberIn(row, column)])
  return { [key]: JSON.stringify(Object.fromEntries(numbers)) }
}

function infoOf(row: Row): JsonObject {
  const duration = momentIn(row, 'execution_time_ms')
  return present({
    trace_id: textIn(row, 'request_id'),
    request_time: instantOf(numberIn(row, 'timestamp_ms')),
    execution_duration: duration === null ? undefined : `${duration / 1000}s`,
    state: textIn(row, 'status') || 'STATE_UNSPECIFIED',
    client_request_id: textIn(row, 'client_request_id') || undefined,
    request_preview: textIn(row, 'request_preview') || undefined,
    response_preview: textIn(row, 'response_preview') || undefined,
  })
}

function assessmentOf(row: Row): JsonObject {
  return present({
    assessment_id: textIn(row, 'assessment_id'),
    assessment_name: textIn(row, 'name'),
    ...valueOf(row),
    source: { source_type: textIn(row, 'source_type'), source_id: textIn(row, 'source_id') },
    create_time: instantOf(numberIn(row, 'created_timestamp')),
    last_update_time: instantOf(numberIn(row, 'last_updated_timestamp')),
    span_id: textIn(row, 'span_id') || undefined,
    rationale: textIn(row, 'rationale') || undefined,
    overrides: textIn(row, 'overrides') || undefined,
    metadata: jsonIn(row, 'assessment_metadata') ?? undefined,
    valid: row['valid'] === true || row['valid'] === 1,
  })
}

function valueOf(row: Row): JsonObject {
  const value = jsonIn(row, 'value')
  const kind = textIn(row, 'assessment_type')
  if (kind === 'expectation') return { expectation: { value } }
  if (kind === 'issue') return { issue: { issue_name: value } }
  const error = jsonIn(row, 'error')
  return { feedback: error === null ? { value } : { value, error } }
}

function jsonIn(row: Row, column: string): Json {
  const text = textIn(row, column)
  return text === '' ? null : (JSON.parse(text) as Json)
}

function instantOf(millis: number): string {
  return new Date(millis).toISOString()
}

function present(parts: Readonly<Record<string, Json | undefined>>): JsonObject {
  return Object.fromEntries(
    Object.entries(parts).filter((entry): entry is [string, Json] => entry[1] !== undefined),
  )
}
