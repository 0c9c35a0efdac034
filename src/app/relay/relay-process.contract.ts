import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { spawnGyre } from '../faults/server-process.contract.ts'

export interface RelayProcess {
  url: string
  end(signal: NodeJS.Signals): Promise<number | null>
}

/** `gyre relay` in a process of its own, ready. */
export async function startRelayProcess(
  test: { after(work: () => void): void },
  options: { to: string; directory: string; port?: number; environment?: Record<string, string> },
): Promise<RelayProcess> {
  const { to, directory, port = 0, environment = {} } = options
  const child = spawnGyre({
    args: ['relay', '--json', '--to', to, '--data', directory, '--port', String(port)],
    environment: { GYRE_LOG: 'warn', ...environment },
  })
  test.after(() => void child.kill('SIGKILL'))
  let said = ''
  child.stderr?.on('data', (bytes: Buffer) => (said += String(bytes)))
  const closed = once(child, 'close') as Promise<[number | null]>
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })
  const line = await Promise.race([
    once(lines, 'line').then(([text]) => text as string),
    closed.then(() => undefined),
  ])
  if (line === undefined) throw new Error(`The relay ended before it was ready: ${said}`)
  const { url } = JSON.parse(line) as { url: string }
  return {
    url,
    async end(signal) {
      child.kill(signal)
      const [code] = await closed
      return code
    },
  }
}
