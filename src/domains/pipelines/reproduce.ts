import { asGyreError } from '#kernel/errors'
import { decideStage } from './decide-stage.ts'
import {
  type Lock,
  lockEntry,
  parseLock,
  type PathState,
  withEntry,
  writeLock,
} from './lock-file.ts'
import { restoreStage, runStage, type StageEnd } from './run-stage.ts'
import { fromRoot, type Stage } from './stage.ts'
import type { StageState } from './status.ts'
import type { StageReader, Workspace } from './workspace.ts'

export interface StageReport {
  stage: string
  state: StageState
  reason: string
  exitCode?: number | null
  peakMemoryBytes?: number | null
}

export interface ReproduceOptions {
  /** The stages to bring up to date, in order; what they come after may be missing from it. */
  stages: readonly Stage[]
  /** All stages of the file, in order: the order of new entries in dvc.lock. */
  order: readonly string[]
  workspace: Workspace
  /** Runs every stage, up to date or not. */
  force: boolean
  /** Stages that run at once. */
  parallel: number
  /** Goes on with stages that do not depend on one that failed. */
  keepGoing: boolean
  report(update: StageReport): void
  onOutput(stage: string, line: string, stream: 'out' | 'err'): void
  signal?: AbortSignal | undefined
}

export interface Reproduction {
  state: 'succeeded' | 'failed' | 'cancelled'
  reason: string
  ran: string[]
  skipped: string[]
}

const lockPath = 'dvc.lock'

/**
 * Brings stages up to date: each runs as soon as those before it are done, up to `parallel` at once,
 * and dvc.lock is written after each, so that a run that was ended anywhere goes on from there.
 */
export async function reproduce(options: ReproduceOptions): Promise<Reproduction> {
  const text = await options.workspace.readText(lockPath)
  return new Run(options, parseLock(text, lockPath), text).finish()
}

class Run {
  readonly #options: ReproduceOptions
  readonly #states = new Map<string, StageState>()
  readonly #running = new Map<string, Promise<void>>()
  #lock: Lock
  #written: string | undefined
  #writing: Promise<void> = Promise.resolve()
  #failed: string | undefined

  constructor(options: ReproduceOptions, lock: Lock, written: string | undefined) {
    this.#options = options
    this.#lock = lock
    this.#written = written
    for (const stage of options.stages) this.#states.set(stage.name, 'waiting')
  }

