import type { Frames, FrameSession, SandboxLimits, SandboxSession } from '#ports/frames/frames'
import { type DuckdbOptions, Engine } from './engine.ts'
import { Gate, queryPlaces } from './gate.ts'
import { DuckdbSession } from './session.ts'

/**
 * Columnar queries on DuckDB. Costs nothing until the first query, which loads the engine.
 *
 * Sums of floating-point numbers may differ in the last digits from run to run, since threads share
 * the work; whoever needs equal bits sums integers, or asks for one thread. Results keep the order
 * of their files and of ORDER BY.
 */
export async function openDuckdbFrames(options: DuckdbOptions): Promise<Frames> {
  const engine = new Engine(options)
  const gate = new Gate(queryPlaces())
  const sandboxes = new Gate(mostSandboxes)
  return {
    async session<T>(work: (session: FrameSession) => Promise<T>): Promise<T> {
      const session = new DuckdbSession(engine, gate)
      try {
        return await work(session)
      } finally {
        await session.close()
      }
    },
    sandbox: (limits, work) => sandboxes.enter(() => inSandbox(limits, work)),
    close: () => engine.close(),
  }
}

const mostSandboxes = 2

async function inSandbox<T>(
  { memoryBytes, threads }: SandboxLimits,
  work: (session: SandboxSession) => Promise<T>,
): Promise<T> {
  const engine = new Engine({
    scratchDirectory: undefined,
    allowedDirectories: [],
    memoryLimit: `${Math.floor(memoryBytes / 2 ** 20)}MB`,
    threads,
  })
  const session = new DuckdbSession(engine, new Gate(1))
  try {
    return await work(session)
  } finally {
    await session.close()
    await engine.close()
  }
}
