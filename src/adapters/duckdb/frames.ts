import type { Frames, FrameSession } from '#ports/frames/frames'
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
  return {
    async session<T>(work: (session: FrameSession) => Promise<T>): Promise<T> {
      const session = new DuckdbSession(engine, gate)
      try {
        return await work(session)
      } finally {
        await session.close()
      }
    },
    close: () => engine.close(),
  }
}
