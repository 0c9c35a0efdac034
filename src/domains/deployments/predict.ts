import { authorize, type Context } from '#domains/access/index'
import type { VariantRole } from './endpoint.ts'
import type { PredictRequest } from './prepare-request.ts'
import type { Serving } from './serving.ts'

export interface PredictAnswer {
  endpoint: string
  /** null when rows went to several versions. */
  version: number | null
  variant: VariantRole | null
  versions?: number[]
  /** One number per row, or one list when the model gives several. null stands for NaN. */
  predictions: (number | null | (number | null)[])[]
  ids: string[]
}

/** Predicts and gives the answer as JSON wants it. Errors: those of `Serving.score`. */
export async function predict(
  ctx: Context,
  serving: Serving,
  request: PredictRequest,
): Promise<PredictAnswer> {
  authorize(ctx, 'viewer', request.project)
  const { predictions, outputs, lane, versions, ids } = await serving.score(ctx, request)
  return {
    endpoint: request.endpoint,
    version: lane?.version ?? null,
    variant: lane?.role ?? null,
    ...(versions === null ? {} : { versions: [...versions] }),
    predictions:
      outputs === 1
        ? Array.from(predictions, finite)
        : Array.from(ids, (_, row) =>
            Array.from(predictions.subarray(row * outputs, (row + 1) * outputs), finite),
          ),
    ids: [...ids],
  }
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null
}
