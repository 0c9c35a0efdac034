import { Worker } from 'node:worker_threads'
import { type ErrorCode, GyreError } from '#kernel/errors'
import type { Learned, LearningTask } from './learner.ts'

type Message =
  | { kind: 'iteration'; iteration: number; metrics: Record<string, number>; at: number }
  | { kind: 'learned'; learned: Learned }
  | { kind: 'failed'; code: ErrorCode; text: string; internal: string | undefined }

/**
 * Learns in a thread of its own and tells of every iteration as it happens; `at` is when. Aborting
 * ends the thread. Errors: as the learner's.
 */
export async function learnAside(
  task: LearningTask,
  onIteration: (iteration: number, metrics: Record<string, number>, at: number) => void,
  signal: AbortSignal,
): Promise<Learned> {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  const worker = new Worker(new URL(`./learner-thread.${extension}`, import.meta.url), {
    workerData: task,
  })
  const stop = (): void => void worker.terminate()
  signal.addEventListener('abort', stop, { once: true })
  try {
    return await new Promise((resolve, reject) => {
      worker.on('message', (message: Message) => {
        if (message.kind === 'iteration') {
          onIteration(message.iteration, message.metrics, message.at)
        } else if (message.kind === 'learned') resolve(message.learned)
        else reject(failure(message))
      })
      worker.on('error', reject)
      worker.on('exit', () =>
        reject(new GyreError({ code: 'unavailable', public: 'Training was stopped.' })),
      )
    })
  } finally {
    signal.removeEventListener('abort', stop)
    await worker.terminate()
  }
}

function failure({ code, text, internal }: Extract<Message, { kind: 'failed' }>): GyreError {
  return new GyreError({ code, public: text, ...(internal === undefined ? {} : { internal }) })
}
