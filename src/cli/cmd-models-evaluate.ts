import type { Command } from 'commander'
import { collected, finiteNumber, serverAction, serverCommand } from './command.ts'
import { formatCount, formatNumber, type Output } from './output.ts'

interface EvaluateOptions {
  model: string
  baseline?: string
  data: string
  target: string
  against?: string
  slice?: string[]
  group?: string[]
  threshold?: number
  out: string
}

type Evaluation = Awaited<ReturnType<(typeof import('#app/training/evaluate'))['evaluate']>>

export function registerModelsEvaluate(models: Command): void {
  serverCommand(models, 'evaluate', 'Judge a trained model on rows it has not seen')
    .requiredOption('--model <directory>', 'what `gyre train` wrote')
    .option('--baseline <directory>', 'a simpler model that must be beaten')
    .requiredOption('--data <file>', 'Parquet with rows that it was not trained on')
    .requiredOption('--target <column>', 'what was to be predicted')
    .option('--against <model@alias>', 'the registered version to compare with')
    .option('--slice <name=expression>', 'judge parts of the rows apart', collected)
    .option('--group <name=expression>', 'compare decisions between groups', collected)
    .option(
      '--threshold <score>',
      'of the decision; default: as many as are positive',
      finiteNumber,
    )
    .requiredOption('--out <file>', 'where the evidence goes')
    .action(
      serverAction(async ({ client, project, environment, out }, options: EvaluateOptions) => {
        const { evaluate } = await import('#app/training/evaluate')
        const evaluation = await evaluate({
          ...options,
          slices: options.slice ?? [],
          groups: options.group ?? [],
          server: { client, project },
          execution: environment['GYRE_EXECUTION'],
        })
        out.result(evaluation, () => tellEvaluation(out, evaluation))
      }),
    )
}

function tellEvaluation(out: Output, evaluation: Evaluation): void {
  const { baseline, champion } = evaluation
  out.line(`${formatCount(evaluation.data.rows)} rows of ${evaluation.data.path}`)
  out.table(
    ['metric', 'value', '95 % interval', 'against baseline', 'against champion'],
    Object.entries(evaluation.metrics).map(([name, estimate]) => {
      const metric = name as keyof Evaluation['metrics']
      return [
        metric,
        formatNumber(estimate.value),
        `${formatNumber(estimate.low)} to ${formatNumber(estimate.high)}`,
        signed(baseline?.differences[metric]?.value),
        signed(champion?.differences[metric]?.value),
      ]
    }),
  )
  if (champion === undefined) out.note(evaluation.championReason ?? '')
  out.table(
    ['slice', 'value', { title: 'rows', align: 'right' }, 'AUC', 'log-loss'],
    evaluation.slices.map((slice) => [
      slice.by,
      slice.label,
      formatCount(slice.rows),
      formatNumber(slice.metrics.auc?.value),
      formatNumber(slice.metrics.log_loss?.value),
    ]),
  )
  for (const { by, differences } of evaluation.fairness) {
    for (const [name, value] of Object.entries(differences)) {
      out.line(`${name} by ${by}: ${formatNumber(value)}`)
    }
  }
}

function signed(value: number | undefined): string {
  if (value === undefined) return '–'
  return `${value >= 0 ? '+' : ''}${formatNumber(value)}`
}