  async finish(): Promise<Reproduction> {
    for (;;) {
      this.#startReady()
      if (this.#running.size === 0) break
      await Promise.race(this.#running.values())
    }
    this.#endWaiting()
    return this.#result()
  }

  #startReady(): void {
    for (const stage of this.#options.stages) {
      if (this.#running.size >= this.#options.parallel) return
      if (this.#cancelled() || (this.#failed !== undefined && !this.#options.keepGoing)) return
      if (this.#states.get(stage.name) !== 'waiting' || !this.#isReady(stage)) continue
      const work = this.#do(stage).finally(() => this.#running.delete(stage.name))
      this.#running.set(stage.name, work)
    }
  }

  #cancelled(): boolean {
    return this.#options.signal?.aborted === true
  }

  #isReady(stage: Stage): boolean {
    return stage.after.every((name) => {
      const state = this.#states.get(name)
      return state === undefined || state === 'succeeded' || state === 'skipped'
    })
  }

  async #do(stage: Stage): Promise<void> {
    try {
      await this.#bringUpToDate(stage)
    } catch (thrown) {
      this.#end(stage, {
        state: this.#cancelled() ? 'cancelled' : 'failed',
        reason: asGyreError(thrown).public,
        exitCode: null,
        peakMemoryBytes: null,
      })
    }
  }

  async #bringUpToDate(stage: Stage): Promise<void> {
    const { workspace, force, signal } = this.#options
    // Marked before the first await, so that nobody starts it twice.
    this.#states.set(stage.name, 'running')
    const entry = lockEntry(this.#lock, stage.name)
    const decision = await decideStage(stage, entry, workspace, force)
    if (decision.action === 'restore' && entry !== undefined) {
      await restoreStage(stage, entry, workspace)
    }
    if (decision.action !== 'run') {
      this.#set(stage.name, 'skipped', decision.reason)
      return
    }
    this.#set(stage.name, 'running', decision.reason)
    const onOutput = (line: string, stream: 'out' | 'err') =>
      this.#options.onOutput(stage.name, line, stream)
    const end = await runStage(stage, decision, workspace, onOutput, signal)
    if (end.entry !== undefined) {
      this.#lock = withEntry(this.#lock, stage.name, end.entry, this.#options.order)
      await this.#writeLock()
    }
    this.#end(stage, end)
  }

  /** One write at a time, each of everything that is known then. */
  async #writeLock(): Promise<void> {
    this.#writing = this.#writing.then(async () => {
      const text = writeLock(this.#lock)
      if (text === this.#written) return
      await this.#options.workspace.writeText(lockPath, text)
      this.#written = text
    })
    await this.#writing
  }

  #end(stage: Stage, { state, reason, exitCode, peakMemoryBytes }: StageEnd): void {
    if (state === 'failed') this.#failed ??= stage.name
    this.#states.set(stage.name, state)
    this.#options.report({ stage: stage.name, state, reason, exitCode, peakMemoryBytes })
  }

  #set(stage: string, state: StageState, reason: string): void {
    this.#states.set(stage, state)
    this.#options.report({ stage, state, reason })
  }

  /** What never started says why. */
  #endWaiting(): void {
    for (const stage of this.#options.stages) {
      if (this.#states.get(stage.name) !== 'waiting') continue
      if (this.#cancelled()) this.#set(stage.name, 'cancelled', 'The execution was cancelled.')
      else this.#set(stage.name, 'blocked', `Stage ${this.#failed ?? 'before it'} failed.`)
    }
  }

  #result(): Reproduction {
    const named = (state: StageState) =>
      [...this.#states].filter(([, own]) => own === state).map(([name]) => name)
    const ran = named('succeeded')
    const skipped = named('skipped')
    const failed = named('failed')
    if (failed.length > 0) {
      const reason = `Stage ${failed.join(', ')} failed.`
      return { state: 'failed', reason, ran, skipped }
    }
    if (this.#cancelled()) return { state: 'cancelled', reason: 'It was cancelled.', ran, skipped }
    const reason =
      ran.length === 0
        ? 'Everything was up to date.'
        : `${ran.length} of ${ran.length + skipped.length} stages ran.`
    return { state: 'succeeded', reason, ran, skipped }
  }
}

export interface PlannedStage {
  stage: string
  action: 'skip' | 'run' | 'restore' | 'after'
  reason: string
}

/**
 * What `reproduce` would do, without doing it: `after` means that a stage before it would run, so it
 * depends on what that gives.
 */
export async function planStages(
  stages: readonly Stage[],
  workspace: Workspace,
  force: boolean,
): Promise<PlannedStage[]> {
  const lock = parseLock(await workspace.readText(lockPath), lockPath)
  const plan = new Map<string, PlannedStage>()
  // What would be there once the cache gave it back.
  const restored = new Map<string, PathState>()
  const seen: StageReader = {
    readText: workspace.readText,
    stateOf: async (path) => restored.get(path) ?? workspace.stateOf(path),
    isCached: (state) => workspace.isCached(state),
  }
  for (const stage of stages) {
    const before = stage.after.find((name) => {
      const action = plan.get(name)?.action
      return action === 'run' || action === 'after'
    })
    if (before !== undefined && !force) {
      const reason = `It comes after ${before}, which would run.`
      plan.set(stage.name, { stage: stage.name, action: 'after', reason })
      continue
    }
    const { action, reason } = await decideForPlan(stage, lock, seen, force)
    plan.set(stage.name, { stage: stage.name, action, reason })
    if (action !== 'restore') continue
    for (const [path, state] of lockEntry(lock, stage.name)?.outputs ?? []) {
      restored.set(fromRoot(stage, path), state)
    }
  }
  return [...plan.values()]
}

async function decideForPlan(stage: Stage, lock: Lock, workspace: StageReader, force: boolean) {
  if (force) return { action: 'run' as const, reason: 'It is forced.' }
  return decideStage(stage, lockEntry(lock, stage.name), workspace, false)
}
