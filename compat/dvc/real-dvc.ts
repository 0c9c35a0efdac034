import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

export interface DvcRequest {
  operation:
    | 'init'
    | 'add'
    | 'commit'
    | 'status'
    | 'checkout'
    | 'push'
    | 'pull'
    | 'fetch'
    | 'import'
  directory: string
  targets?: readonly string[]
  remote?: string
  noScm?: boolean
  source?: string
  path?: string
  out?: string
  revision?: string
}

/** The real dvc in one Python process, for many repositories. Errors are what dvc raises. */
export interface RealDvc {
  perform(request: DvcRequest): Promise<unknown>
  close(): Promise<void>
}

export function startDvc(python: string, scratch: string): RealDvc {
  const child = spawn(python, [join(import.meta.dirname, 'session.py')], {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: {
      ...process.env,
      DVC_NO_ANALYTICS: '1',
      DVC_SITE_CACHE_DIR: join(scratch, 'site-cache'),
      HOME: scratch,
    },
  })
  const waiting: ((line: string) => void)[] = []
  createInterface({ input: child.stdout }).on('line', (line) => waiting.shift()?.(line))
  return {
    async perform(request) {
      const line = await new Promise<string>((resolve) => {
        waiting.push(resolve)
        child.stdin.write(`${JSON.stringify(request)}\n`)
      })
      const answer = JSON.parse(line) as { result?: unknown; error?: string; trace?: string }
      if (answer.error !== undefined) throw new Error(`${answer.error}\n${answer.trace ?? ''}`)
      return answer.result
    },
    async close() {
      const closed = once(child, 'close')
      child.stdin.end()
      await closed
    },
  }
}
