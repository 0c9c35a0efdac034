import type { Frames } from '#ports/frames/frames'
import type { ModelRuntime } from '#ports/model-runtime/model-runtime'

/**
 * Parts that cost memory and start-up time are loaded when they are first used: a server that only
 * answers never pays for DuckDB and the ONNX runtime.
 */
export function lazyFrames(open: () => Promise<Frames>): Frames {
  let opened: Promise<Frames> | undefined
  return {
    async session(work) {
      opened ??= open()
      return (await opened).session(work)
    },
    async sandbox(limits, work) {
      opened ??= open()
      return (await opened).sandbox(limits, work)
    },
    async close() {
      if (opened !== undefined) await (await opened).close()
    },
  }
}

export function lazyModelRuntime(create: () => Promise<ModelRuntime>): ModelRuntime {
  let created: Promise<ModelRuntime> | undefined
  return {
    format: 'onnx',
    async load(model) {
      created ??= create()
      return (await created).load(model)
    },
  }
}
