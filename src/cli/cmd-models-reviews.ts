import type { Command } from 'commander'
import { serverAction, serverCommand } from './command.ts'
import { paramsOf } from './model-reference.ts'
import { formatMoment } from './output.ts'

interface ReviewOptions {
  comment?: string
}

const verdicts = [
  {
    command: 'approve',
    verdict: 'approved',
    summary: 'Approve a version, for gates that ask for it',
  },
  { command: 'reject', verdict: 'rejected', summary: 'Reject a version; its gate then refuses' },
  { command: 'comment', verdict: 'comment', summary: 'Say something of a version' },
] as const

/** What people say of versions, and what pointed where. */
export function registerModelsReviews(models: Command): void {
  for (const { command, verdict, summary } of verdicts) {
    serverCommand(models, `${command} <model@version>`, summary)
      .option('--comment <text>', 'why, or what')
      .action(
        serverAction(async (session, reference: string, { comment = '' }: ReviewOptions) => {
          const params = paramsOf(session, reference)
          const { client, out } = session
          const said = await client.registry.reviewVersion({ params, body: { verdict, comment } })
          out.result(said, () => out.line(`${reference}: ${said.verdict} by ${said.actor}.`))
        }),
      )
  }
  serverCommand(models, 'reviews <model@version>', 'What was said of a version').action(
    serverAction(async (session, reference: string) => {
      const { client, out } = session
      const found = await client.registry.listReviews({ params: paramsOf(session, reference) })
      out.result(found, () =>
        out.table(
          ['verdict', 'by', 'role', 'at', 'comment'],
          found.items.map(({ verdict, actor, role, at, comment }) => [
            verdict,
            actor,
            role,
            formatMoment(at),
            comment,
          ]),
        ),
      )
    }),
  )
}
