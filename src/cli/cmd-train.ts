import type { Command } from 'commander'
import { Option } from 'commander'
import { collected, serverAction, serverCommand, wholeNumber } from './command.ts'
import { formatCount, formatNumber } from './output.ts'

interface TrainOptions {
  data: string
  target: string
  features: string
  learner: 'trees' | 'logistic'
  params?: string
  set?: string[]
  seed?: number
  validation?: string
  experiment: string
  name?: string
  out: string
}

export function registerTrain(program: Command): void {
  serverCommand(program, 'train', 'Train a built-in learner on a Parquet file')
    .requiredOption('--data <file>', 'Parquet with features and target')
    .requiredOption('--target <column>', 'what to predict: 0 or 1')
    .requiredOption('--features <columns>', 'numeric columns, separated by commas')
    .addOption(
      new Option('--learner <name>', 'how to learn')
        .choices(['trees', 'logistic'])
        .default('trees'),
    )
    .option('--params <file:section>', 'options of the learner: params.yaml:trees')
    .option('--set <option=value>', 'one option of the learner', collected)
    .option('--seed <number>', 'for all that is drawn', wholeNumber())
    .option('--validation <file>', 'rows to watch while it learns')
    .option('--experiment <name>', 'the experiment of the run', 'Default')
    .option('--name <name>', 'a name for the run')
    .requiredOption('--out <directory>', 'where the model goes')
    .action(
      serverAction(async (session, options: TrainOptions) => {
        const { train } = await import('#app/training/train')
        const { out, client, project } = session
        const report = await train({
          ...options,
          features: options.features.split(',').map((name) => name.trim()),
          set: options.set ?? [],
          directory: session.directory,
          environment: session.environment,
          command: ['gyre', ...process.argv.slice(2)],
          server: { client, project },
          onIteration: (iteration, metrics) => {
            if (session.terminal.err.isTTY === true) out.progress(progressText(iteration, metrics))
          },
          note: (text) => out.note(text),
          signal: session.signal,
        })
        out.result(report, () => {
          out.facts([
            ['model', report.out],
            ['run', report.run],
            ['rows', formatCount(report.rows)],
            ['seconds', formatNumber(report.seconds)],
            ...measured(report.metrics),
            ['largest difference of ONNX', report.largestDifference.toExponential(1)],
          ])
        })
      }),
    )
}

function progressText(iteration: number, metrics: Readonly<Record<string, number>>): string {
  const shown = Object.entries(metrics).map(([key, value]) => `${key} ${formatNumber(value)}`)
  return `iteration ${iteration}: ${shown.join(', ')}`
}

function measured(metrics: Readonly<Record<string, number>>): [string, string][] {
  return Object.entries(metrics)
    .filter(([key]) => /_(auc|log_loss|brier)$/.test(key))
    .map(([key, value]) => [key.replaceAll('_', ' '), formatNumber(value)])
}
