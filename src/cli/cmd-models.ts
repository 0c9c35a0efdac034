import type { Command } from 'commander'
import { registerModelsCompare } from './cmd-models-compare.ts'
import { registerModelsDownload } from './cmd-models-download.ts'
import { registerModelsEvaluate } from './cmd-models-evaluate.ts'
import { registerModelsCard } from './cmd-models-card.ts'
import { registerModelsChange } from './cmd-models-change.ts'
import { registerModelsPointers } from './cmd-models-pointers.ts'
import { registerModelsRetention } from './cmd-models-retention.ts'
import { registerModelsReviews } from './cmd-models-reviews.ts'
import { registerModelsTransfer } from './cmd-models-transfer.ts'
import { serverAction, serverCommand, type Session } from './command.ts'
import { splitReference } from './model-reference.ts'
import { formatMoment, formatNumber, type Output } from './output.ts'

type Models = Session['client']['models']
type Version = Awaited<ReturnType<Models['getVersion']>>
type Decision = Awaited<ReturnType<Models['evaluateGate']>>

export function registerModels(program: Command): void {
  const models = program.command('models').description('Registered models, their gates and aliases')
  registerLists(models)
  registerRegistration(models)
  registerModelsEvaluate(models)
  registerGate(models)
  registerModelsReviews(models)
  registerModelsCompare(models)
  registerModelsPointers(models)
  registerModelsChange(models)
  registerModelsDownload(models)
  registerModelsCard(models)
  registerModelsRetention(models)
  registerModelsTransfer(models)
}

function registerLists(models: Command): void {
  serverCommand(models, 'list', 'Registered models').action(
    serverAction(async ({ client, project, out }) => {
      const found = await client.models.listModels({ params: { project } })
      out.result(found, () => {
        out.table(
          ['model', { title: 'versions', align: 'right' }, 'aliases', 'checks', 'changed'],
          found.items.map((model) => [
            model.name,
            model.latestVersion ?? 0,
            model.aliases.map(({ alias, version }) => `${alias} → ${version}`).join(', '),
            model.gate.length,
            formatMoment(model.updatedAt),
          ]),
        )
      })
    }),
  )
  serverCommand(
    models,
    'show <model[@version]>',
    'A model with its versions, or one version',
  ).action(
    serverAction(async (session, reference: string) => {
      const { model, version } = splitReference(reference)
      if (version === undefined) return showModel(session, model)
      const { client, project, out } = session
      const found = await client.models.getVersion({ params: { project, model, version } })
      out.result(found, () => tellVersion(out, found))
      return 0
    }),
  )
}

async function showModel({ client, project, out }: Session, model: string): Promise<0> {
  const found = await client.models.getModel({ params: { project, model } })
  const { items } = await client.models.listVersions({ params: { project, model } })
  out.result({ ...found, versions: items }, () => {
    out.facts([
      ['model', found.name],
      ['description', found.description],
      ['checks', found.gate.map(({ check }) => check).join(', ')],
    ])
    out.table(
      ['version', 'gate', 'aliases', 'learner', 'auc', 'log-loss', 'created', 'run'],
      items.map((version) => [
        version.version,
        version.gate,
        version.aliases.join(', '),
        version.learner,
        formatNumber(version.metrics.auc?.value),
        formatNumber(version.metrics.log_loss?.value),
        formatMoment(version.createdAt),
        version.run,
      ]),
    )
  })
  return 0
}

function tellVersion(out: Output, version: Version): void {
  out.facts([
    ['model', `${version.model}@${version.version}`],
    ['gate', version.gate],
    ['aliases', version.aliases.join(', ')],
    ['learner', version.learner],
    ['features', version.features.join(', ')],
    ['feature service', version.featureService],
    ['made from', version.inputs.join(', ')],
    ['run', version.run],
    ['commit', version.gitCommit],
    ['registered', `${formatMoment(version.createdAt)} by ${version.createdBy}`],
    ['files', version.files.map(({ path }) => path).join(', ')],
  ])
  for (const [metric, estimate] of Object.entries(version.metrics)) {
    const { value, low, high } = estimate
    out.line(`${metric}  ${formatNumber(value)} (${formatNumber(low)} to ${formatNumber(high)})`)
  }
}

interface RegisterOptions {
  model: string
  evaluation?: string
  description?: string
}

function registerRegistration(models: Command): void {
  serverCommand(models, 'register <name>', 'Register a trained model as the next version')
    .requiredOption('--model <directory>', 'what `gyre train` wrote')
    .option('--evaluation <file>', 'what `gyre models evaluate` wrote')
    .option('--description <text>', 'for people')
    .action(
      serverAction(async (session, name: string, options: RegisterOptions) => {
        const { registerModel } = await import('#app/training/register-model')
        const { client, project, signal, out } = session
        const { version, isNew } = await registerModel({
          client,
          project,
          name,
          signal,
          ...options,
        })
        out.result(version, () => {
          const what = isNew ? 'registered as' : 'is the same model as'
          out.line(`${options.model} ${what} ${name}@${version.version}`)
        })
      }),
    )
}

function registerGate(models: Command): void {
  serverCommand(models, 'gate <model[@version]>', 'Decide whether a version may serve, and say why')
    .option('--last', 'show the last decision instead of deciding again')
    .action(
      serverAction(async (session, reference: string, options: { last?: boolean }) => {
        const { client, project, out } = session
        const { model, version = 'latest' } = splitReference(reference)
        const params = { project, model, version }
        const decision = options.last
          ? (await client.models.listGateDecisions({ params })).items[0]
          : await client.models.evaluateGate({ params })
        if (decision === undefined) {
          out.note(`No gate has decided on ${model}@${version} yet.`)
          return 1
        }
        out.result(decision, () => tellDecision(out, decision))
        return decision.passed ? 0 : 1
      }),
    )
}

function tellDecision(out: Output, decision: Decision): void {
  const verdict = decision.passed ? out.tone('good', 'passed') : out.tone('bad', 'refused')
  out.line(`${decision.model}@${decision.version}: ${verdict}`)
  for (const finding of decision.findings) {
    const mark = finding.passed ? out.tone('good', '✓') : out.tone('bad', '✗')
    out.line(`${mark} ${finding.check}: ${finding.text}`)
  }
}
