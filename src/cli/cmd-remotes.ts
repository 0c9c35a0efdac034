import type { Command } from 'commander'
import { serverAction, serverCommand } from './command.ts'
import { formatBytes, formatMoment } from './output.ts'

export function registerRemotes(program: Command): void {
  const remotes = program
    .command('remotes')
    .description('DVC remotes: what they hold, and what was refused')
  serverCommand(remotes, 'list', 'The remotes of the project').action(
    serverAction(async ({ client, project, out, url }) => {
      const { items } = await client.remotes.listRemotes({ params: { project } })
      out.result({ items }, () => {
        if (items.length === 0) {
          out.line(`Nothing was pushed yet. In a DVC repository:`)
          out.line(`  dvc remote add -d gyre ${url}/dvc/${project}`)
          return
        }
        out.table(
          [
            'remote',
            { title: 'objects', align: 'right' },
            { title: 'size', align: 'right' },
            'state',
          ],
          items.map(({ repo, objects, sizeBytes, waiting }) => [
            `${url}/dvc/${repo}`,
            String(objects),
            formatBytes(sizeBytes),
            waiting === 0 ? 'complete' : `${waiting} directories wait for files`,
          ]),
        )
      })
    }),
  )
  serverCommand(remotes, 'add <repo>', 'Let /dvc/<repo> belong to the project').action(
    serverAction(async ({ client, project, out, url }, repo: string) => {
      const remote = await client.remotes.declareRemote({ params: { project, repo } })
      out.result(remote, () =>
        out.line(`${url}/dvc/${remote.repo} belongs to project ${remote.project}.`),
      )
    }),
  )
  serverCommand(
    remotes,
    'problems',
    'What was refused: dvc shows wrong credentials as missing files',
  ).action(
    serverAction(async ({ client, project, out }) => {
      const { items } = await client.remotes.listProblems({ params: { project } })
      out.result({ items }, () => {
        if (items.length === 0) {
          out.line('Nothing was refused.')
          return
        }
        out.table(
          ['remote', 'what', { title: 'times', align: 'right' }, 'last', 'client', 'message'],
          items.map((item) => [
            item.repo,
            item.kind,
            String(item.count),
            formatMoment(item.lastAt),
            item.client,
            item.message,
          ]),
        )
      })
    }),
  )
}
