import type { Route, Serving } from '#domains/deployments/index'
import type { InferTarget } from './infer.ts'

/** A model's metadata. */
export function describeModel(route: Route, { version, modelName }: InferTarget): object {
  const slot =
    (version === undefined ? undefined : route.slots.get(version)) ??
    route.champion?.slot ??
    route.canary?.slot
  const { input, output } = slot?.tensors ?? {}
  return {
    name: modelName,
    versions: versionsOf(route).map(String),
    platform: 'onnxruntime_onnx',
    inputs: input === undefined ? [] : [tensorOf(input.name, input.datatype, input.shape)],
    outputs: output === undefined ? [] : [tensorOf(output.name, output.datatype, output.shape)],
  }
}

function tensorOf(name: string, datatype: string, shape: readonly number[]): object {
  return { name, datatype, shape }
}

function versionsOf(route: Route): number[] {
  return [...route.slots.keys()].toSorted((a, b) => a - b)
}

/** One entry per loaded version. */
export function repositoryIndex(route: Route): object[] {
  const serving = [route.champion, route.canary, route.shadow]
  return versionsOf(route).map((version) => {
    const lane = serving.find((candidate) => candidate?.slot.version === version)
    return {
      name: route.endpoint,
      version: String(version),
      state: 'READY',
      reason: lane === null || lane === undefined ? 'loaded, without traffic' : lane.role,
    }
  })
}

export interface ModelStatistics {
  name: string
  version: string
}

/** What each version of an endpoint did since it was loaded. */
export function statisticsOf(serving: Serving, route: Route, name: string): ModelStatistics[] {
  return versionsOf(route).map((version) => {
    const totals = serving.traffic.totalsOf(route.project, route.endpoint, version)
    const duration = (count: number, ms: number): object => ({ count, ns: Math.round(ms * 1e6) })
    return {
      name,
      version: String(version),
      last_inference: totals.lastAt,
      inference_count: totals.predictions,
      execution_count: totals.requests,
      inference_stats: {
        success: duration(totals.requests, totals.latencyMs),
        fail: duration(totals.errors, 0),
        queue: duration(totals.requests, 0),
        compute_input: duration(totals.requests, 0),
        compute_infer: duration(totals.requests, totals.latencyMs),
        compute_output: duration(totals.requests, 0),
      },
      batch_stats: [],
    }
  })
}
