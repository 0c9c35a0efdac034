import { type Command, InvalidArgumentError } from 'commander'
import { invalid } from '#kernel/errors'
import { splitAssignment } from './assignment.ts'
import { collected, serverAction, serverCommand, type Session } from './command.ts'

type Run = Awaited<ReturnType<Session['client']['runs']['getRun']>>

interface ForkFlags {
  at?: number
  name?: string
  param?: string[]
}

/** Runs that go on from a step of another, or of their own. */
export function registerRunForks(runs: Command): void {
  serverCommand(runs, 'fork <run>', 'Continue a run as another one that shares its metrics')
    .option('--at <step>', 'the last step that is shared (default: all of it)', anyStep)
    .option('--name <name>', 'what the new run is called')
    .option('--param <key=value>', 'instead of what the run has; may be repeated', collected)
    .action(
      serverAction(async ({ client, project, out }, run: string, flags: ForkFlags) => {
        const parameters = flags.param?.map((text) => splitAssignment(text, '--param lr=0.01'))
        const fork = await client.runs.forkRun({
          params: { project, run },
          body: {
            ...(flags.at === undefined ? {} : { step: flags.at }),
            ...(flags.name === undefined ? {} : { name: flags.name }),
            ...(parameters === undefined ? {} : { parameters: Object.fromEntries(parameters) }),
          },
        })
        out.result(fork, () => {
          out.line(fork.id)
          out.note(`${fork.name}: log to it with mlflow.start_run(run_id="${fork.id}")`)
        })
      }),
    )
  serverCommand(runs, 'rewind <run>', 'Take a run back to a step; what it had is kept aside')
    .option('--to <step>', 'the last step that it keeps', anyStep)
    .option('--undo', 'take the last rewind back')
    .action(
      serverAction(
        async ({ client, project, out }, run: string, flags: { to?: number; undo?: true }) => {
          if ((flags.to === undefined) === (flags.undo === undefined)) {
            throw invalid('Say either --to STEP or --undo.')
          }
          const params = { project, run }
          const after =
            flags.to === undefined
              ? await client.runs.undoRewind({ params })
              : await client.runs.rewindRun({ params, body: { step: flags.to } })
          out.result(after, () => out.line(doneText(after, flags.to)))
        },
      ),
    )
}

/** `steady-owl (4f…) up to step 200`. */
export function forkText({ run, name, step }: Run['forks'][number]): string {
  return `${name} (${run})${step === null ? '' : ` up to step ${step}`}`
}

function doneText({ name, rewinds }: Run, step: number | undefined): string {
  if (step === undefined) return `${name} has again what it had before`
  return `${name} is back at step ${step}; run ${rewinds[0]?.run ?? ''} keeps what it had`
}

function anyStep(text: string): number {
  const value = Number(text)
  if (text.trim() !== '' && Number.isSafeInteger(value)) return value
  throw new InvalidArgumentError('Write a whole number.')
}
