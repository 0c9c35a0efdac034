import { parentPort, workerData } from 'node:worker_threads'
import { asGyreError } from '#kernel/errors'
import { learn, type LearningTask } from './learner.ts'

/* The thread that learns, so that the process can report while it does. */

const port = parentPort
if (port !== null) {
  try {
    const learned = learn(workerData as LearningTask, (iteration, metrics) =>
      port.postMessage({ kind: 'iteration', iteration, metrics, at: Date.now() }),
    )
    port.postMessage({ kind: 'learned', learned }, [learned.predictions.buffer as ArrayBuffer])
  } catch (thrown) {
    const { code, public: text, internal } = asGyreError(thrown)
    port.postMessage({ kind: 'failed', code, text, internal })
  }
}
