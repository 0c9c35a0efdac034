import type { Command } from 'commander'
import { Option } from 'commander'
import { serverAction, serverCommand, type Session } from './command.ts'
import { formatMoment } from './output.ts'

type IncidentState = 'open' | 'acknowledged' | 'resolved' | 'unresolved'

export function registerAlerts(program: Command): void {
  const alerts = program.command('alerts').description('Incidents: what is wrong, and who looks')
  serverCommand(alerts, 'list', 'Incidents, newest first')
    .addOption(
      new Option('--state <state>', 'which')
        .choices(['open', 'acknowledged', 'resolved', 'unresolved', 'all'])
        .default('unresolved'),
    )
    .action(
      serverAction(async ({ client, project, out }, options: { state: IncidentState | 'all' }) => {
        const query = options.state === 'all' ? {} : { state: options.state }
        const { items } = await client.alerts.listIncidents({ params: { project }, query })
        out.result({ items }, () => {
          if (items.length === 0) {
            out.line('Nothing is wrong.')
            return
          }
          out.table(
            ['incident', 'severity', 'state', 'since', 'source', 'kind', 'what'],
            items.map((item) => [
              item.id,
              out.tone(item.severity === 'critical' ? 'bad' : 'warning', item.severity),
              item.state,
              formatMoment(item.openedAt),
              item.source,
              item.kind,
              item.text,
            ]),
          )
        })
      }),
    )
  registerAnswer(alerts, 'ack', 'Say that somebody looks after an incident', 'acknowledgeIncident')
  registerAnswer(alerts, 'resolve', 'Say that an incident is over', 'resolveIncident')
}

function registerAnswer(
  alerts: Command,
  verb: string,
  summary: string,
  operation: 'acknowledgeIncident' | 'resolveIncident',
): void {
  serverCommand(alerts, `${verb} <incident>`, summary)
    .option('-m, --note <text>', 'what is being done, or what it was', '')
    .action(
      serverAction(async (session: Session, incident: string, options: { note: string }) => {
        const { client, project, out } = session
        const answered = await client.alerts[operation]({
          params: { project, incident },
          body: { note: options.note },
        })
        out.result(answered, () =>
          out.line(`${answered.source} ${answered.kind}: ${answered.state}`),
        )
      }),
    )
}
