import type { FastifyInstance } from 'fastify'
import type { Platform } from '#domains/access/index'
import type { Door } from '#protocols/api/door'
import { mountMlflow } from '#protocols/mlflow/mount'

/** Mounts MLflow's tracking protocol. */
export function trackingWire(
  platform: Platform,
): (app: FastifyInstance, door: Door) => Promise<void> {
  return (app, door) =>
    mountMlflow(app, { platform, contextOf: (request) => door.contextOf(request) })
}
