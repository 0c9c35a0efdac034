import { asGyreError, GyreError } from '#kernel/errors'
import type { Json } from '#kernel/json'
import { subject } from '#kernel/subjects'
import type { HeldJob } from '#ports/queue/queue'
import type { Context } from '#domains/access/index'
import {
  beginExecution,
  describeStage,
  executeJobKind,
  type ExecutionDetail,
  finishExecution,
  getExecution,
  getPipeline,
  notePipelineStages,
  noteWaiting,
  type Pipeline,
  reportStage,
  reproduce,
  resolveStages,
  selectStages,
  type Stage,
  type Workspace,
} from '#domains/pipelines/index'
import type { JobHandler } from './job-loop.ts'
import { StageReporter } from './stage-reporter.ts'

/** A directory that is taken for one execution. */
interface TakenDirectory {
  workspace: Workspace
  gitCommit: string | null
  release(): Promise<void>
}

export interface RunnerOptions {
  /** Takes the directory of a pipeline for an execution, or says who has it. */
  takeDirectory(
    ctx: Context,
    request: {
      directory: string
      environment: Record<string, string>
      parameters: Record<string, Json>
      what: string
    },
  ): Promise<TakenDirectory | { heldBy: string }>
  /** What stages are told: where the server is, and a token if it wants one. */
  environment: Readonly<Record<string, string>>
  /** Stages of one execution that run at once. */
  parallel: number
}

const pollMs = 500

/** The jobs of a runner. */
export function runnerHandlers(options: RunnerOptions): Record<string, JobHandler> {
  return { [executeJobKind]: (ctx, job) => executePipeline(ctx, job, options) }
}

/**
 * Executes a queued execution: waits for its directory, runs its stages and ends it. One that was
 * interrupted goes on: stages that ended are up to date by dvc.lock.
 */
async function executePipeline(
  ctx: Context,
  job: HeldJob,
  options: RunnerOptions,
): Promise<string> {
  const { project } = job
  const id = (job.payload as { execution: string }).execution
  const execution = await getExecution(ctx, { project, execution: id })
  if (!isOpen(execution)) return `The execution is ${execution.state} already.`
  const watch = watchForEnd(ctx, project, id)
  try {
    return await runExecution(ctx, job, execution, options, watch.signal)
  } catch (thrown) {
    if (ctx.signal?.aborted === true) throw interrupted(thrown)
    const { public: reason } = asGyreError(thrown)
    if (watch.signal.aborted) return 'The execution was ended from outside.'
    await finishExecution(ctx, { project, execution: id, state: 'failed', reason })
    return reason
  } finally {
    watch.stop()
  }
}

function isOpen(execution: ExecutionDetail): boolean {
  return execution.state === 'queued' || execution.state === 'running'
}

function interrupted(cause: unknown): GyreError {
  const text = 'The runner was stopped; the execution goes on elsewhere.'
  return new GyreError({ code: 'unavailable', public: text, cause, retryable: true })
}

/** Aborts when somebody ends the execution. */
function watchForEnd(
  ctx: Context,
  project: string,
  execution: string,
): { signal: AbortSignal; stop(): void } {
  const ended = new AbortController()
  const topic = subject('execution', execution)
  const check = async (): Promise<void> => {
    const now = await getExecution(ctx, { project, execution })
    if (!isOpen(now)) ended.abort()
  }
  const look = (): void => {
    check().catch((thrown: unknown) => {
      ctx.log.warn({ internal: asGyreError(thrown).internal }, 'An execution cannot be watched.')
    })
  }
  const stopPulse = ctx.onPulse((pulsed) => {
    if (pulsed === topic) look()
  })
  const timer = setInterval(look, pollMs)
  return {
    signal: ended.signal,
    stop() {
      stopPulse()
      clearInterval(timer)
    },
  }
}

