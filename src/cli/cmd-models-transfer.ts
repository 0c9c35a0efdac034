import type { Command } from 'commander'
import { serverAction, serverCommand } from './command.ts'
import { splitReference } from './model-reference.ts'
import { formatBytes } from './output.ts'

/** Models on their way from one server to another. */
export function registerModelsTransfer(models: Command): void {
  registerExport(models)
  registerImport(models)
}

function registerExport(models: Command): void {
  serverCommand(
    models,
    'export <model> [version]',
    'A version with its whole lineage as one archive',
  )
    .requiredOption('-o, --out <file>', 'where the archive goes')
    .action(
      serverAction(
        async (
          { client, project, signal, out },
          reference: string,
          given: string | undefined,
          options: { out: string },
        ) => {
          const { writeVerified } = await import('#app/verified-files')
          const { model, version = given ?? 'latest' } = splitReference(reference)
          const params = { project, model, version }
          const { content } = await client.transfer.exportVersion({ params, signal })
          const written = await writeVerified(options.out, content)
          out.result({ file: options.out, ...written }, () => {
            out.line(`${options.out}: ${formatBytes(written.sizeBytes)}, sha256 ${written.sha256}`)
          })
        },
      ),
    )
}

function registerImport(models: Command): void {
  serverCommand(models, 'import <file>', 'Register the version of an archive of another server')
    .option('--as <model>', 'another name than it had')
    .option('--sha256 <digest>', 'refuse any other archive than the one that was exported')
    .action(
      serverAction(
        async (
          { client, project, signal, out },
          file: string,
          options: { as?: string; sha256?: string },
        ) => {
          const { readVerified } = await import('#app/verified-files')
          const report = await client.transfer.importVersion({
            params: { project },
            query: options.as === undefined ? {} : { model: options.as },
            body: await readVerified(file, options.sha256),
            signal,
          })
          out.result(report, () => {
            const { version, isNew, origin, runProblem, foreignData } = report
            const here = `${version.model}@${version.version}`
            const there = `${origin.model}@${origin.version} of ${origin.project}`
            out.line(
              isNew ? `${there} is ${here} here.` : `${there} was imported before, as ${here}.`,
            )
            if (runProblem !== '') out.line(`Its run did not come: ${runProblem}`)
            if (foreignData.length > 0) {
              out.line(`Known from the archive only: ${foreignData.join(', ')}`)
            }
          })
        },
      ),
    )
}
