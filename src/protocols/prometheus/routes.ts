import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Metrics } from './metrics.ts'

/** Serves `/metrics`; `admit` refuses who may not read them. */
export function mountMetrics(
  app: FastifyInstance,
  metrics: Metrics,
  admit: (request: FastifyRequest) => void,
): void {
  app.get('/metrics', async (request, reply) => {
    admit(request)
    const { contentType, text } = await metrics.expose()
    return reply.type(contentType).send(text)
  })
}
