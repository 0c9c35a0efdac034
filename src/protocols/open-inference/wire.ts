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
  const parsed = inferRequest.safeParse(json)
  if (parsed.success) return parsed.data
  const problems = parsed.error.issues
    .slice(0, 5)
    .map((issue) => `${issue.path.join('.') || 'the body'}: ${issue.message}`)
  throw invalid(`This is no inference request. ${problems.join('; ')}`)
}
