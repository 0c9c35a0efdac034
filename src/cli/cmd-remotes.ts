import type { Command } from 'commander'
import { type ExitCode, serverAction, serverCommand, type Session } from './command.ts'
import { formatBytes, formatMoment, type Output } from './output.ts'

type Check = Awaited<ReturnType<Session['client']['remotes']['checkRemote']>>

export function registerRemotes(program: Command): void {
  const remotes = program
    .command('remotes')
    .description('DVC remotes: what they hold, who uses them, and what was refused')
  registerList(remotes)
  registerAdd(remotes)
  registerVisits(remotes)
  registerWaiting(remotes)
  registerCheck(remotes)
  registerProblems(remotes)
}

function registerList(remotes: Command): void {
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
}

function registerAdd(remotes: Command): void {
  serverCommand(remotes, 'add <repo>', 'Let /dvc/<repo> belong to the project').action(
    serverAction(async ({ client, project, out, url }, repo: string) => {
      const remote = await client.remotes.declareRemote({ params: { project, repo } })
      out.result(remote, () =>
        out.line(`${url}/dvc/${remote.repo} belongs to project ${remote.project}.`),
      )
    }),
  )
}

function registerVisits(remotes: Command): void {
  serverCommand(remotes, 'visits <repo>', 'Who pushed to /dvc/<repo> and pulled from it').action(
    serverAction(async ({ client, project, out }, repo: string) => {
      const { items } = await client.remotes.listVisits({ params: { project, repo } })
      out.result({ items }, () => {
        if (items.length === 0) return out.line('Nobody was there yet.')
        out.table(
          ['last', 'who', 'client', 'pushed', 'pulled', 'asked for', 'failures'],
          items.map((visit) => [
            formatMoment(visit.lastAt),
            visit.who,
            visit.client,
            movedText(visit.pushed),
            movedText(visit.pulled),
            String(visit.asked),
            visit.lastFailure === null ? '' : `${visit.failures}: ${visit.lastFailure}`,
          ]),
        )
      })
    }),
  )
}

function movedText({ objects, sizeBytes }: { objects: number; sizeBytes: number }): string {
  return objects === 0 ? '' : `${objects} (${formatBytes(sizeBytes)})`
}

function registerWaiting(remotes: Command): void {
  serverCommand(
    remotes,
    'waiting <repo>',
    'Directories that are not seen yet, since files of them were not pushed',
  ).action(
    serverAction(async ({ client, project, out }, repo: string) => {
      const { items } = await client.remotes.listWaiting({ params: { project, repo } })
      out.result({ items }, () => {
        if (items.length === 0) return out.line('Every directory that was pushed is whole.')
        for (const { path, missing, missingObjects, pushedAt } of items) {
          out.line(`${path}, pushed ${formatMoment(pushedAt)}, lacks ${missingObjects} objects:`)
          for (const member of missing) out.line(`  ${member.path}  ${member.md5}`)
          if (missing.length < missingObjects) out.line('  …')
        }
        out.line('Push them from where they are: dvc push, or gyre data push.')
      })
    }),
  )
}

function registerCheck(remotes: Command): void {
  serverCommand(
    remotes,
    'check <repo>',
    'Let the server read what the remote holds; exit code 1 for damage',
  ).action(
    serverAction(async ({ client, project, out, signal }, repo: string) => {
      const total: Omit<Check, 'next'> = {
        checked: { objects: 0, sizeBytes: 0 },
        missing: [],
        damaged: [],
        repaired: [],
      }
      for (let after: string | null = ''; after !== null && !signal.aborted;) {
        const report: Check = await client.remotes.checkRemote({
          params: { project, repo },
          body: { after },
        })
        total.checked.objects += report.checked.objects
        total.checked.sizeBytes += report.checked.sizeBytes
        total.missing.push(...report.missing)
        total.damaged.push(...report.damaged)
        total.repaired.push(...report.repaired)
        out.progress(movedText(total.checked))
        after = report.next
      }
      out.result(total, () => tellCheck(out, total))
      const sound: ExitCode = total.missing.length + total.damaged.length === 0 ? 0 : 1
      return sound
    }),
  )
}

function tellCheck(out: Output, { checked, missing, damaged, repaired }: Omit<Check, 'next'>) {
  out.line(`${checked.objects} objects (${formatBytes(checked.sizeBytes)}) were read.`)
  for (const path of repaired) out.line(`repaired: ${path}`)
  for (const path of missing) out.line(`missing: ${path}`)
  for (const path of damaged) out.line(`damaged: ${path}`)
  if (missing.length + damaged.length > 0)
    out.line('Push them again from a work tree that has them.')
}

function registerProblems(remotes: Command): void {
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
  serverCommand(remotes, 'clear <repo>', 'Forget what was refused at /dvc/<repo>').action(
    serverAction(async ({ client, project, out }, repo: string) => {
      await client.remotes.clearProblems({ params: { project, repo } })
      out.result({ repo }, () => out.line(`What was refused at ${repo} is forgotten.`))
    }),
  )
}
