import { availableParallelism } from 'node:os'
import type { Command } from 'commander'
import { readAssignment } from './assignment.ts'
import type { Json } from '#kernel/json'
import {
  collected,
  type Invocation,
  localAction,
  localCommand,
  serverAction,
  serverCommand,
  type Session,
  wholeNumber,
} from './command.ts'
import type { Output } from './output.ts'

interface ReproOptions {
  force?: boolean
  singleItem?: boolean
  keepGoing?: boolean
  dry?: boolean
  jobs: number
  setParam?: string[]
}

/** `repro`, `status` and `dag`: the pipeline of dvc.yaml in this directory. */
export function registerRepro(program: Command): void {
  registerReproduce(program)
  registerStatus(program)
  registerDag(program)
}

function registerReproduce(program: Command): void {
  serverCommand(program, 'repro [targets...]', 'Bring the pipeline of dvc.yaml up to date')
    .option('-f, --force', 'run every stage')
    .option('-s, --single-item', 'only the targets, not what comes before them')
    .option('-k, --keep-going', 'go on with what does not depend on a failed stage')
    .option('--dry', 'say what would run')
    .option('-j, --jobs <count>', 'stages at once', wholeNumber(1), availableParallelism())
    .option('-S, --set-param <key=value>', 'a value of params.yaml for this time', collected)
    .action(
      serverAction(async (session, targets: string[], options: ReproOptions) => {
        if (options.dry === true) return plan(session, targets, options)
        const parameters = Object.fromEntries((options.setParam ?? []).map(readAssignment))
        return reproduce(session, targets, options, parameters)
      }),
    )
}

async function reproduce(
  session: Session,
  targets: readonly string[],
  options: ReproOptions,
  parameters: Record<string, Json>,
): Promise<0 | 1> {
  const { reproduceLocally } = await import('#app/workspace/reproduce/reproduce-locally')
  const { out, client, project, url } = session
  const stages: Record<string, { state: string; reason: string }> = {}
  const result = await reproduceLocally({
    directory: session.directory,
    targets,
    force: options.force === true,
    single: options.singleItem === true,
    keepGoing: options.keepGoing === true,
    parallel: options.jobs,
    parameters,
    environment: session.environment,
    server: { client, project, url },
    onStage: ({ stage, state, reason }) => {
      stages[stage] = { state, reason }
      out.line(`${mark(out, state)} ${stage}: ${state}. ${reason}`)
    },
    onOutput: (stage, line, stream) => {
      if (stream === 'out') out.line(`  ${out.tone('muted', stage)} ${line}`)
      else out.note(`  ${out.tone('muted', stage)} ${line}`)
    },
    note: (text) => out.note(text),
    signal: session.signal,
  })
  out.result({ ...result, stages }, () => out.line(result.reason))
  return result.state === 'succeeded' ? 0 : 1
}

function mark(out: Output, state: string): string {
  if (state === 'succeeded') return out.tone('good', '✓')
  if (state === 'skipped') return out.tone('muted', '·')
  if (state === 'running') return out.tone('strong', '▸')
  return out.tone('bad', '✗')
}

interface PlanOptions {
  force?: boolean
  singleItem?: boolean
}

function registerStatus(program: Command): void {
  localCommand(program, 'status [targets...]', 'What `gyre repro` would do, and why')
    .option('-s, --single-item', 'only the targets, not what comes before them')
    .action(
      localAction(async (invocation, targets: string[], options: PlanOptions) =>
        plan(invocation, targets, options),
      ),
    )
}

async function plan(
  { directory, out }: Invocation,
  targets: readonly string[],
  options: PlanOptions,
): Promise<0> {
  const { planLocally } = await import('#app/workspace/reproduce/reproduce-locally')
  const stages = await planLocally({
    directory,
    targets,
    single: options.singleItem === true,
    force: options.force === true,
  })
  const upToDate = stages.every(({ action }) => action === 'skip')
  out.result({ upToDate, stages }, () => {
    for (const { stage, action, reason } of stages) {
      const verb = { run: 'runs', after: 'may run', restore: 'restored', skip: 'up to date' }[
        action
      ]
      out.line(`${stage}: ${out.tone(action === 'skip' ? 'muted' : 'strong', verb)}. ${reason}`)
    }
    if (upToDate) out.line('Everything is up to date.')
  })
  return 0
}

function registerDag(program: Command): void {
  localCommand(program, 'dag', 'The stages of dvc.yaml and what they come after').action(
    localAction(async ({ directory, out }) => {
      const { readPipelineStages } = await import('#app/workspace/reproduce/reproduce-locally')
      const stages = await readPipelineStages(directory)
      out.result({ stages }, () => {
        out.table(
          ['stage', 'after', 'depends on', 'makes'],
          stages.map((stage) => [
            stage.name,
            stage.after.join(', '),
            [...stage.dependencies, ...stage.parameters].join(', '),
            [...stage.outputs, ...stage.metrics, ...stage.plots].join(', '),
          ]),
        )
      })
    }),
  )
}
