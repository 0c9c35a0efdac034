import { invalid } from '#kernel/errors'
import { type Json, parseStored } from '#kernel/json'
import type { Context } from '#domains/access/index'
import { storable } from './storable-text.ts'
import type { AssessmentRow } from './store.ts'
import {
  type Assessment,
  type AssessmentError,
  type AssessmentKind,
  assessmentKinds,
} from './trace.ts'

/** An assessment as it is given; the trace is told beside it. */
export interface NewAssessment {
  /** Given by those who carry assessments over; default: a new one. */
  id?: string | undefined
  name: string
  kind: AssessmentKind
  value: Json
  error?: AssessmentError | undefined
  source: { type: string; id: string }
  span?: string | undefined
  rationale?: string | undefined
  metadata?: Readonly<Record<string, string>> | undefined
  overrides?: string | undefined
  valid?: boolean | undefined
  createdAt?: number | undefined
  updatedAt?: number | undefined
}

const sourceTypes = ['HUMAN', 'LLM_JUDGE', 'CODE', 'SOURCE_TYPE_UNSPECIFIED']
const longestName = 250
const longestValue = 1024 * 1024

/** Errors: `invalid`. */
export function checkAssessment(input: NewAssessment): void {
  if (input.name === '' || input.name.length > longestName || input.name.includes('\0')) {
    throw invalid(`An assessment's name has 1 to ${longestName} characters.`)
  }
  if (!assessmentKinds.includes(input.kind)) {
    throw invalid(`An assessment is one of ${assessmentKinds.join(', ')}.`)
  }
  if (input.id !== undefined && !/^[\w.:-]{1,100}$/.test(input.id)) {
    throw invalid('An assessment id has 1 to 100 letters, digits, "-", "_", "." or ":".')
  }
  if (!sourceTypes.includes(input.source.type)) {
    throw invalid(
      `Invalid assessment source type: ${input.source.type.slice(0, 60)}. ` +
        `Valid source types: ${sourceTypes.join(', ')}`,
    )
  }
  if (JSON.stringify(input.value).length > longestValue) {
    throw invalid(`The value of an assessment has at most ${longestValue} characters as JSON.`)
  }
}

export function assessmentRow(
  ctx: Context,
  place: { project: string; trace_id: string },
  input: NewAssessment,
): AssessmentRow {
  const now = ctx.clock()
  const text = (value: string | undefined) => (value === undefined ? null : storable(value))
  return {
    ...place,
    id: input.id ?? `a-${ctx.newId()}`,
    name: input.name,
    kind: input.kind,
    value: JSON.stringify(input.value),
    ...scoreOf(input.value),
    error: input.error === undefined ? null : JSON.stringify(input.error),
    source_type: input.source.type,
    source_id: storable(input.source.id),
    span_id: text(input.span),
    rationale: text(input.rationale),
    metadata: JSON.stringify(input.metadata ?? {}),
    overrides: text(input.overrides),
    valid: input.valid === false ? 0 : 1,
    created_at: input.createdAt ?? now,
    updated_at: input.updatedAt ?? now,
  }
}

/** How charts count a value: true and "yes" as 1, false and "no" as 0. */
export function scoreOf(value: Json): Pick<AssessmentRow, 'score' | 'is_numeric'> {
  if (typeof value === 'boolean') return { score: value ? 1 : 0, is_numeric: 0 }
  if (typeof value === 'number') return { score: value, is_numeric: 1 }
  const word = typeof value === 'string' ? value.trim().toLowerCase() : ''
  if (word === 'yes') return { score: 1, is_numeric: 0 }
  return { score: word === 'no' ? 0 : null, is_numeric: 0 }
}

export function assessmentFromRow(row: AssessmentRow): Assessment {
  return {
    id: row.id,
    trace: row.trace_id,
    name: row.name,
    kind: row.kind as AssessmentKind,
    value: parseStored<Json>(row.value),
    error: row.error === null ? undefined : parseStored<AssessmentError>(row.error),
    source: { type: row.source_type, id: row.source_id },
    span: row.span_id ?? undefined,
    rationale: row.rationale ?? undefined,
    metadata: parseStored<Record<string, string>>(row.metadata),
    overrides: row.overrides ?? undefined,
    valid: row.valid === 1,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}
