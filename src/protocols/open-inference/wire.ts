import { z } from 'zod'
import { invalid } from '#kernel/errors'

export const datatypes = [
  'BOOL',
  'UINT8',
  'UINT16',
  'UINT32',
  'UINT64',
  'INT8',
  'INT16',
  'INT32',
  'INT64',
  'FP16',
  'BF16',
  'FP32',
  'FP64',
  'BYTES',
] as const
export type Datatype = (typeof datatypes)[number]

const parameters = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]))

const inferInput = z.object({
  name: z.string().min(1).max(500),
  datatype: z.enum(datatypes),
  shape: z
    .array(
      z
        .int()
        .min(0)
        .max(2 ** 31),
    )
    .max(8),
  parameters: parameters.optional(),
  data: z.unknown().optional(),
})
export type InferInput = z.output<typeof inferInput>

const inferRequest = z.object({
  id: z.string().max(200).optional(),
  parameters: parameters.optional(),
  inputs: z.array(inferInput).min(1).max(10_000),
  outputs: z
    .array(z.object({ name: z.string().max(500), parameters: parameters.optional() }))
    .max(100)
    .optional(),
})
export type InferRequest = z.output<typeof inferRequest>

/** Reads an inference request. Errors: `invalid` names each member that is wrong. */
export function parseInferRequest(json: unknown): InferRequest {
  if (isUsual(json)) return json
  const parsed = inferRequest.safeParse(json)
  if (parsed.success) return parsed.data
  const problems = parsed.error.issues
    .slice(0, 5)
    .map((issue) => `${issue.path.join('.') || 'the body'}: ${issue.message}`)
  throw invalid(`This is no inference request. ${problems.join('; ')}`)
}

const usualDatatypes: ReadonlySet<unknown> = new Set<Datatype>(['FP32', 'FP64', 'INT32', 'INT64'])

/**
 * Whether this is what nearly every client sends: one tensor, and no parameters but of its data in
 * binary. The schema takes ten times as long to say the same; it is asked for all else, and says
 * what is wrong.
 */
function isUsual(json: unknown): json is InferRequest {
  if (!isObject(json)) return false
  for (const name in json) {
    const value = json[name]
    if (name === 'id') {
      if (typeof value !== 'string' || value.length > 200) return false
    } else if (name === 'parameters') {
      if (!isBinaryChoice(value)) return false
    } else if (name !== 'inputs') return false
  }
  const { inputs } = json
  return Array.isArray(inputs) && inputs.length === 1 && isUsualInput(inputs[0])
}

function isBinaryChoice(value: unknown): boolean {
  if (!isObject(value)) return false
  for (const name in value) {
    if (name !== 'binary_data_output' || typeof value[name] !== 'boolean') return false
  }
  return true
}

function isUsualInput(input: unknown): boolean {
  if (!isObject(input)) return false
  for (const name in input) {
    if (name === 'parameters') {
      if (!isBinarySize(input[name])) return false
    } else if (name !== 'name' && name !== 'datatype' && name !== 'shape' && name !== 'data') {
      return false
    }
  }
  const { name, datatype, shape } = input
  return (
    typeof name === 'string' &&
    name !== '' &&
    name.length <= 500 &&
    usualDatatypes.has(datatype) &&
    Array.isArray(shape) &&
    shape.length === 2 &&
    isUsualSize(shape[0]) &&
    isUsualSize(shape[1])
  )
}

function isBinarySize(value: unknown): boolean {
  if (!isObject(value)) return false
  for (const name in value) {
    if (name !== 'binary_data_size' || typeof value[name] !== 'number') return false
  }
  return true
}

function isUsualSize(size: unknown): boolean {
  return typeof size === 'number' && Number.isInteger(size) && size >= 0 && size < 2 ** 20
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
