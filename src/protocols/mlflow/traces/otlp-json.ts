import { z } from 'zod'
import type { Attribute, AttributeValue, Span } from '#domains/traces/index'
import type { SpanGroup } from './otlp-protobuf.ts'

const deepest = 60

/** 64-bit numbers are texts, or numbers that are exact. Gives digits. */
const uint64 = z.union([
  z.string().regex(/^\d{1,20}$/),
  z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER).transform(String),
])
const int64 = z.union([z.string().regex(/^-?\d{1,20}$/), z.number().int().safe().transform(String)])
const count = z.number().int().nonnegative().max(0xffffffff)
const hexId = z
  .string()
  .regex(/^[0-9a-fA-F]*$/)
  .transform((text) => text.toLowerCase())

const value: z.ZodType<AttributeValue> = z.lazy(() =>
  z.object({
    stringValue: z.string().optional(),
    boolValue: z.boolean().optional(),
    intValue: int64.optional(),
    doubleValue: z.union([z.number(), z.enum(['NaN', 'Infinity', '-Infinity'])]).optional(),
    arrayValue: z.object({ values: z.array(value).optional() }).optional(),
    kvlistValue: z.object({ values: z.array(attribute).optional() }).optional(),
    bytesValue: z.string().optional(),
  }),
) as z.ZodType<AttributeValue>
const attribute: z.ZodType<Attribute> = z.object({
  key: z.string().default(''),
  value: value.optional(),
}) as z.ZodType<Attribute>
const attributes = z.array(attribute)

const kindNames = ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'].map(
  (name) => `SPAN_KIND_${name}`,
)
const codeNames = ['UNSET', 'OK', 'ERROR'].map((name) => `STATUS_CODE_${name}`)

/** Enumerations are numbers in OTLP/JSON; some exporters write the names. */
function enumerated(names: readonly string[]) {
  return z.union([
    z.number().int().nonnegative(),
    z
      .string()
      .refine((name) => names.includes(name))
      .transform((name) => names.indexOf(name)),
  ])
}

const span = z.object({
  traceId: hexId.default(''),
  spanId: hexId.default(''),
  parentSpanId: hexId.optional(),
  traceState: z.string().optional(),
  name: z.string().default(''),
  kind: enumerated(kindNames).optional(),
  startTimeUnixNano: uint64.default('0'),
  endTimeUnixNano: uint64.default('0'),
  attributes: attributes.default([]),
  droppedAttributesCount: count.optional(),
  events: z
    .array(
      z.object({
        timeUnixNano: uint64.optional(),
        name: z.string().optional(),
        attributes: attributes.optional(),
        droppedAttributesCount: count.optional(),
      }),
    )
    .optional(),
  droppedEventsCount: count.optional(),
  links: z
    .array(
      z.object({
        traceId: hexId.default(''),
        spanId: hexId.default(''),
        traceState: z.string().optional(),
        attributes: attributes.optional(),
        droppedAttributesCount: count.optional(),
        flags: count.optional(),
      }),
    )
    .optional(),
  droppedLinksCount: count.optional(),
  status: z
    .object({ code: enumerated(codeNames).optional(), message: z.string().optional() })
    .optional(),
  flags: count.optional(),
})

const request = z.object({
  resourceSpans: z
    .array(
      z.object({
        resource: z.object({ attributes: attributes.default([]) }).optional(),
        scopeSpans: z.array(z.object({ spans: z.array(span).default([]) })).default([]),
      }),
    )
    .default([]),
})

/** An export request in OTLP/JSON; `undefined` when it is none. */
export function readJsonRequest(json: unknown): SpanGroup[] | undefined {
  const read = request.safeParse(withoutNulls(json, 0))
  if (!read.success) return undefined
  return read.data.resourceSpans.map(({ resource, scopeSpans }) => ({
    resource: resource?.attributes ?? [],
    spans: scopeSpans.flatMap((scope) => scope.spans.map(tidied)),
  }))
}

/** An empty parent is none. Members without a value are not there. */
function tidied(read: z.infer<typeof span>): Span {
  const { parentSpanId, ...rest } = read
  const own = parentSpanId === undefined || parentSpanId === '' ? rest : { ...rest, parentSpanId }
  return withoutNulls(own, 0) as Span
}

function withoutNulls(json: unknown, depth: number): unknown {
  if (typeof json !== 'object' || json === null || depth > deepest) return json
  if (Array.isArray(json)) return json.map((item) => withoutNulls(item, depth + 1))
  const members = Object.entries(json).filter(([, item]) => item !== null && item !== undefined)
  return Object.fromEntries(members.map(([key, item]) => [key, withoutNulls(item, depth + 1)]))
}
