import type { Command } from 'commander'
import { collected, serverAction, serverCommand } from './command.ts'

interface RunOptions {
  experiment: string
  name?: string
  param?: string[]
  tag?: string[]
  input?: string[]
}

export function registerRun(program: Command): void {
  serverCommand(
    program,
    'run <command...>',
    'Run any command as a tracked run: gyre run -- python train.py',
  )
    .option('--experiment <name>', 'the experiment it belongs to', 'Default')
    .option('--name <name>', 'a name for the run')
    .option('--param <key=value>', 'a parameter; the command sees GYRE_PARAM_KEY', collected)
    .option('--tag <key=value>', 'a tag', collected)
    .option('--input <subject>', 'what it is made from: data:flights@12', collected)
    .action(
      serverAction(async (session, command: string[], options: RunOptions) => {
        const { trackCommand } = await import('#app/training/track-command')
        const { out, terminal, client, project, url } = session
        const report = await trackCommand({
          command,
          experiment: options.experiment,
          name: options.name,
          parameters: options.param ?? [],
          tags: options.tag ?? [],
          inputs: options.input ?? [],
          directory: session.directory,
          environment: session.environment,
          server: { client, project, url },
          // Under --json standard output is the report's alone.
          write: (chunk, stream) =>
            void (stream === 'out' && !out.json ? terminal.out : terminal.err).write(
              chunk.toString(),
            ),
          note: (text) => out.note(text),
          signal: session.signal,
        })
        out.result(report, () => {
          if (report.run !== null) out.note(`run ${report.run}`)
        })
        return report.exitCode === 0 ? 0 : 1
      }),
    )
}