async function runExecution(
  ctx: Context,
  job: HeldJob,
  execution: ExecutionDetail,
  options: RunnerOptions,
  ended: AbortSignal,
): Promise<string> {
  const { project } = job
  const pipeline = await getPipeline(ctx, { project, pipeline: execution.pipeline })
  const signal = ctx.signal === undefined ? ended : AbortSignal.any([ended, ctx.signal])
  const environment = {
    ...options.environment,
    GYRE_PROJECT: project,
    GYRE_EXECUTION: execution.id,
    ...(job.cause === null ? {} : { GYRE_CAUSE: subject('record', String(job.cause)) }),
  }
  const request = {
    directory: pipeline.directory,
    environment,
    parameters: execution.parameters,
    what: `execution ${execution.id} of ${pipeline.name}`,
  }
  const taken = await waitForDirectory(ctx, project, execution.id, signal, () =>
    options.takeDirectory(ctx, request),
  )
  try {
    return await runStages(ctx, { project, pipeline, execution }, taken, options, signal, ended)
  } finally {
    await taken.release()
  }
}

async function waitForDirectory(
  ctx: Context,
  project: string,
  execution: string,
  signal: AbortSignal,
  take: () => Promise<TakenDirectory | { heldBy: string }>,
): Promise<TakenDirectory> {
  let told = ''
  for (;;) {
    const taken = await take()
    if (!('heldBy' in taken)) return taken
    const reason = `It waits for ${taken.heldBy}, which works in the same directory.`
    if (reason !== told) await noteWaiting(ctx, { project, execution, reason })
    told = reason
    await new Promise((resolve) => setTimeout(resolve, pollMs / 2))
    signal.throwIfAborted()
  }
}

interface Work {
  project: string
  pipeline: Pipeline
  execution: ExecutionDetail
}

async function runStages(
  ctx: Context,
  work: Work,
  { workspace, gitCommit }: TakenDirectory,
  options: RunnerOptions,
  signal: AbortSignal,
  ended: AbortSignal,
): Promise<string> {
  const { project, execution } = work
  const all = await readStages(ctx, work, workspace)
  const stages = selectStages(all, execution.targets, false)
  await beginExecution(ctx, {
    project,
    execution: execution.id,
    stages: stages.map(stageOf),
    ...(gitCommit === null ? {} : { gitCommit }),
  })
  const reporter = new StageReporter(
    (message) => reportStage(ctx, { project, execution: execution.id, ...message }),
    (thrown) => ctx.log.warn({ internal: asGyreError(thrown).internal }, 'A stage cannot report.'),
  )
  const result = await reproduce({
    stages,
    order: all.map((stage) => stage.name),
    workspace,
    force: execution.force,
    parallel: options.parallel,
    keepGoing: false,
    report: (update) => reporter.report(update),
    onOutput: (stage, line) => reporter.output(stage, line),
    signal,
  })
  await reporter.finish()
  if (ended.aborted) return 'The execution was ended from outside.'
  if (ctx.signal?.aborted === true) throw interrupted(undefined)
  const { state, reason } = result
  await finishExecution(ctx, { project, execution: execution.id, state, reason })
  return reason
}

function stageOf(stage: Stage): { stage: string; after: string[]; reason: string } {
  const reason =
    stage.after.length === 0
      ? 'It waits for a free place.'
      : `It comes after ${stage.after.join(', ')}.`
  return { stage: stage.name, after: stage.after, reason }
}

/** Reads the file as it is now, and notes what it holds, or why it cannot be read. */
async function readStages(
  ctx: Context,
  { project, pipeline }: Work,
  workspace: Workspace,
): Promise<Stage[]> {
  const at = { project, pipeline: pipeline.name }
  try {
    const stages = await resolveStages(workspace.readText, pipeline.file)
    await notePipelineStages(ctx, { ...at, stages: stages.map(describeStage) })
    return stages
  } catch (thrown) {
    await notePipelineStages(ctx, { ...at, problem: asGyreError(thrown).public })
    throw thrown
  }
}
