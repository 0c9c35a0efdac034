import { parentPort } from 'node:worker_threads'
import { FileHashing } from './hashing.ts'
import type { Answer, Order } from './hash-thread-client.ts'

/* The thread that hashes large files while they arrive, so that requests do not wait for it. */

const port = parentPort
if (port !== null) {
  const running = new Map<number, FileHashing>()
  const answer = (message: Answer): void => port.postMessage(message)
  port.on('message', (order: Order) => {
    const { id } = order
    try {
      if (order.kind === 'start') running.set(id, new FileHashing(order.file))
      const hashing = running.get(id)
      if (hashing === undefined) return
      if (order.kind === 'advance') hashing.advance(order.sizeBytes)
      if (order.kind === 'finish') answer({ id, hashed: hashing.finish() })
      if (order.kind === 'finish' || order.kind === 'abandon') running.delete(id)
      if (order.kind === 'abandon') answer({ id, abandoned: true })
    } catch (thrown) {
      running.delete(id)
      answer({ id, failed: String(thrown) })
    }
  })
}
