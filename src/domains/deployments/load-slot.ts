import { GyreError } from '#kernel/errors'
import type { Context } from '#domains/access/index'
import { readOnnx } from '#domains/models/index'
import { NaturalBatch } from './natural-batch.ts'
import type { TrainingSample } from './parity.ts'
import type { Slot } from './route.ts'
import type { FeatureSource } from './feature-source.ts'
import { inputOf } from './version-input.ts'

const maxWaitingRows = 65_536
const warmingRuns = 3

/** Loads a version from its blobs. Errors: `not_found`, `invalid` for what the runtime cannot run. */
export async function loadSlot(
  ctx: Context,
  wanted: { project: string; endpoint: string; model: string; version: number },
  source: FeatureSource | undefined,
): Promise<Slot> {
  const { version, service, input, timestamp } = await inputOf(ctx, wanted, source)
  const content = await readOnnx(ctx, wanted)
  const loaded = await ctx.modelRuntime.load(content)
  const [inputTensor] = loaded.inputs
  const [outputTensor] = loaded.outputs
  if (inputTensor === undefined || outputTensor === undefined) {
    await loaded.release()
    throw new GyreError({
      code: 'refused',
      public: `${wanted.model}@${wanted.version} has no input or no output tensor.`,
    })
  }
  const { features } = version
  return {
    ...wanted,
    features,
    service,
    input,
    timestamp,
    tensors: { input: inputTensor, output: outputTensor },
    loaded,
    batch: new NaturalBatch(loaded, features.length, maxWaitingRows),
    inFlight: 0,
    retired: false,
  }
}

/** Has the model score a few rows, training rows where there are some, before anyone waits for it. */
export async function warmSlot(slot: Slot, sample: TrainingSample | undefined): Promise<void> {
  const width = slot.features.length
  const rows = Math.min(sample?.rows ?? 1, 64)
  const input = Float32Array.from(
    sample?.features.subarray(0, rows * width) ?? new Float64Array(width),
  )
  for (let run = 0; run < warmingRuns; run++) {
    await slot.batch.run(input, rows)
    await slot.batch.run(input.subarray(0, width), 1)
  }
}

/** Releases a version once it has answered what it was asked. */
export async function retireSlot(slot: Slot): Promise<void> {
  slot.retired = true
  if (slot.inFlight === 0) await slot.loaded.release()
}
