import type { FileTask, FileTaskResult } from './file-tasks.ts'
import type { FileWorkers } from './file-workers.ts'

const batchFiles = 500
const batchBytes = 16 << 20

export interface Batches {
  /** What to do, in this order. */
  rows: readonly number[]
  sizeOf(row: number): number
  taskOf(rows: readonly number[]): FileTask
  onResult(rows: readonly number[], result: FileTaskResult): void
  signal: AbortSignal
}

/** Does work on rows in tasks of a few megabytes, so that no thread waits and memory stays small. */
export async function inBatches(workers: FileWorkers, work: Batches): Promise<void> {
  const running = new Set<Promise<void>>()
  for (const rows of batchesOf(work)) {
    work.signal.throwIfAborted()
    const done = workers
      .perform(work.taskOf(rows))
      .then((result) => work.onResult(rows, result))
      .finally(() => running.delete(done))
    running.add(done)
    // Taken up below; without this a failure of two at once would go unhandled.
    done.catch(() => undefined)
    if (running.size >= workers.depth) await Promise.race(running)
  }
  await Promise.all(running)
}

function* batchesOf({ rows, sizeOf }: Batches): Generator<number[]> {
  let batch: number[] = []
  let bytes = 0
  for (const row of rows) {
    batch.push(row)
    bytes += sizeOf(row)
    if (batch.length < batchFiles && bytes < batchBytes) continue
    yield batch
    batch = []
    bytes = 0
  }
  if (batch.length > 0) yield batch
}
