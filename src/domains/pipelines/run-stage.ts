import { invalid } from '#kernel/errors'
import type { ExitReport } from '#ports/executor/executor'
import type { Decision } from './decide-stage.ts'
import type { LockEntry, PathState } from './lock-file.ts'
import { commandLines, fromRoot, type Stage } from './stage.ts'
import type { Workspace } from './workspace.ts'

export interface StageEnd {
  state: 'succeeded' | 'failed' | 'cancelled'
  reason: string
  exitCode: number | null
  peakMemoryBytes: number | null
  /** What dvc.lock is to say; only of a stage that succeeded. */
  entry?: LockEntry
}

/** Runs a stage's commands one after another and stores what they made. */
export async function runStage(
  stage: Stage,
  decision: Decision,
  workspace: Workspace,
  onOutput: (line: string, stream: 'out' | 'err') => void,
  signal: AbortSignal | undefined,
): Promise<StageEnd> {
  await prepare(stage, workspace)
  let peakMemoryBytes: number | null = null
  for (const line of commandLines(stage.command)) {
    const exit = await workspace.run(stage, line, onOutput, signal)
    peakMemoryBytes = Math.max(peakMemoryBytes ?? 0, exit.peakMemoryBytes ?? 0)
    if (exit.reason !== 'exited' || exit.exitCode !== 0) {
      return { ...failureOf(exit), exitCode: exit.exitCode, peakMemoryBytes }
    }
  }
  const entry = await entryOf(stage, decision, workspace)
  return { state: 'succeeded', reason: decision.reason, exitCode: 0, peakMemoryBytes, entry }
}

async function prepare(stage: Stage, workspace: Workspace): Promise<void> {
  await workspace.makeDirectory(stage.workingDirectory)
  for (const output of stage.outputs) {
    if (!output.persist) await workspace.clear(fromRoot(stage, output.path))
  }
}

function failureOf(exit: ExitReport): Pick<StageEnd, 'state' | 'reason'> {
  if (exit.reason === 'cancelled') return { state: 'cancelled', reason: 'It was cancelled.' }
  if (exit.reason === 'exited') {
    return { state: 'failed', reason: `Its command ended with exit code ${exit.exitCode}.` }
  }
  if (exit.reason === 'timed-out') return { state: 'failed', reason: 'Its time ran out.' }
  const signal = exit.signal === null ? '' : ` (${exit.signal})`
  return { state: 'failed', reason: `Its command was ended from outside${signal}.` }
}

/** What dvc.lock says of a stage that ran. Errors: `invalid` for an output that is not there. */
async function entryOf(stage: Stage, decision: Decision, workspace: Workspace): Promise<LockEntry> {
  const outputs = new Map<string, PathState>()
  for (const output of stage.outputs) {
    const state = await workspace.store(fromRoot(stage, output.path), { cache: output.cache })
    if (state === undefined) {
      throw invalid(
        `Stage "${stage.name}" ended well but did not make its output "${output.path}". ` +
          'Correct the command or the outputs in dvc.yaml.',
      )
    }
    outputs.set(output.path, state)
  }
  return {
    command: stage.command,
    dependencies: decision.dependencies,
    parameters: decision.parameters,
    outputs,
  }
}

/** Takes a stage's outputs from the cache. */
export async function restoreStage(
  stage: Stage,
  entry: LockEntry,
  workspace: Workspace,
): Promise<void> {
  for (const output of stage.outputs) {
    const state = entry.outputs.get(output.path)
    if (state !== undefined && output.cache) {
      await workspace.checkOut(fromRoot(stage, output.path), state)
    }
  }
}
