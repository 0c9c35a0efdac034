import {
  buildSchema,
  execute,
  getNullableType,
  GraphQLError,
  type GraphQLFieldResolver,
  type GraphQLOutputType,
  type GraphQLSchema,
  isEnumType,
  isListType,
  isObjectType,
  isScalarType,
  validate,
} from 'graphql'
import { asGyreError } from '#kernel/errors'
import type { Call, Route } from '../route.ts'
import { readQuery } from './query-limits.ts'
import { operationOf, schemaText } from './schema.ts'

/** Who asks, in which project. */
export type Asker = Pick<Call, 'ctx' | 'project' | 'request'>

export interface Question {
  query: string
  variables: Readonly<Record<string, unknown>> | undefined
  operationName: string | undefined
}

export interface Answer {
  data: unknown
  errors: string[] | null
}

/** Answers questions by the operations of the REST API, which authorize. */
export class QueryRunner {
  readonly #schema: GraphQLSchema = buildSchema(schemaText)
  readonly #routes: ReadonlyMap<string, Route>

  constructor(routes: readonly Route[]) {
    this.#routes = new Map(routes.map((route) => [`${route.method} ${route.path}`, route]))
  }

  async run(asker: Asker, question: Question): Promise<Answer> {
    try {
      const document = readQuery(question.query)
      if (typeof document === 'string') return { data: null, errors: [document] }
      const problems = validate(this.#schema, document)
      if (problems.length > 0) return { data: null, errors: problems.map((each) => each.message) }
      const result = await execute({
        schema: this.#schema,
        document,
        variableValues: question.variables,
        operationName: question.operationName,
        fieldResolver: this.#resolver(asker),
      })
      const errors = result.errors?.map((each) => each.message) ?? null
      return { data: result.data ?? null, errors }
    } catch (thrown) {
      if (thrown instanceof GraphQLError) return { data: null, errors: [thrown.message] }
      throw thrown
    }
  }

  #resolver(asker: Asker): GraphQLFieldResolver<unknown, unknown> {
    return async (source, args, _context, info) => {
      const { fieldName: field, parentType } = info
      if (field === 'test' || field === 'testMutation') return { output: args['inputString'] }
      const operation = operationOf[field]
      if (operation !== undefined && source === undefined) {
        return this.#call(asker, operation, (args['input'] ?? {}) as Record<string, unknown>)
      }
      const members = (source ?? {}) as Record<string, unknown>
      if (parentType.name === 'MlflowRunExtension') {
        const related = await this.#relatedTo(asker, field, members)
        if (related !== undefined) return related
      }
      return memberOf(members, field, info.returnType)
    }
  }

  /** What a run is asked for beyond itself. */
  async #relatedTo(asker: Asker, field: string, run: Record<string, unknown>): Promise<unknown> {
    const info = (run['info'] ?? {}) as Record<string, unknown>
    if (field === 'experiment') {
      const input = { experiment_id: info['experiment_id'] }
      return (await this.#call(asker, 'GET experiments/get', input))['experiment']
    }
    if (field !== 'modelVersions') return undefined
    const input = { filter: `run_id='${String(info['run_id'])}'` }
    const found = await this.#call(asker, 'GET model-versions/search', input)
    return found['model_versions'] ?? []
  }

  async #call(
    { ctx, project, request }: Asker,
    operation: string,
    source: Readonly<Record<string, unknown>>,
  ): Promise<Record<string, unknown>> {
    const route = this.#routes.get(operation)
    if (route === undefined) throw new Error(`the operation ${operation} is mounted`)
    try {
      const input = route.read(source) as Call['input']
      const answer = await route.handle({ ctx, project, input, params: {}, source, request })
      return answer as Record<string, unknown>
    } catch (thrown) {
      throw new GraphQLError(asGyreError(thrown).public)
    }
  }
}

/** A member of a REST answer. What was left out there is what protocol buffers take for nothing. */
function memberOf(
  members: Readonly<Record<string, unknown>>,
  field: string,
  type: GraphQLOutputType,
): unknown {
  const value = members[underscored(field)]
  const plain = getNullableType(type)
  if (value === undefined || value === null) return field === 'apiError' ? null : nothingOf(plain)
  if (isScalarType(plain) && plain.name === 'LongString') return plainText(value)
  return isScalarType(plain) && plain.name === 'Float' && typeof value === 'string' ? null : value
}

function nothingOf(type: GraphQLOutputType): unknown {
  if (isListType(type)) return []
  if (isObjectType(type)) return {}
  if (isEnumType(type) || !isScalarType(type)) return null
  if (type.name === 'Boolean') return false
  if (type.name === 'String') return ''
  return type.name === 'LongString' ? '0' : 0
}

function plainText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function underscored(field: string): string {
  return field.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}
