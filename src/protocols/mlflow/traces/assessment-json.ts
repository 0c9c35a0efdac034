import type { Json } from '#kernel/json'
import type { Assessment, NewAssessment } from '#domains/traces/index'
import { mlflowError } from '../errors.ts'
import { boolean, enumeration, type Field, map, message, type Read, text } from '../fields.ts'
import { instant, instantText } from './instants.ts'

const sourceTypes = { SOURCE_TYPE_UNSPECIFIED: 0, HUMAN: 1, LLM_JUDGE: 2, CODE: 3 } as const

/** A `google.protobuf.Value`: any JSON. */
const anything: Field<Json, false> = {
  required: false,
  inQuery: 'text',
  read: (value) => value as Json,
}

const errorFields = { error_code: text, error_message: text, stack_trace: text }

export const assessmentFields = {
  assessment_id: text,
  assessment_name: text,
  trace_id: text,
  span_id: text,
  source: message({ source_type: enumeration(sourceTypes), source_id: text }),
  create_time: instant,
  last_update_time: instant,
  feedback: message({ value: anything, error: message(errorFields) }),
  expectation: message({
    value: anything,
    serialized_value: message({ serialization_format: text, value: text }),
  }),
  issue: message({ issue_name: text }),
  rationale: text,
  error: message(errorFields),
  metadata: map(text),
  overrides: text,
  valid: boolean,
}

export type AssessmentFields = Read<typeof assessmentFields>

/** What a client says; by its form a feedback, an expectation or a reference to an issue. */
export function newAssessment(fields: AssessmentFields): NewAssessment {
  return {
    name: fields.assessment_name ?? (fields.feedback === undefined ? '' : 'feedback'),
    ...assessmentValue(fields),
    source: {
      type: fields.source?.source_type ?? 'SOURCE_TYPE_UNSPECIFIED',
      id: fields.source?.source_id ?? 'default',
    },
    span: orNothing(fields.span_id),
    rationale: orNothing(fields.rationale),
    metadata: fields.metadata,
    overrides: orNothing(fields.overrides),
    createdAt: fields.create_time,
    updatedAt: fields.last_update_time,
  }
}

export function assessmentValue(
  fields: AssessmentFields,
): Pick<NewAssessment, 'kind' | 'value'> & Required<Pick<NewAssessment, 'error'>> {
  const { feedback, expectation, issue } = fields
  const given = [feedback, expectation, issue].filter((one) => one !== undefined)
  if (given.length !== 1) {
    throw mlflowError(
      'INVALID_PARAMETER_VALUE',
      'Exactly one of `expectation`, `feedback`, or `issue` should be specified.',
    )
  }
  if (feedback !== undefined) {
    const error = feedback.error ?? fields.error
    return {
      kind: 'feedback',
      value: feedback.value ?? null,
      error:
        error === undefined
          ? undefined
          : {
              code: error.error_code ?? '',
              message: error.error_message,
              stackTrace: error.stack_trace,
            },
    }
  }
  if (expectation !== undefined) {
    const { serialized_value: serialized } = expectation
    const value = serialized === undefined ? (expectation.value ?? null) : unserialized(serialized)
    return { kind: 'expectation', value, error: undefined }
  }
  return { kind: 'issue', value: issue?.issue_name ?? '', error: undefined }
}

function unserialized(serialized: {
  serialization_format: string | undefined
  value: string | undefined
}): Json {
  if (serialized.serialization_format !== 'JSON_FORMAT') {
    throw mlflowError(
      'INVALID_PARAMETER_VALUE',
      `Unknown serialization format: ${String(serialized.serialization_format).slice(0, 100)}. ` +
        'Only JSON_FORMAT is supported.',
    )
  }
  try {
    return JSON.parse(serialized.value ?? 'null') as Json
  } catch {
    throw mlflowError(
      'INVALID_PARAMETER_VALUE',
      'The serialized value of an expectation must be a JSON text.',
    )
  }
}

export function assessmentJson(assessment: Assessment): object {
  const { id, name, trace, span, source, rationale, metadata, overrides, valid } = assessment
  return {
    assessment_id: id,
    assessment_name: name,
    trace_id: trace,
    span_id: span,
    source: { source_type: source.type, source_id: source.id },
    create_time: instantText(assessment.createdAt),
    last_update_time: instantText(assessment.updatedAt),
    ...valueJson(assessment),
    rationale,
    metadata: Object.keys(metadata).length === 0 ? undefined : metadata,
    overrides,
    valid,
  }
}

function valueJson({ kind, value, error }: Assessment): object {
  if (kind === 'issue') return { issue: { issue_name: value } }
  if (kind === 'expectation') {
    const serialized = typeof value === 'object' && value !== null
    return serialized
      ? {
          expectation: {
            serialized_value: {
              serialization_format: 'JSON_FORMAT',
              value: JSON.stringify(value),
            },
          },
        }
      : { expectation: { value } }
  }
  return {
    feedback: {
      value,
      error:
        error === undefined
          ? undefined
          : {
              error_code: error.code,
              error_message: error.message,
              stack_trace: error.stackTrace,
            },
    },
  }
}

function orNothing(value: string | undefined): string | undefined {
  return value === '' ? undefined : value
}
