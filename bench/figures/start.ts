import { mkdtemp } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { median, residentBytes, startServer } from '../process.ts'

/** Cold start to ready on an empty store, and memory at rest three seconds later. */
export async function measureStart(scratch: string): Promise<object> {
  const startMs: number[] = []
  const idleRssMb: number[] = []
  for (let round = 0; round < 5; round++) {
    const server = await startServer(await mkdtemp(join(scratch, 'start-')))
    await sleep(3000)
    startMs.push(server.startMs)
    idleRssMb.push((await residentBytes(server.pid)) / 1e6)
    await server.stop()
  }
  return { coldStartMs: median(startMs), idleRssMb: median(idleRssMb), rounds: startMs.length }
}
