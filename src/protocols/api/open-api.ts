import { z } from 'zod'
import { errorCodes } from '#kernel/errors'
import { bytes, type EndpointSpec } from './endpoint.ts'
import { httpStatus } from './errors.ts'
import type { Operation } from './implement.ts'

type JsonObject = Record<string, unknown>

/** The document of the mounted operations, printed from the specifications that also validate. */
export function openApiDocument(operations: readonly Operation[], version: string): JsonObject {
  const schemas: JsonObject = { Error: errorSchema() }
  const paths: Record<string, JsonObject> = { '/events': { get: eventsOperation() } }
  for (const operation of operations) {
    const path = operation.spec.path.replaceAll(/:([A-Za-z][A-Za-z0-9]*)/g, '{$1}')
    const described = describeOperation(operation, schemas)
    paths[path] = { ...paths[path], [operation.spec.method.toLowerCase()]: described }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Gyre',
      version,
      description: 'The machine-learning loop: data, features, runs, models, endpoints, monitors.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    jsonSchemaDialect: 'https://json-schema.org/draft/2020-12/schema',
    servers: [{ url: '/api/v1' }],
    security: [{ token: [] }, {}],
    paths,
    components: {
      schemas,
      responses: {
        Error: { description: 'A failure', content: json({ $ref: '#/components/schemas/Error' }) },
      },
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: 'A service token' },
      },
    },
  }
}

function describeOperation({ name, spec }: Operation, schemas: JsonObject): JsonObject {
  const room = name.split('.')[0] ?? name
  const title = name.replaceAll(/\W/g, '_')
  return {
    operationId: title,
    summary: spec.summary,
    tags: [room],
    'x-gyre-role': spec.role,
    ...(spec.role === 'anyone' ? { security: [{}] } : {}),
    parameters: [...pathParameters(spec), ...queryParameters(spec, `${title}_query`, schemas)],
    ...requestBody(spec, `${title}_body`, schemas),
    responses: {
      ...success(spec, `${title}_result`, schemas),
      default: { $ref: '#/components/responses/Error' },
    },
  }
}

function pathParameters({ path }: EndpointSpec): JsonObject[] {
  return [...path.matchAll(/:([A-Za-z][A-Za-z0-9]*)/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }))
}

function queryParameters(
  { query }: EndpointSpec,
  title: string,
  schemas: JsonObject,
): JsonObject[] {
  if (query === undefined) return []
  const schema = schemaOf(query, 'input', title, schemas)
  const required = (schema['required'] ?? []) as string[]
  return Object.entries((schema['properties'] ?? {}) as Record<string, JsonObject>).map(
    ([name, { description, ...property }]) => ({
      name,
      in: 'query',
      required: required.includes(name),
      ...(description === undefined ? {} : { description }),
      schema: property,
    }),
  )
}

function requestBody({ body }: EndpointSpec, title: string, schemas: JsonObject): JsonObject {
  if (body === undefined) return {}
  const content =
    body === bytes
      ? { 'application/octet-stream': {} }
      : json(schemaOf(body as z.ZodType, 'input', title, schemas))
  return { requestBody: { required: true, content } }
}

function success({ result }: EndpointSpec, title: string, schemas: JsonObject): JsonObject {
  if (result === undefined) return { 204: { description: 'Done' } }
  if (result === bytes) return { 200: { description: 'The bytes', content: { '*/*': {} } } }
  const schema = schemaOf(result as z.ZodType, 'output', title, schemas)
  return { 200: { description: 'Done', content: json(schema) } }
}

/** A schema to stand inside the document: what it defines for itself moves to the components. */
function schemaOf(
  schema: z.ZodType,
  io: 'input' | 'output',
  title: string,
  schemas: JsonObject,
): JsonObject {
  const {
    $schema: _dialect,
    $defs,
    ...own
  } = z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
  }) as JsonObject
  const definitions = ($defs ?? {}) as JsonObject
  const refersToItself = JSON.stringify(own).includes('"$ref":"#"')
  const moved = (value: unknown): unknown => moveReferences(value, title)
  for (const [name, definition] of Object.entries(definitions)) {
    schemas[`${title}_${name}`] = moved(definition)
  }
  if (!refersToItself) return moved(own) as JsonObject
  schemas[title] = moved(own)
  return { $ref: `#/components/schemas/${title}` }
}

function moveReferences(value: unknown, title: string): unknown {
  if (Array.isArray(value)) return value.map((item) => moveReferences(item, title))
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([key, item]) => {
    if (key !== '$ref' || typeof item !== 'string') return [key, moveReferences(item, title)]
    const name = item === '#' ? title : `${title}_${item.replace('#/$defs/', '')}`
    return [key, `#/components/schemas/${name}`]
  })
  return Object.fromEntries(entries) as JsonObject
}

function errorSchema(): JsonObject {
  const meanings = errorCodes.map((code) => `${code} (${httpStatus[code]})`).join(', ')
  return {
    type: 'object',
    required: ['error'],
    properties: {
      error: {
        type: 'object',
        required: ['code', 'message', 'requestId'],
        properties: {
          code: { enum: [...errorCodes], description: `With its HTTP status: ${meanings}` },
          message: { type: 'string', description: 'What is wrong, where, and what to do.' },
          details: { description: 'Machine-readable findings.' },
          requestId: { type: 'string', description: 'Stands in the log of the server.' },
        },
      },
    },
  }
}

function eventsOperation(): JsonObject {
  const text = { type: 'string' }
  return {
    operationId: 'events',
    summary: 'Records as they are written (event: record) and hints of telemetry (event: pulse)',
    tags: ['server'],
    'x-gyre-role': 'viewer',
    parameters: [
      { name: 'project', in: 'query', required: false, schema: text },
      {
        name: 'after',
        in: 'query',
        required: false,
        schema: { type: 'integer', minimum: 0 },
        description: 'Records after this one; default: from now on. Last-Event-ID counts more.',
      },
    ],
    responses: {
      200: { description: 'A stream', content: { 'text/event-stream': { schema: text } } },
      default: { $ref: '#/components/responses/Error' },
    },
  }
}

function json(schema: unknown): JsonObject {
  return { 'application/json': { schema } }
}
