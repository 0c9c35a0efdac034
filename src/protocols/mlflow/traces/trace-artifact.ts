import type { FastifyInstance } from 'fastify'
import { GyreError } from '#kernel/errors'
import { getFile } from '#domains/runs/index'
import { getTrace } from '#domains/traces/index'
import { sendArtifact } from '../artifact-answer.ts'
import { mlflowError } from '../errors.ts'
import type { Entry } from '../mount.ts'
import { spanDictionary } from './span-dictionary.ts'
import { traceDirectory } from './trace-json.ts'

/** The spans of a trace as the file that MLflow 2's clients write, or the one that they wrote. */
export function mountTraceArtifact(scope: FastifyInstance, { enter }: Entry): void {
  for (const major of [2, 3]) {
    scope.get(`/ajax-api/${major}.0/mlflow/get-trace-artifact`, async (request, reply) => {
      const { ctx, project } = await enter(request)
      const { request_id: trace, path } = request.query as Record<string, unknown>
      if (typeof trace !== 'string' || trace === '') {
        throw mlflowError('BAD_REQUEST', 'Request must include the "request_id" query parameter.')
      }
      if (path !== undefined) {
        throw mlflowError(
          'RESOURCE_DOES_NOT_EXIST',
          `Trace ${trace.slice(0, 100)} has no such file.`,
        )
      }
      const { info, spans } = await getTrace(ctx, { project, trace })
      if (spans.length === 0) {
        const path = `${traceDirectory(info)}/traces.json`
        const file = await getFile(ctx, { project, path }).catch(unlessAbsent)
        if (file !== undefined) return sendArtifact(request, reply, path, file)
      }
      return reply
        .type('application/octet-stream')
        .header('content-disposition', 'attachment; filename=traces.json')
        .send(JSON.stringify({ spans: spans.map(spanDictionary) }))
    })
  }
}

function unlessAbsent(thrown: unknown): undefined {
  if (thrown instanceof GyreError && thrown.code === 'not_found') return undefined
  throw thrown
}
