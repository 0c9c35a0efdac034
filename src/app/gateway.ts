import type { FastifyInstance } from 'fastify'
import type { Platform } from '#domains/access/index'
import { Serving } from '#domains/deployments/index'
import type { OnlineFeatures } from '#domains/features/index'
import type { Door } from '#protocols/api/door'
import type { Operation } from '#protocols/api/implement'
import { createDeploymentsOperations } from '#protocols/api/routes/deployments'
import { securityHeaders } from '#protocols/api/server'
import { openFastLane } from '#protocols/http/fast-lane'
import { createInferLane } from '#protocols/open-inference/lane'
import { createReplay } from '#protocols/open-inference/replay'
import { mountOpenInference } from '#protocols/open-inference/routes'
import type { Metrics } from '#protocols/prometheus/metrics'
import { type RunningGateway, startGateway } from '#workers/gateway'
import type { Readiness } from './readiness.ts'

/** The part of a gateway that predicts, with features from the online store. */
export function createServing(platform: Platform, features: OnlineFeatures): Serving {
  return new Serving(platform, { now: () => performance.now(), features })
}

export interface InferenceWireOptions {
  serving: Serving
  readiness: Readiness
  version: string
  metrics: Pick<Metrics, 'observeRequest'>
}

/** Mounts the Open Inference Protocol, and its lane before the router. */
export function inferenceWire(
  platform: Platform,
  { serving, readiness, version, metrics }: InferenceWireOptions,
): (app: FastifyInstance, door: Door) => Promise<void> {
  return async (app, door) => {
    const { log } = platform
    await mountOpenInference(app, {
      serving,
      version,
      log,
      ready: () => readiness.state === 'ready',
      enter: (request, project) => door.enter(request, 'viewer', project),
      contextOf: (request) => door.contextOf(request),
    })
    openInferenceLane(app, { platform, serving, door, metrics })
  }
}

/** Predictions of plain requests pass by the framework; see `openFastLane`. */
export function openInferenceLane(
  app: FastifyInstance,
  {
    platform,
    serving,
    door,
    metrics,
  }: Pick<InferenceWireOptions, 'serving' | 'metrics'> & { platform: Platform; door: Door },
): void {
  const lane = openFastLane(app.server, {
    newId: () => platform.newId(),
    headers: securityHeaders,
    onAnswered: (answered) => metrics.observeRequest(answered),
    routeOf: createInferLane({
      serving,
      log: platform.log,
      admit: (headers, project) => door.admit({ method: 'POST', headers }, 'viewer', project),
    }),
  })
  app.addHook('preClose', (done) => {
    lane.drain()
    done()
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
