import type { FastifyInstance, FastifyRequest } from 'fastify'
import { mlflowError } from '../errors.ts'
import { text } from '../fields.ts'
import type { Entry } from '../mount.ts'
import { readFields } from '../request.ts'
import type { Route } from '../route.ts'
import type { QueryRunner, Question } from './run-query.ts'

const shape = { query: text, operationName: text }

/** GraphQL of MLflow's page. The library is loaded when somebody asks. */
export function graphqlMount(
  routes: () => readonly Route[],
): (scope: FastifyInstance, entry: Entry) => void {
  return (scope, { enter }) => {
    let runner: Promise<QueryRunner> | undefined
    const load = async (): Promise<QueryRunner> => {
      const { QueryRunner: Runner } = await import('./run-query.ts')
      return new Runner(routes())
    }
    scope.route({
      method: ['GET', 'POST'],
      url: '/graphql',
      handler: async (request, reply) => {
        const { ctx, project } = await enter(request)
        const question = await questionIn(request)
        runner ??= load()
        const answer = await (await runner).run({ ctx, project, request }, question)
        return reply.type('application/json').send(JSON.stringify(answer))
      },
    })
  }
}

async function questionIn(request: FastifyRequest): Promise<Question> {
  const { source } = await readFields(request, shape)
  const { query, variables, operationName } = source
  if (typeof query !== 'string' || query === '') throw wrong('query', 'a GraphQL text')
  if (operationName !== undefined && operationName !== null && typeof operationName !== 'string') {
    throw wrong('operationName', 'a text')
  }
  const given = variables ?? undefined
  if (given !== undefined && (typeof given !== 'object' || Array.isArray(given))) {
    throw wrong('variables', 'an object')
  }
  return {
    query,
    variables: given as Question['variables'],
    operationName: operationName ?? undefined,
  }
}

function wrong(field: string, what: string): Error {
  return mlflowError(
    'INVALID_PARAMETER_VALUE',
    `The field ${field} of a GraphQL request is ${what}.`,
  )
}
