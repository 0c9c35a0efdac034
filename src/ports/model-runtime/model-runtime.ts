export interface TensorInfo {
  name: string
  /** Open Inference names: FP32, FP64, INT64, INT32, BOOL, BYTES, … */
  datatype: string
  /** -1 for a dimension that is free. */
  shape: number[]
}

export interface LoadedModel {
  readonly inputs: readonly TensorInfo[]
  readonly outputs: readonly TensorInfo[]
  /**
   * Scores rows. `input` is row-major [rows, features] float32; the answer has one float32 per row
   * and output column. Errors: `invalid` for a wrong length.
   */
  run(input: Float32Array, rows: number): Promise<Float32Array>
  /**
   * The same at once, within 1e-6, where that is faster than to wait for a turn: for a few rows, of
   * some models. undefined: ask `run`.
   */
  runNow?(input: Float32Array, rows: number): Float32Array | undefined
  release(): Promise<void>
}

/**
 * Runs models of one format.
 *
 * - `load` verifies the bytes, refuses what it cannot run with `invalid` that says why (no single
 *   float32 [N, features] input, a non-tensor output), and warms nothing: the caller does.
 * - `run` may be called concurrently. A large batch is scored in slices, so that smaller ones asked
 *   for meanwhile are answered first and the event loop goes on.
 */
export interface ModelRuntime {
  readonly format: 'onnx'
  load(model: Uint8Array): Promise<LoadedModel>
}
