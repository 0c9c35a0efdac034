import type { Command } from 'commander'
import { finiteNumber, serverAction, serverCommand, type Session, wholeNumber } from './command.ts'
import { splitReference } from './model-reference.ts'
import { formatBytes, formatMoment, type Output } from './output.ts'

type Retirement = Awaited<ReturnType<Session['client']['retention']['retireVersions']>>

/** How long versions stay, what must stay, and giving up the rest. */
export function registerModelsRetention(models: Command): void {
  registerPolicy(models)
  registerRetire(models)
  registerHolds(models)
}

interface PolicyOptions {
  versions?: number
  days?: number
  forever?: boolean
}

function registerPolicy(models: Command): void {
  serverCommand(models, 'retention <model>', 'How long versions are kept; with options, says so')
    .option('--versions <number>', 'the newest that stay', finiteNumber)
    .option('--days <number>', 'younger ones stay', finiteNumber)
    .option('--forever', 'every version stays')
    .action(
      serverAction(async ({ client, project, out }, model: string, options: PolicyOptions) => {
        const params = { project, model }
        const { versions, days, forever } = options
        const asked = versions !== undefined || days !== undefined || forever === true
        const rules = asked
          ? await client.retention.setModelRetention({
              params,
              body: { keepVersions: versions ?? null, keepDays: days ?? null },
            })
          : await client.retention.getModelRetention({ params })
        out.result(rules, () => out.line(rulesText(rules)))
      }),
    )
}

function rulesText({
  keepVersions,
  keepDays,
}: Awaited<ReturnType<Session['client']['retention']['getModelRetention']>>): string {
  if (keepVersions === null && keepDays === null) return 'Every version is kept.'
  const kept = [
    ...(keepVersions === null ? [] : [`the newest ${keepVersions}`]),
    ...(keepDays === null ? [] : [`those of the last ${keepDays} days`]),
  ]
  return `Kept are what aliases, stages, endpoints and holds name, and ${kept.join(' and ')}.`
}

function registerRetire(models: Command): void {
  serverCommand(
    models,
    'retire <model[@version]>',
    'Delete for good what the rules let go, or one version',
  )
    .option('--dry-run', 'only say what would go, and what that would free')
    .action(
      serverAction(
        async ({ client, project, out }, reference: string, options: { dryRun?: boolean }) => {
          const { model, version } = splitReference(reference)
          const found = await client.retention.retireVersions({
            params: { project, model },
            body: {
              dryRun: options.dryRun === true,
              ...(version === undefined ? {} : { versions: [wholeNumber(1)(version)] }),
            },
          })
          out.result(found, () => tellRetirement(out, model, found))
        },
      ),
    )
}

function tellRetirement(out: Output, model: string, found: Retirement): void {
  const { dryRun, retired, kept, freed, shared } = found
  const would = dryRun ? 'would be ' : ''
  if (retired.length === 0) out.line('Nothing goes.')
  for (const { version, createdAt, files, sizeBytes } of retired) {
    out.line(
      `${model}@${version} of ${formatMoment(createdAt)} ${would}deleted: ${files} files, ${formatBytes(sizeBytes)}`,
    )
  }
  for (const { version, reasons } of kept) {
    out.line(`${model}@${version} stays. ${reasons.join(' ')}`)
  }
  out.line(`${formatBytes(freed.sizeBytes)} in ${freed.blobs} blobs ${would}freed.`)
  if (shared.blobs === 0) return
  out.line(
    `${formatBytes(shared.sizeBytes)} in ${shared.blobs} blobs stay: ${shared.keptBy.join(', ')}`,
  )
}

function registerHolds(models: Command): void {
  serverCommand(
    models,
    'hold <model[@version]>',
    'Keep a model or a version, whatever the rules say',
  )
    .requiredOption('-m, --message <text>', 'why')
    .action(
      serverAction(
        async ({ client, project, out }, reference: string, options: { message: string }) => {
          const { model, version } = splitReference(reference)
          const held = await client.retention.holdModel({
            params: { project, model },
            body: {
              version: version === undefined ? null : wholeNumber(1)(version),
              reason: options.message,
            },
          })
          out.result(held, () => out.line(`${reference} is held: ${held.id}`))
        },
      ),
    )
  serverCommand(models, 'holds <model>', 'What must stay, and why').action(
    serverAction(async ({ client, project, out }, model: string) => {
      const found = await client.retention.listModelHolds({ params: { project, model } })
      out.result(found, () =>
        out.table(
          ['hold', 'version', 'since', 'by', 'why'],
          found.items.map(({ id, version, at, by, reason }) => [
            id,
            version ?? 'all',
            formatMoment(at),
            by,
            reason,
          ]),
        ),
      )
    }),
  )
  serverCommand(models, 'release <hold>', 'End a hold')
    .requiredOption('-m, --message <text>', 'why')
    .action(
      serverAction(async ({ client, project, out }, hold: string, options: { message: string }) => {
        await client.retention.releaseModelHold({
          params: { project, hold },
          body: { reason: options.message },
        })
        out.result({ hold }, () => out.line(`Hold ${hold} is released.`))
      }),
    )
}
