import type { Command } from 'commander'
import { parseDuration } from '#kernel/time'
import { serverAction, serverCommand } from './command.ts'
import { formatBytes, formatMoment } from './output.ts'

export function registerRunsPurge(runs: Command): void {
  serverCommand(
    runs,
    'purge [run...]',
    'Take deleted runs away for good, or say what that would free',
  )
    .option('--older-than <duration>', 'only those deleted so long ago: 30d')
    .option('--dry-run', 'only say what would go')
    .action(
      serverAction(
        async (
          { client, project, out },
          named: string[],
          options: { olderThan?: string; dryRun?: boolean },
        ) => {
          const { olderThan, dryRun = false } = options
          const found = await client.retention.purgeRuns({
            params: { project },
            body: {
              dryRun,
              ...(olderThan === undefined ? {} : { olderThanMs: parseDuration(olderThan) }),
              ...(named.length === 0 ? {} : { runs: named }),
            },
          })
          out.result(found, () => {
            const would = dryRun ? 'would be ' : ''
            for (const { run, name, deletedAt, files } of found.purged) {
              out.line(`${name} (${run}), deleted ${formatMoment(deletedAt)}: ${files} files`)
            }
            for (const { name, run, reason } of found.kept) {
              out.line(`${name} (${run}) stays: ${reason}`)
            }
            out.line(`${found.purged.length} runs ${would}taken away for good.`)
            const { freed, shared } = found
            out.line(`${formatBytes(freed.sizeBytes)} in ${freed.blobs} blobs ${would}freed.`)
            if (shared.blobs > 0) {
              const kept = shared.keptBy.join(', ')
              out.line(`${formatBytes(shared.sizeBytes)} in ${shared.blobs} blobs stay: ${kept}`)
            }
            if (found.more) out.line('There are more: run it again.')
          })
        },
      ),
    )
}
