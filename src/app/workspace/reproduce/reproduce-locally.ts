import { basename } from 'node:path'
import { createProcessExecutor } from '#adapters/process/executor'
import type { Client } from '#client/client'
import { asGyreError, GyreError } from '#kernel/errors'
import type { Json } from '#kernel/json'
import {
  describeStage,
  type PipelineStage,
  type PlannedStage,
  planStages,
  reproduce,
  type Reproduction,
  resolveStages,
  selectStages,
  type Stage,
  type StageReport,
} from '#domains/pipelines/index'
import { StageReporter } from '#workers/stage-reporter'
import { openWorkspace } from './open-workspace.ts'
import { type PreparedDirectory, prepareDirectory } from './prepare-directory.ts'

export interface LocalReproduction {
  /** Holds dvc.yaml. */
  directory: string
  targets: readonly string[]
  force: boolean
  /** Only the targets, not what comes before them. */
  single: boolean
  keepGoing: boolean
  parallel: number
  /** Values of params.yaml for this time, by dotted key. */
  parameters: Readonly<Record<string, Json>>
  environment: Readonly<Record<string, string | undefined>>
  /** Where it is reported, if a server answers there. */
  server?: { client: Client; project: string; url: string } | undefined
  onStage(update: StageReport): void
  onOutput(stage: string, line: string, stream: 'out' | 'err'): void
  /** A remark that is not about a stage. */
  note(text: string): void
  signal: AbortSignal
}

const file = 'dvc.yaml'

/** Brings the pipeline of a directory up to date, here, and tells the server about it. */
export async function reproduceLocally(options: LocalReproduction): Promise<Reproduction> {
  const session = await openReport(options)
  const environment = {
    ...definedOf(options.environment),
    ...session?.environment,
  }
  const taken = await prepareDirectory({
    directory: options.directory,
    executor: createProcessExecutor(),
    environment,
    parameters: options.parameters,
    what: `\`gyre repro\` (process ${process.pid})`,
  })
  if ('heldBy' in taken) {
    throw new GyreError({
      code: 'conflict',
      public: `${taken.heldBy} works in this directory. Wait for it to end, or cancel it.`,
    })
  }
  try {
    return await bringUpToDate(options, taken, session, environment)
  } finally {
    await taken.release()
  }
}

async function bringUpToDate(
  options: LocalReproduction,
  taken: PreparedDirectory,
  session: ReportSession | undefined,
  environment: Record<string, string>,
): Promise<Reproduction> {
  const all = await resolveStages(taken.workspace.readText, file)
  const stages = selectStages(all, options.targets, options.single)
  const report = await session?.begin(stages, taken.gitCommit)
  // Stages are told the execution that they belong to, which is known only now.
  const workspace =
    report === undefined
      ? taken.workspace
      : await openWorkspace({
          directory: options.directory,
          executor: createProcessExecutor(),
          environment: { ...environment, GYRE_EXECUTION: report.execution },
        })
  const result = await reproduce({
    stages,
    order: all.map((stage) => stage.name),
    workspace,
    force: options.force,
    parallel: options.parallel,
    keepGoing: options.keepGoing,
    report: (update) => {
      options.onStage(update)
      report?.reporter.report(update)
    },
    onOutput: (stage, line, stream) => {
      options.onOutput(stage, line, stream)
      report?.reporter.output(stage, line)
    },
    signal: options.signal,
  })
  await report?.finish(result)
  return result
}

interface ReportSession {
  environment: Record<string, string>
  begin(stages: readonly Stage[], gitCommit: string | null): Promise<OpenReport | undefined>
}

interface OpenReport {
  execution: string
  reporter: StageReporter
  finish(result: Reproduction): Promise<void>
}

/** Where to report, if there is a server that answers. */
async function openReport(options: LocalReproduction): Promise<ReportSession | undefined> {
  const { server, note } = options
  if (server === undefined) return undefined
  const { client, project, url } = server
  const pipeline = await pipelineName(options)
  if (pipeline === undefined) return undefined
  return {
    environment: { GYRE_URL: url, GYRE_PROJECT: project },
    async begin(stages, gitCommit) {
      try {
        const { id } = await client.pipelines.reportExecution({
          params: { project },
          body: {
            pipeline,
            targets: [...options.targets],
            force: options.force,
            parameters: { ...options.parameters },
            stages: stages.map((stage) => ({
              stage: stage.name,
              after: stage.after,
              reason: stage.after.length === 0 ? '' : `It comes after ${stage.after.join(', ')}.`,
            })),
            ...(gitCommit === null ? {} : { gitCommit }),
          },
        })
        return reportTo(client, project, id, note)
      } catch (thrown) {
        note(`The server does not take reports: ${asGyreError(thrown).public}`)
        return undefined
      }
    },
  }
}

function reportTo(
  client: Client,
  project: string,
  execution: string,
  note: (text: string) => void,
): OpenReport {
  const reporter = new StageReporter(
    ({ stage, ...body }) =>
      client.pipelines.reportStage({ params: { project, execution, stage }, body }),
    (thrown) => note(`Stages are no longer reported: ${asGyreError(thrown).public}`),
  )
  return {
    execution,
    reporter,
    async finish({ state, reason }) {
      await reporter.finish()
      try {
        await client.pipelines.finishExecution({
          params: { project, execution },
          body: { state, reason },
        })
      } catch (thrown) {
        note(`The end was not reported: ${asGyreError(thrown).public}`)
      }
    },
  }
}

/** The registered pipeline of this directory, else the directory's name; undefined: no server. */
async function pipelineName({ server, directory }: LocalReproduction): Promise<string | undefined> {
  if (server === undefined) return undefined
  try {
    const { items } = await server.client.pipelines.listPipelines({
      params: { project: server.project },
      signal: AbortSignal.timeout(2000),
    })
    const known = items.find((pipeline) => pipeline.directory === directory)
    return known?.name ?? (basename(directory).replace(/[^\p{L}\p{N}._-]/gu, '-') || 'pipeline')
  } catch {
    // Nobody answers, or not to us: the pipeline runs all the same.
    return undefined
  }
}

/** What `reproduceLocally` would do. */
export async function planLocally(options: {
  directory: string
  targets: readonly string[]
  single: boolean
  force: boolean
}): Promise<PlannedStage[]> {
  const workspace = await openWorkspace({
    directory: options.directory,
    executor: createProcessExecutor(),
    environment: {},
  })
  const all = await resolveStages(workspace.readText, file)
  return planStages(selectStages(all, options.targets, options.single), workspace, options.force)
}

/** The stages of a directory's pipeline, for showing them. */
export async function readPipelineStages(directory: string): Promise<PipelineStage[]> {
  const workspace = await openWorkspace({
    directory,
    executor: createProcessExecutor(),
    environment: {},
  })
  return (await resolveStages(workspace.readText, file)).map(describeStage)
}

function definedOf(environment: Readonly<Record<string, string | undefined>>) {
  return Object.fromEntries(
    Object.entries(environment).filter(
      (entry): entry is [string, string] => entry[1] !== undefined,
    ),
  )
}
