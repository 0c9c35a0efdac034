import type { Json, JsonObject } from '#kernel/json'
import type { NewEvaluationRecord } from './evaluation-records.ts'

interface Fields {
  inputs: Record<string, string>
  outputs: Record<string, string> | string
  expectations: Record<string, string>
  version: string
}

/** Adds what records have to what is known of them: the type of each member, as it was first seen. */
export function mergeFields(
  known: JsonObject | undefined,
  records: readonly NewEvaluationRecord[],
): JsonObject {
  const fields = (known ?? {
    inputs: {},
    outputs: {},
    expectations: {},
    version: '1.0',
  }) as unknown as Fields
  for (const { inputs, outputs, expectations } of records) {
    addMembers(fields.inputs, inputs)
    addMembers(fields.expectations, expectations ?? {})
    if (outputs === undefined || outputs === null) continue
    if (isObject(outputs)) {
      if (typeof fields.outputs !== 'string') addMembers(fields.outputs, outputs)
    } else if (Object.keys(fields.outputs).length === 0) fields.outputs = typeName(outputs)
  }
  return fields as unknown as JsonObject
}

function addMembers(types: Record<string, string>, members: JsonObject): void {
  for (const [key, value] of Object.entries(members)) {
    if (!Object.hasOwn(types, key)) types[key] = typeName(value)
  }
}

/** As MLflow calls them. */
function typeName(value: Json): string {
  if (value === null) return 'null'
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'float'
  if (Array.isArray(value)) return 'array'
  return typeof value
}

function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
