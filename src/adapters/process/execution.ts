import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import type { Readable } from 'node:stream'
import { GyreError, invalid } from '#kernel/errors'
import type { Execution, ExitReason, ExitReport } from '#ports/executor/executor'
import { GroupMemory } from './group-memory.ts'
import { OutputLines } from './output-lines.ts'

/**
 * Starts the command in its own process group beside a watcher that holds the reading end of a pipe
 * from us: when we die, however suddenly, the pipe ends and the watcher kills the group. It also
 * keeps the group's number from being given away while we still may signal it.
 */
const supervised =
  '(trap "" HUP INT TERM; read -r _; kill -KILL 0) <&3 >/dev/null 2>&1 & exec "$@" 3<&-'

const defaultGraceMs = 5000
/** For the output of descendants that left the group and keep the pipe open. */
const outputPatienceMs = 500

export interface Start {
  argv: readonly string[]
  workingDirectory: string
  environment: Readonly<Record<string, string>>
  timeoutMs: number | undefined
  onOutput(line: string, stream: 'out' | 'err'): void
}

type Child = ChildProcessByStdio<null, Readable, Readable>

export async function execute(start: Start): Promise<Execution> {
  const startedAt = Date.now()
  try {
    const child = spawn('/bin/sh', ['-c', supervised, 'sh', ...start.argv], {
      cwd: start.workingDirectory,
      env: { ...start.environment },
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    }) as unknown as Child
    await new Promise((resolve, reject) => {
      child.once('spawn', resolve)
      child.once('error', reject)
    })
    return new ProcessExecution(child, start, startedAt)
  } catch (thrown) {
    throw cannotStart(thrown)
  }
}

function cannotStart(thrown: unknown): GyreError {
  const code = (thrown as NodeJS.ErrnoException).code ?? 'error'
  if (code === 'E2BIG') return invalid('The command or its environment is too long for the system.')
  return new GyreError({
    code: 'unavailable',
    public: `The system cannot start a process just now (${code}). Try again.`,
    cause: thrown,
  })
}

class ProcessExecution implements Execution {
  readonly id = randomUUID()
  readonly exit: Promise<ExitReport>
  readonly #group: number
  #stopping: ExitReason | undefined
  #kill: NodeJS.Timeout | undefined
  #ended = false

  constructor(child: Child, start: Start, startedAt: number) {
    this.#group = child.pid as number
    const memory = new GroupMemory(this.#group)
    const finishOutput = captureOutput(child, start)
    const timeout =
      start.timeoutMs === undefined
        ? undefined
        : setTimeout(() => this.#stop('timed-out', defaultGraceMs), start.timeoutMs)
    this.exit = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        this.#ended = true
        clearTimeout(timeout)
        clearTimeout(this.#kill)
        const endedAt = Date.now()
        const peakMemoryBytes = memory.stop()
        // What is left of the group, the watcher included, ends with its leader.
        this.#signal('SIGKILL')
        const reason = this.#stopping ?? (signal === null ? 'exited' : 'signalled')
        const exitCode = reason === 'exited' ? code : null
        const report = { reason, exitCode, signal, startedAt, endedAt, peakMemoryBytes }
        void finishOutput().then(() => resolve(report))
      })
    })
  }

  async cancel(graceMs: number = defaultGraceMs): Promise<void> {
    this.#stop('cancelled', graceMs)
    await this.exit
  }

  #stop(reason: ExitReason, graceMs: number): void {
    if (this.#ended || this.#stopping !== undefined) return
    this.#stopping = reason
    this.#signal('SIGTERM')
    this.#kill = setTimeout(() => this.#signal('SIGKILL'), graceMs)
  }

  #signal(signal: NodeJS.Signals): void {
    try {
      process.kill(-this.#group, signal)
    } catch (thrown) {
      // Gone already, which is what was wanted.
      if ((thrown as NodeJS.ErrnoException).code !== 'ESRCH') throw thrown
    }
  }
}

/** Gives what waits for the last output, then hands over the lines that have no end. */
function captureOutput(child: Child, { onOutput }: Start): () => Promise<void> {
  const streams = [
    { stream: child.stdout, lines: new OutputLines((line) => onOutput(line, 'out')) },
    { stream: child.stderr, lines: new OutputLines((line) => onOutput(line, 'err')) },
  ]
  for (const { stream, lines } of streams) stream.on('data', (bytes: Buffer) => lines.write(bytes))
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()))
  return async () => {
    const patience = setTimeout(() => {
      for (const { stream } of streams) stream.destroy()
    }, outputPatienceMs)
    await closed
    clearTimeout(patience)
    for (const { lines } of streams) lines.end()
  }
}
