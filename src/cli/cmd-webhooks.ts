import type { Command } from 'commander'
import { collected, serverAction, serverCommand, type Session } from './command.ts'
import { formatMoment } from './output.ts'

interface WebhookOptions {
  name?: string
  to?: string
  event?: string[]
  description?: string
  secret?: string
}

/** Who outside is told of what. */
export function registerWebhooks(program: Command): void {
  const webhooks = program.command('webhooks').description('Who outside is told of what happens')
  registerList(webhooks)
  registerCreate(webhooks)
  registerUpdate(webhooks)
  registerDelete(webhooks)
  registerTest(webhooks)
  registerDeliveries(webhooks)
}

function registerList(webhooks: Command): void {
  serverCommand(webhooks, 'list', 'Webhooks of a project, newest first').action(
    serverAction(async ({ client, project, out }) => {
      const found = await client.webhooks.listWebhooks({ params: { project } })
      out.result(found, () =>
        out.table(
          ['webhook', 'name', 'to', 'status', 'signed', 'events'],
          found.items.map(({ id, name, url, status, signed, events }) => [
            id,
            name,
            url,
            status,
            signed,
            events.join(', '),
          ]),
        ),
      )
    }),
  )
}

function withFields(command: Command): Command {
  return command
    .option('--to <url>', 'where it is told')
    .option('--event <event>', 'may be given many times: model_version.created', collected)
    .option('--description <text>', 'for people')
    .option('--secret <text>', 'what is sent is signed with it; empty removes it')
}

function registerCreate(webhooks: Command): void {
  withFields(
    serverCommand(webhooks, 'create <name>', 'Have somebody told of events from now on'),
  ).action(
    serverAction(async ({ client, project, out }, name: string, options: WebhookOptions) => {
      const { to, event = [], description, secret } = options
      if (to === undefined || event.length === 0) {
        out.note('gyre: Say where and of what: --to https://… --event model_version.created')
        return 2
      }
      const made = await client.webhooks.createWebhook({
        params: { project },
        body: { name, url: to, events: event, description, secret },
      })
      out.result(made, () => out.line(`${made.name} is told from now on: ${made.id}`))
      return 0
    }),
  )
}

function registerUpdate(webhooks: Command): void {
  withFields(
    serverCommand(webhooks, 'update <webhook>', 'Change a webhook; what is left out stays'),
  )
    .option('--name <name>', 'another name')
    .option('--disable', 'tell it nothing until it is enabled')
    .option('--enable', 'tell it again')
    .action(
      serverAction(
        async (
          { client, project, out },
          webhook: string,
          options: WebhookOptions & { disable?: boolean; enable?: boolean },
        ) => {
          const { to, event, description, secret, name } = options
          const status = options.disable ? 'disabled' : options.enable ? 'active' : undefined
          const changed = await client.webhooks.updateWebhook({
            params: { project, webhook },
            body: { name, url: to, events: event, description, secret, status },
          })
          out.result(changed, () => out.line(`${changed.name} is changed (${changed.status}).`))
        },
      ),
    )
}

function registerDelete(webhooks: Command): void {
  serverCommand(webhooks, 'delete <webhook>', 'Tell it nothing from now on').action(
    serverAction(async ({ client, project, out }, webhook: string) => {
      await client.webhooks.deleteWebhook({ params: { project, webhook } })
      out.result({ deleted: webhook }, () => out.line(`${webhook} is deleted.`))
    }),
  )
}

function registerTest(webhooks: Command): void {
  serverCommand(webhooks, 'test <webhook>', 'Send it example data, once and at once')
    .option('--event <event>', 'of which kind')
    .action(
      serverAction(async (session, webhook: string, { event }: { event?: string }) =>
        sendTest(session, webhook, event),
      ),
    )
}

async function sendTest(
  { client, project, out }: Session,
  webhook: string,
  event: string | undefined,
): Promise<0 | 1> {
  const answer = await client.webhooks.testWebhook({
    params: { project, webhook },
    body: event === undefined ? {} : { event },
  })
  out.result(answer, () => {
    const { success, status, error } = answer
    out.line(success ? `It answered ${status}.` : `It failed: ${error ?? `status ${status}`}`)
  })
  return answer.success ? 0 : 1
}

function registerDeliveries(webhooks: Command): void {
  serverCommand(webhooks, 'deliveries <webhook>', 'What it was told and what it answered').action(
    serverAction(async ({ client, project, out }, webhook: string) => {
      const found = await client.webhooks.listDeliveries({ params: { project, webhook } })
      out.result(found, () =>
        out.table(
          ['when', 'event', 'state', 'attempts', 'answer', 'problem'],
          found.items.map((each) => [
            formatMoment(each.createdAt),
            each.event,
            each.state,
            each.attempts,
            each.responseStatus,
            each.error,
          ]),
        ),
      )
    }),
  )
}
