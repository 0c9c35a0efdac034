import { resolve } from 'node:path'
import type { Command } from 'commander'
import { addPaths } from '#app/workspace/dataset/add-path'
import { commitDataset } from '#app/workspace/dataset/commit-dataset'
import { statusOf } from '#app/workspace/dataset/status-of'
import { select, tellTracked } from './cmd-data-tree.ts'
import { datasetPath, tellVersion } from './cmd-data-versions.ts'
import {
  type Invocation,
  localAction,
  openSession,
  serverCommand,
  type ServerOptions,
  type Session,
} from './command.ts'
import { workOf } from './progress.ts'

interface CommitOptions extends ServerOptions {
  message: string
}

/** `commit`: a version on the server, or, without a name, what changed in the work tree. */
export function registerDataCommit(data: Command): void {
  serverCommand(
    data,
    'commit [name] [path]',
    'Upload what is new and commit a version; without a name: take over all changes, no server',
  )
    .option('-m, --message <text>', 'what this version is', '')
    .action(
      localAction(
        async (
          invocation,
          name: string | undefined,
          path: string | undefined,
          options: CommitOptions,
        ) => {
          if (name === undefined) return takeOverChanges(invocation)
          const session = await openSession(invocation, options)
          return commitVersion(session, name, path, options.message)
        },
      ),
    )
}

/** As `dvc commit`: every tracked path that changed is recorded as it is now. */
async function takeOverChanges(invocation: Invocation): Promise<void> {
  const { repository, selected } = await select(invocation, [])
  const work = workOf(invocation, 'adding')
  const own = selected.filter(({ output }) => output.stage === undefined && !output.cloud)
  const changed = (await statusOf(repository, own, work)).filter(
    ({ state }) => state === 'modified' || state === 'new',
  )
  const places = changed.map(({ path }) => resolve(repository.root, path))
  const tracked = await addPaths(repository, places, work)
  invocation.out.result(tracked, () => tellTracked(invocation.out, tracked))
}

async function commitVersion(
  session: Session,
  name: string,
  path: string | undefined,
  message: string,
): Promise<void> {
  const { client, project, out, signal } = session
  const version = await commitDataset({
    client,
    project,
    dataset: name,
    path: await datasetPath(session, name, path),
    message,
    signal,
    server: { url: session.url, token: session.token },
    onProgress: workOf(session, 'taking in').onProgress,
  })
  out.result(version, () => tellVersion(out, version))
}
