import type { Command } from 'commander'
import { serverAction, serverCommand, type Session } from './command.ts'
import { paramsOf, splitReference } from './model-reference.ts'
import { formatBytes, type Output } from './output.ts'

/** What is known of a version: its card, its files, its licence. */
export function registerModelsCard(models: Command): void {
  registerCard(models)
  registerFiles(models)
  registerLicence(models)
}

function registerCard(models: Command): void {
  serverCommand(
    models,
    'card <model> [version]',
    'The model card of a version, in Markdown',
  ).action(
    serverAction(async ({ client, project, out }, reference: string, given?: string) => {
      const { model, version = given ?? 'latest' } = splitReference(reference)
      const params = { project, model, version }
      const chunks: Uint8Array[] = []
      const { content } = await client.registry.getCard({ params })
      for await (const chunk of content) chunks.push(chunk)
      const card = Buffer.concat(chunks).toString('utf8')
      out.result({ card }, () => out.line(card.trimEnd()))
    }),
  )
}

function registerFiles(models: Command): void {
  serverCommand(models, 'files <model@version>', 'The files of a version with their checksums')
    .option('--sums', 'as sha256sum --check reads it')
    .action(
      serverAction(async (session, reference: string, options: { sums?: boolean }) => {
        const { client, out } = session
        const { files } = await client.models.getVersion({ params: paramsOf(session, reference) })
        out.result({ files }, () => {
          if (options.sums === true) {
            for (const { path, sha256 } of files) out.line(`${sha256}  ${path}`)
            return
          }
          out.table(
            ['path', { title: 'size', align: 'right' }, 'sha256'],
            files.map(({ path, sizeBytes, sha256 }) => [path, formatBytes(sizeBytes), sha256]),
          )
        })
      }),
    )
}

function registerLicence(models: Command): void {
  serverCommand(
    models,
    'licence <model@version> [licence]',
    'The licence of a version and its libraries; with one, declare it',
  )
    .option('--undeclare', 'go by tags and files again')
    .action(
      serverAction(
        async (
          session,
          reference: string,
          declared: string | undefined,
          options: { undeclare?: boolean },
        ) => {
          const { client, out } = session
          const params = paramsOf(session, reference)
          const licence = options.undeclare === true ? null : declared
          if (licence !== undefined) {
            await client.registry.updateVersion({ params, body: { licence } })
          }
          const found = await client.registry.getLicence({ params })
          out.result(found, () => tellLicence(out, found))
        },
      ),
    )
}

type Licence = Awaited<ReturnType<Session['client']['registry']['getLicence']>>

function tellLicence(out: Output, { licence, source, evidence, libraries }: Licence): void {
  const how = {
    declared: 'declared',
    tag: `as the tag ${evidence} says`,
    file: `as the file ${evidence} reads`,
  }
  out.line(
    source === null
      ? 'The licence is not known.'
      : `${licence ?? 'Not recognised'}, ${how[source]}.`,
  )
  if (libraries.length === 0) return
  out.line()
  out.table(
    ['library', 'version', 'licence'],
    libraries.map((each) => [each.name, each.version, each.licence ?? 'unknown']),
  )
}
