import { parentPort, threadId } from 'node:worker_threads'
import type { FileTask } from './file-tasks.ts'
import { FileWork } from './file-work.ts'

/* A thread that does tasks on files as they come. */

const port = parentPort
if (port !== null) {
  const work = new FileWork(`${process.pid}-${threadId}`)
  port.on('message', (task: FileTask) => {
    try {
      const result = work.perform(task)
      port.postMessage({ result }, [
        result.digests.buffer as ArrayBuffer,
        result.signatures.buffer as ArrayBuffer,
      ])
    } catch (thrown) {
      const { code, message, path } = thrown as NodeJS.ErrnoException
      port.postMessage({ failure: { code, message, path } })
    }
  })
}
