import type { FastifyInstance } from 'fastify'
import type { Platform } from '#domains/access/index'
import { Serving } from '#domains/deployments/index'
import type { OnlineFeatures } from '#domains/features/index'
import type { Door } from '#protocols/api/door'
import type { Operation } from '#protocols/api/implement'
import { createDeploymentsOperations } from '#protocols/api/routes/deployments'
import { createReplay } from '#protocols/open-inference/replay'
import { mountOpenInference } from '#protocols/open-inference/routes'
import { type RunningGateway, startGateway } from '#workers/gateway'
import type { Readiness } from './readiness.ts'

/** The part of a gateway that predicts, with features from the online store. */
export function createServing(platform: Platform, features: OnlineFeatures): Serving {
  return new Serving(platform, { now: () => performance.now(), features })
}

/** Mounts the Open Inference Protocol. */
export function inferenceWire(
  platform: Platform,
  serving: Serving,
  readiness: Readiness,
  version: string,
): (app: FastifyInstance, door: Door) => Promise<void> {
  return (app, door) =>
    mountOpenInference(app, {
      serving,
      version,
      log: platform.log,
      ready: () => readiness.state === 'ready',
      enter: (request, project) => door.enter(request, 'viewer', project),
      contextOf: (request) => door.contextOf(request),
    })
}

/** What a gateway answers of the API where the role `api` is elsewhere. */
export function gatewayOperations(serving: Serving): Operation[] {
  const own = ['deployments.predict', 'deployments.postLabels']
  return createDeploymentsOperations(serving).filter(({ name }) => own.includes(name))
}

/** Starts serving through this process's own doors at `url`. */
export function runGateway(
  platform: Platform,
  serving: Serving,
  owner: string,
  at: { url: string; token: string | undefined },
): RunningGateway {
  const headers = at.token === undefined ? {} : { authorization: `Bearer ${at.token}` }
  return startGateway(platform, {
    id: owner,
    serving,
    replay: createReplay({ url: at.url, headers }),
  })
}
