import type { FastifyInstance } from 'fastify'
import type { Platform } from '#domains/access/index'
import type { Door } from '#protocols/api/door'
import { mountDvc } from '#protocols/dvc/routes'

/** Mounts DVC's remotes. */
export function remotesWire(
  platform: Platform,
): (app: FastifyInstance, door: Door) => Promise<void> {
  return (app, door) =>
    mountDvc(app, {
      platform,
      log: platform.log,
      contextOf: (request) => door.contextOf(request),
    })
}
