import { GyreError } from '#kernel/errors'
import type { LoadedModel } from '#ports/model-runtime/model-runtime'

interface Waiting {
  input: Float32Array
  rows: number
  resolve: (output: Float32Array) => void
  reject: (reason: unknown) => void
}

/** Rows of one call: enough to be efficient, few enough to let others have their turn. */
const rowsPerRun = 2048

/**
 * Calls a model with what has gathered while it was busy: an idle model answers at once, a busy one
 * in larger batches. Refuses with `overloaded` when more than `maxWaitingRows` would wait.
 */
export class NaturalBatch {
  readonly #model: LoadedModel
  readonly #width: number
  readonly #maxWaitingRows: number
  #waiting: Waiting[] = []
  #waitingRows = 0
  #busy = false

  constructor(model: LoadedModel, width: number, maxWaitingRows: number) {
    this.#model = model
    this.#width = width
    this.#maxWaitingRows = maxWaitingRows
  }

  /** Scores `rows` rows of `width` features; gives one or more outputs per row. */
  run(input: Float32Array, rows: number): Promise<Float32Array> {
    if (rows > rowsPerRun) return this.#runLarge(input, rows)
    if (!this.#busy) return this.#runNow(input, rows)
    if (this.#waitingRows + rows > this.#maxWaitingRows) return Promise.reject(overloaded())
    this.#waitingRows += rows
    return new Promise((resolve, reject) => {
      this.#waiting.push({ input, rows, resolve, reject })
    })
  }

  async #runNow(input: Float32Array, rows: number): Promise<Float32Array> {
    this.#busy = true
    try {
      return await this.#model.run(input, rows)
    } finally {
      this.#next()
    }
  }

  async #runLarge(input: Float32Array, rows: number): Promise<Float32Array> {
    let output: Float32Array | undefined
    for (let start = 0; start < rows; start += rowsPerRun) {
      const count = Math.min(rowsPerRun, rows - start)
      const part = input.subarray(start * this.#width, (start + count) * this.#width)
      const scores = await this.run(part, count)
      const outputs = scores.length / count
      output ??= new Float32Array(rows * outputs)
      output.set(scores, start * outputs)
    }
    return output ?? new Float32Array(0)
  }

  #next(): void {
    if (this.#waiting.length === 0) {
      this.#busy = false
      return
    }
    const batch: Waiting[] = []
    let rows = 0
    for (const waiting of this.#waiting) {
      if (batch.length > 0 && rows + waiting.rows > rowsPerRun) break
      batch.push(waiting)
      rows += waiting.rows
    }
    this.#waiting = this.#waiting.slice(batch.length)
    this.#waitingRows -= rows
    void this.#runBatch(batch, rows)
  }

  async #runBatch(batch: readonly Waiting[], rows: number): Promise<void> {
    try {
      const output = await this.#model.run(this.#joined(batch, rows), rows)
      const outputs = output.length / rows
      let row = 0
      for (const waiting of batch) {
        waiting.resolve(output.subarray(row * outputs, (row + waiting.rows) * outputs))
        row += waiting.rows
      }
    } catch (thrown) {
      for (const waiting of batch) waiting.reject(thrown)
    } finally {
      this.#next()
    }
  }

  #joined(batch: readonly Waiting[], rows: number): Float32Array {
    const [first] = batch
    if (batch.length === 1 && first !== undefined) return first.input
    const joined = new Float32Array(rows * this.#width)
    let offset = 0
    for (const { input } of batch) {
      joined.set(input, offset)
      offset += input.length
    }
    return joined
  }
}

function overloaded(): GyreError {
  return new GyreError({
    code: 'overloaded',
    public: 'More predictions are waiting than this server can make soon. Try again in a second.',
  })
}
