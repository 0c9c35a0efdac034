import { mkdtemp } from 'node:fs/promises'
import { join } from 'node:path'
import { createClient } from '#client/client'
import { median, startServer } from '../process.ts'

const samples = 200

/** From the moment a change is asked for until the page's event stream shows its record. */
export async function measureEvents(scratch: string): Promise<object> {
  const server = await startServer(await mkdtemp(join(scratch, 'events-')))
  const client = createClient({ url: server.url })
  const stopping = new AbortController()
  const asked = new Map<string, number>()
  const tookMs: number[] = []
  const followed = (async () => {
    for await (const event of client.events({ project: 'default', signal: stopping.signal })) {
      if (event.type === 'open') void ask()
      if (event.type !== 'record') continue
      const at = asked.get(event.record.subject)
      if (at === undefined || event.record.verb !== 'run.created') continue
      tookMs.push(performance.now() - at)
      if (tookMs.length === samples) return
      void ask()
    }
  })()
  async function ask(): Promise<void> {
    const id = crypto.randomUUID().replaceAll('-', '')
    asked.set(`run:${id}`, performance.now())
    await client.runs.createRun({ params: { project: 'default' }, body: { id } })
  }
  await followed
  stopping.abort()
  await server.stop()
  const sorted = tookMs.toSorted((a, b) => a - b)
  return { samples, p50Ms: median(tookMs), p99Ms: sorted[Math.floor(samples * 0.99)] }
}
