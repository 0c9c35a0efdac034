import type { Command } from 'commander'
import { readConfig } from '#app/config'
import { rebuildBlobIndex } from '#app/doctor'
import {
  finiteNumber,
  localAction,
  localCommand,
  serverAction,
  serverCommand,
  type Session,
} from './command.ts'
import { formatBytes, formatMoment, type Output } from './output.ts'

type StoreClient = Session['client']['store']
type Collected = Awaited<ReturnType<StoreClient['collectGarbage']>>

type Plan = Awaited<ReturnType<StoreClient['explainRetention']>>

export function registerStore(program: Command): void {
  const store = program
    .command('store')
    .description('The blob store: what it takes, garbage, damage, and what must be kept')
  registerSummary(store)
  registerUsage(store)
  registerGarbage(store)
  registerScrub(store)
  registerHolds(store)
  registerRetention(store)
  registerIndex(store)
}

function registerSummary(store: Command): void {
  serverCommand(store, 'status', 'What the store holds and takes').action(
    serverAction(async ({ client, out }) => {
      const summary = await client.store.describeStore()
      out.result(summary, () => {
        const { blobs, contentBytes, storedBytes, files, packs, inPieces } = summary
        out.line(`${blobs} blobs of ${formatBytes(contentBytes)} take ${formatBytes(storedBytes)}:`)
        out.line(`  ${files} files, ${packs} packs of small ones, ${inPieces} blobs in pieces`)
        out.line(`  ${told(summary.quarantined)} in quarantine, ${told(summary.damaged)} damaged`)
        if (summary.notCopiedBytes !== null) {
          out.line(`  ${formatBytes(summary.notCopiedBytes)} are not in the second copy yet`)
        }
        if (summary.checkedSince !== null) {
          out.line(`  all was put or read since ${formatMoment(summary.checkedSince)}, and whole`)
        }
        for (const { sha256, at } of summary.damagedBlobs) {
          out.line(`  damaged since ${formatMoment(at)}: blob:${sha256}`)
        }
      })
    }),
  )
}

function registerIndex(store: Command): void {
  const index = store.command('index').description('The index that says where blobs lie')
  localCommand(index, 'rebuild', 'Make the index again of the bytes alone; stop the server first')
    .option('--data <directory>', 'the store, else GYRE_DATA (default: .gyre)')
    .option('--database-url <url>', 'the PostgreSQL of its tables, else GYRE_DATABASE_URL')
    .option('--blobs <place>', 'where blobs lie, else GYRE_BLOBS (default: in the store)')
    .action(
      localAction(async ({ out, environment, directory }, options: PlaceOptions) => {
        const config = readConfig(options, environment, directory)
        const rebuilt = await rebuildBlobIndex(config, (objects) =>
          out.progress(`${objects} files`),
        )
        out.result(rebuilt, () => {
          out.line(`${rebuilt.objects} files were read, ${rebuilt.found} blobs found again.`)
          for (const sha256 of rebuilt.lost) out.line(`${out.tone('bad', 'lost')} blob:${sha256}`)
        })
        return rebuilt.lost.length === 0 ? 0 : 1
      }),
    )
}

interface PlaceOptions {
  data?: string
  databaseUrl?: string
  blobs?: string
}

function told({ blobs, sizeBytes }: { blobs: number; sizeBytes: number }): string {
  return `${blobs} blobs (${formatBytes(sizeBytes)})`
}

function registerUsage(store: Command): void {
  serverCommand(store, 'usage', 'What the data sets of the project hold, shared files once').action(
    serverAction(async ({ client, project, out }) => {
      const usage = await client.store.describeUsage({ params: { project } })
      out.result(usage, () => {
        const right = (title: string) => ({ title, align: 'right' as const })
        out.table(
          [
            'data set',
            right('versions'),
            right('given up'),
            right('added up'),
            right('each file once'),
            right('only here'),
          ],
          usage.datasets.map(({ dataset, versions, expired, versionBytes, content, own }) => [
            dataset,
            String(versions),
            String(expired),
            formatBytes(versionBytes),
            formatBytes(content.sizeBytes),
            formatBytes(own.sizeBytes),
          ]),
        )
        out.line(`All data sets: ${told(usage.content)}. DVC remotes: ${told(usage.remotes)}.`)
      })
    }),
  )
}

function registerGarbage(store: Command): void {
  serverCommand(store, 'gc', 'Give up blobs that nothing names: quarantine, then deletion')
    .option('--dry-run', 'only say what would go')
    .option('--grace <hours>', 'leave alone what is younger (default: 24)', finiteNumber)
    .option('--quarantine <hours>', 'how long before deletion (default: 168)', finiteNumber)
    .action(
      serverAction(
        async (
          { client, out },
          options: { dryRun?: boolean; grace?: number; quarantine?: number },
        ) => {
          const dryRun = options.dryRun === true
          const report = await client.store.collectGarbage({
            body: { dryRun, graceHours: options.grace, quarantineHours: options.quarantine },
          })
          out.result(report, () => tellCollected(out, report, dryRun))
        },
      ),
    )
}

