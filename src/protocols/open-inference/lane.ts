import type { Context, Log } from '#domains/access/index'
import type { Serving } from '#domains/deployments/index'
import type { LaneAnswer } from '../http/lane-answer.ts'
import type { LaneRoute } from '../http/fast-lane.ts'
import type { PlainHead } from '../http/plain-head.ts'
import { splitBody } from './body.ts'
import { failureAnswer } from './errors.ts'
import { infer, type InferAnswer, type InferTarget } from './infer.ts'
import { targetOf } from './target.ts'

export interface InferLaneOptions {
  serving: Serving
  log: Log
  /** Refuses who may not predict in the project, as for any other request. */
  admit(headers: PlainHead['headers'], project: string): Context | Promise<Context>
}

const address = /^\/v2\/models\/([\w.:~-]+)(?:\/versions\/([\w.~-]+))?\/infer$/

/** Inference for the fast lane: the same steps as on its routes, without a router before them. */
export function createInferLane(
  options: InferLaneOptions,
): (head: PlainHead) => LaneRoute | undefined {
  return ({ path, headers }) => {
    const [, model, version] = address.exec(path) ?? []
    if (model === undefined) return undefined
    const pattern =
      version === undefined
        ? '/v2/models/:model/infer'
        : '/v2/models/:model/versions/:version/infer'
    const fail = (thrown: unknown): LaneAnswer =>
      laneAnswer(failureAnswer(options.log, path, thrown))
    let target: InferTarget | undefined
    const answer = (body: Buffer, requestId: string): LaneAnswer | Promise<LaneAnswer> => {
      try {
        target ??= targetOf({ model, version }, headers['x-gyre-project'])
        const ctx = options.admit(headers, target.project)
        const answered =
          ctx instanceof Promise
            ? inferLater(options, ctx, { target, headers, body, requestId })
            : inferNow(options, ctx, { target, headers, body, requestId })
        return answered instanceof Promise ? answered.then(succeed, fail) : succeed(answered)
      } catch (thrown) {
        return fail(thrown)
      }
    }
    return { pattern, answer }
  }
}

interface Asked {
  target: InferTarget
  headers: PlainHead['headers']
  body: Buffer
  requestId: string
}

function inferNow(
  { serving }: InferLaneOptions,
  ctx: Context,
  { target, headers, body, requestId }: Asked,
): InferAnswer | Promise<InferAnswer> {
  const parts = splitBody(body, headers['inference-header-content-length'])
  return infer(ctx, serving, target, parts, requestId)
}

async function inferLater(
  options: InferLaneOptions,
  ctx: Promise<Context>,
  asked: Asked,
): Promise<InferAnswer> {
  return inferNow(options, await ctx, asked)
}

function succeed(answer: InferAnswer): LaneAnswer {
  return laneAnswer({ status: 200, ...answer })
}

/** Names the type of texts as the framework does. */
function laneAnswer(answer: LaneAnswer): LaneAnswer {
  if (typeof answer.body !== 'string') return answer
  return { ...answer, contentType: `${answer.contentType}; charset=utf-8` }
}
