export interface Command {
  /** Program and arguments; or a line for the shell. */
  argv?: readonly string[]
  shell?: string
  workingDirectory: string
  /** Added to the executor's clean base environment (PATH, HOME, LANG, TMPDIR). */
  environment: Readonly<Record<string, string>>
  timeoutMs?: number
}

export type ExitReason = 'exited' | 'signalled' | 'timed-out' | 'cancelled' | 'lost'

export interface ExitReport {
  reason: ExitReason
  /** null unless it exited by itself. */
  exitCode: number | null
  signal: string | null
  startedAt: number
  endedAt: number
  /** Highest resident memory of the whole process group that was seen; sampled. */
  peakMemoryBytes: number | null
}

export interface Execution {
  readonly id: string
  readonly exit: Promise<ExitReport>
  /** SIGTERM to the whole group, SIGKILL after `graceMs`. Ends with reason `cancelled`. */
  cancel(graceMs?: number): Promise<void>
}

/**
 * Runs users' commands.
 *
 * - Output goes line by line, in order, to `onOutput`; the last part line is flushed at the end.
 * - The command and all its descendants form one group that ends together: by exit, by time-out, by
 *   cancel, or with the executor's own process.
 * - `start` throws `invalid` when the working directory or the program is not there.
 */
export interface Executor {
  start(
    command: Command,
    onOutput: (line: string, stream: 'out' | 'err') => void,
  ): Promise<Execution>
}
