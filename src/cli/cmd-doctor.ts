import type { Command } from 'commander'
import { readConfig } from '#app/config'
import { examineStore, rebuildLineage } from '#app/doctor'
import { localAction, localCommand } from './command.ts'

interface DoctorOptions {
  data?: string
  databaseUrl?: string
  journal?: boolean
  deep?: boolean
  rebuildLineage?: boolean
}

export function registerDoctor(program: Command): void {
  localCommand(program, 'doctor', 'Examine a store, without a server and without changing it')
    .option('--data <directory>', 'the store, else GYRE_DATA (default: .gyre)')
    .option('--database-url <url>', 'the PostgreSQL of its tables, else GYRE_DATABASE_URL')
    .option('--journal', 'only verify the journal')
    .option('--deep', 'also read every blob and compare it with its name')
    .option('--rebuild-lineage', 'derive the lineage anew from the journal; stop the server first')
    .action(
      localAction(async ({ out, environment, directory }, options: DoctorOptions) => {
        const config = readConfig(
          { data: options.data, databaseUrl: options.databaseUrl },
          environment,
          directory,
        )
        if (options.rebuildLineage === true) {
          const edges = await rebuildLineage(config)
          out.result({ edges }, () =>
            out.line(`Derived ${edges} edges of lineage from the journal.`),
          )
          return 0
        }
        const findings = await examineStore({
          dataDirectory: config.dataDirectory,
          databaseUrl: config.databaseUrl,
          blobPlaces: config.blobPlaces,
          journalOnly: options.journal === true,
          deep: options.deep === true,
        })
        const healthy = findings.every(({ ok }) => ok)
        out.result({ healthy, findings }, () => {
          for (const { check, ok, text } of findings) {
            const mark = ok ? out.tone('good', 'ok') : out.tone('bad', 'BAD')
            out.line(`${mark.padEnd(4)} ${check}: ${text}`)
          }
        })
        return healthy ? 0 : 1
      }),
    )
}
