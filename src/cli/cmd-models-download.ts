import type { Command } from 'commander'
import { checkRelativePath } from '#kernel/names'
import { serverAction, serverCommand, type Session } from './command.ts'
import { splitReference } from './model-reference.ts'
import { formatBytes } from './output.ts'

interface DownloadOptions {
  out?: string
  archive?: string
}

export function registerModelsDownload(models: Command): void {
  serverCommand(
    models,
    'download <model@version>',
    'The files of a version, or of what an alias points at',
  )
    .option('-o, --out <directory>', 'where they go (default: the model’s name)')
    .option('--archive <file>', 'one tar archive instead of a directory')
    .action(
      serverAction(async (session, reference: string, options: DownloadOptions) => {
        const { client, project, out } = session
        const { model, version: asked = 'latest' } = splitReference(reference)
        // The alias is followed once: whatever moves meanwhile, all files are of one version.
        const version = await client.models.getVersion({
          params: { project, model, version: asked },
        })
        const report =
          options.archive === undefined
            ? await downloadFiles(session, version, options.out ?? model)
            : await downloadArchive(session, version, options.archive)
        out.result({ model, version: version.version, ...report }, () => {
          const what = `${version.model}@${version.version}`
          const same = report.unchanged === 0 ? '' : `, ${report.unchanged} were there already`
          out.line(
            `${what} is in ${report.path}: ${report.files} files, ${formatBytes(report.sizeBytes)}${same}.`,
          )
        })
      }),
    )
}

type Version = Awaited<ReturnType<Session['client']['models']['getVersion']>>

async function downloadFiles({ client, project, signal }: Session, version: Version, path: string) {
  const { join } = await import('node:path')
  const { isAlready, writeVerified } = await import('#app/verified-files')
  const params = paramsOf(project, version)
  const report = { path, files: version.files.length, unchanged: 0, sizeBytes: 0 }
  for (const file of version.files) {
    const place = join(path, checkRelativePath(file.path))
    report.sizeBytes += file.sizeBytes
    if (await isAlready(place, file)) {
      report.unchanged++
      continue
    }
    const query = { path: file.path }
    const { content } = await client.models.downloadVersionFile({ params, query, signal })
    await writeVerified(place, content, file.sha256)
  }
  return report
}

async function downloadArchive(
  { client, project, signal }: Session,
  version: Version,
  path: string,
) {
  const { writeVerified } = await import('#app/verified-files')
  const params = paramsOf(project, version)
  const { content } = await client.models.downloadVersionArchive({ params, signal })
  const { sizeBytes } = await writeVerified(path, content)
  return { path, files: version.files.length, unchanged: 0, sizeBytes }
}

function paramsOf(project: string, { model, version }: Version) {
  return { project, model, version: String(version) }
}