function tellCollected(out: Output, report: Collected, dryRun: boolean): void {
  const would = dryRun ? 'would be ' : ''
  out.line(`${told(report.kept)} are kept: something names them.`)
  for (const { by, ...kept } of report.keptBy) out.line(`  ${told(kept)} by ${by}`)
  out.line(`${told(report.young)} are named by nothing, and too young to go.`)
  out.line(`${told(report.quarantined)} ${would}put into quarantine.`)
  out.line(`${told(report.deleted)} ${would}deleted.`)
  if (!dryRun) out.line(`${formatBytes(report.removedObjects.sizeBytes)} of files were removed.`)
  for (const { sha256, sizeBytes } of report.largest) {
    out.line(`  ${formatBytes(sizeBytes).padStart(10)} blob:${sha256}`)
  }
}

function registerScrub(store: Command): void {
  serverCommand(store, 'scrub', 'Read blobs and compare them with their names')
    .option('--older-than <hours>', 'those not read for so long (default: all)', finiteNumber, 0)
    .action(
      serverAction(async ({ client, out }, options: { olderThan: number }) => {
        const uncheckedSince = Math.round(Date.now() - options.olderThan * 3_600_000)
        const total = { blobs: 0, sizeBytes: 0, repaired: 0, damaged: [] as string[] }
        for (;;) {
          const report = await client.store.scrubStore({ body: { uncheckedSince } })
          total.blobs += report.checked.blobs
          total.sizeBytes += report.checked.sizeBytes
          total.repaired += report.repaired.length
          total.damaged.push(...report.damaged)
          if (report.checked.blobs === 0) break
          out.progress(`${total.blobs} blobs, ${formatBytes(total.sizeBytes)}`)
        }
        out.result(total, () => {
          out.line(`${told(total)} were read; ${total.repaired} were repaired.`)
          for (const sha256 of total.damaged) out.line(`damaged: blob:${sha256}`)
        })
        return total.damaged.length === 0 ? 0 : 1
      }),
    )
}

function registerHolds(store: Command): void {
  serverCommand(store, 'holds', 'What may not go, whatever the rules say').action(
    serverAction(async ({ client, project, out }) => {
      const { items } = await client.store.listHolds({ params: { project } })
      out.result({ items }, () =>
        out.table(
          ['hold', 'data set', 'version', 'since', 'by', 'reason'],
          items.map(({ id, dataset, version, at, by, reason }) => [
            id,
            dataset,
            version === null ? 'all' : String(version),
            formatMoment(at),
            by,
            reason,
          ]),
        ),
      )
    }),
  )
  serverCommand(store, 'hold <dataset>', 'Hold a data set, or NAME@VERSION')
    .requiredOption('-m, --message <text>', 'why')
    .action(
      serverAction(
        async ({ client, project, out }, reference: string, options: { message: string }) => {
          const [dataset = '', version] = reference.split('@')
          const held = await client.store.holdDataset({
            params: { project, dataset },
            body: {
              version: version === undefined ? null : Number(version),
              reason: options.message,
            },
          })
          out.result(held, () => out.line(`${reference} is held: ${held.id}`))
        },
      ),
    )
  serverCommand(store, 'release <hold>', 'End a hold')
    .requiredOption('-m, --message <text>', 'why')
    .action(
      serverAction(async ({ client, project, out }, hold: string, options: { message: string }) => {
        await client.store.releaseHold({
          params: { project, hold },
          body: { reason: options.message },
        })
        out.result({ hold }, () => out.line(`Hold ${hold} is released.`))
      }),
    )
}

function registerRetention(store: Command): void {
  serverCommand(store, 'retention <dataset>', 'How long versions are kept; with options, says so')
    .option('--versions <number>', 'the newest that stay', finiteNumber)
    .option('--days <number>', 'younger ones stay', finiteNumber)
    .option('--forever', 'every version stays')
    .option('--dry-run', 'say what the rules do to each version, and change nothing')
    .action(
      serverAction(
        async (
          { client, project, out },
          dataset: string,
          options: { versions?: number; days?: number; forever?: boolean; dryRun?: boolean },
        ) => {
          const params = { project, dataset }
          const { versions, days, forever } = options
          const asked = versions !== undefined || days !== undefined || forever === true
          const wanted = { keepVersions: versions ?? null, keepDays: days ?? null }
          if (options.dryRun === true) {
            const body = asked ? { rules: wanted } : {}
            const plan = await client.store.explainRetention({ params, body })
            out.result(plan, () => tellPlan(out, plan))
            return
          }
          const rules = asked
            ? await client.store.setRetention({ params, body: wanted })
            : await client.store.getRetention({ params })
          out.result(rules, () => out.line(retentionText(rules)))
        },
      ),
    )
}

function tellPlan(out: Output, { rules, versions, freed }: Plan): void {
  out.line(retentionText(rules))
  for (const { version, goes, because, sizeBytes } of versions) {
    const fate = goes ? out.tone('bad', 'goes') : `stays: ${because}`
    out.line(`  v${version}  ${formatBytes(sizeBytes).padStart(10)}  ${fate}`)
  }
  out.line(`Only versions that go name ${told(freed)}.`)
}

function retentionText({
  keepVersions,
  keepDays,
}: {
  keepVersions: number | null
  keepDays: number | null
}): string {
  if (keepVersions === null && keepDays === null) return 'Every version is kept.'
  const kept = [
    ...(keepVersions === null ? [] : [`the newest ${keepVersions}`]),
    ...(keepDays === null ? [] : [`those of the last ${keepDays} days`]),
  ]
  return `Kept are the latest version, what is held, what runs and models were made of, and ${kept.join(' and ')}.`
}
