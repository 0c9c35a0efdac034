import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import type { FileTask, FileTaskResult } from './file-tasks.ts'
import { FileWork } from './file-work.ts'

/** More threads than this only wait for the same disk. */
const mostThreads = 4
/** Below this much, starting threads costs more than they give. */
const fewFiles = 200
const fewBytes = 8 << 20

type Answer = { result: FileTaskResult } | { failure: NodeJS.ErrnoException }

interface Job {
  task: FileTask
  resolve(result: FileTaskResult): void
  reject(thrown: unknown): void
}

/** Does tasks on files in threads of this process; a little in the process itself. */
export class FileWorkers {
  readonly #waiting: Job[] = []
  readonly #idle: Worker[] = []
  readonly #busy = new Map<Worker, Job>()
  readonly #here: FileWork | undefined

  private constructor(threads: number) {
    this.#here = threads === 0 ? new FileWork(`${process.pid}-0`) : undefined
    for (let i = 0; i < threads; i++) this.#idle.push(this.#start())
  }

  /** For so many files with so many bytes. Close it, or the process goes on. */
  static open(files: number, bytes: number): FileWorkers {
    const few = files < fewFiles && bytes < fewBytes
    const threads = Math.min(mostThreads, availableParallelism(), Math.ceil(files / 2) || 1)
    return new FileWorkers(few ? 0 : threads)
  }

  /** How many tasks to hand in before waiting for the first: enough that no thread ever waits. */
  get depth(): number {
    return this.#here === undefined ? 2 * (this.#idle.length + this.#busy.size) : 1
  }

  async perform(task: FileTask): Promise<FileTaskResult> {
    if (this.#here !== undefined) return this.#here.perform(task)
    return new Promise((resolve, reject) => {
      this.#waiting.push({ task, resolve, reject })
      this.#next()
    })
  }

  async close(): Promise<void> {
    await Promise.all([...this.#idle, ...this.#busy.keys()].map((worker) => worker.terminate()))
  }

  #next(): void {
    if (this.#waiting.length === 0) return
    const worker = this.#idle.pop()
    const job = worker === undefined ? undefined : this.#waiting.shift()
    if (worker === undefined || job === undefined) return
    this.#busy.set(worker, job)
    worker.postMessage(job.task)
  }

  #start(): Worker {
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
    const worker = new Worker(new URL(`./file-work-thread.${extension}`, import.meta.url), {
      resourceLimits: { maxYoungGenerationSizeMb: 8 },
    })
    worker.on('message', (answer: Answer) => {
      const job = this.#busy.get(worker)
      this.#busy.delete(worker)
      this.#idle.push(worker)
      this.#next()
      if ('result' in answer) job?.resolve(answer.result)
      else job?.reject(Object.assign(new Error(answer.failure.message), answer.failure))
    })
    worker.on('error', (thrown) => {
      const job = this.#busy.get(worker)
      this.#busy.delete(worker)
      job?.reject(thrown)
    })
    return worker
  }
}
