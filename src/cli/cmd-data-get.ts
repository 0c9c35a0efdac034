import { resolve } from 'node:path'
import type { Command } from 'commander'
import { getVersionFiles } from '#app/workspace/dataset/get-version'
import { invalid } from '#kernel/errors'
import { getForeign } from './cmd-data-import.ts'
import {
  localAction,
  openSession,
  serverCommand,
  type ServerOptions,
  type Session,
} from './command.ts'
import { formatBytes } from './output.ts'
import { workOf } from './progress.ts'

interface GetOptions extends ServerOptions {
  out?: string
  rev?: string
}

/** `get`: a version from the server, or a path of another repository. */
export function registerDataGet(data: Command): void {
  serverCommand(
    data,
    'get <what> [path]',
    'Download a version, NAME[@VERSION], to a path; or a path of another Git repository, no server',
  )
    .option('-o, --out <path>', 'of a repository: where it is to lie')
    .option('--rev <revision>', 'of a repository: at this commit, branch or tag')
    .action(
      localAction(
        async (invocation, what: string, path: string | undefined, options: GetOptions) => {
          // Names of data sets have no slash and no colon.
          if (!/[/:]/.test(what) && what !== '.') {
            return getVersion(await openSession(invocation, options), what, path)
          }
          if (path === undefined) throw invalid('Say what of it: gyre data get REPOSITORY PATH')
          return getForeign(invocation, what, path, options)
        },
      ),
    )
}

async function getVersion(
  session: Session,
  reference: string,
  to: string | undefined,
): Promise<void> {
  const { client, project, out, signal, directory } = session
  const [name = reference, version = 'latest'] = reference.split('@')
  const destination = resolve(directory, to ?? name)
  const got = await getVersionFiles({
    client,
    project,
    dataset: name,
    version,
    destination,
    signal,
    onProgress: workOf(session, 'checking').onProgress,
  })
  out.result({ destination, ...got }, () =>
    out.line(
      `${got.files} files, ${formatBytes(got.sizeBytes)} in ${destination} (${got.fetched} downloaded)`,
    ),
  )
}
