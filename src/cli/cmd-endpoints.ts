import type { Command } from 'commander'
import { tellRollout } from './cmd-deploy.ts'
import { serverAction, serverCommand, type Session } from './command.ts'
import { formatCount, formatMoment, type Output } from './output.ts'

type Detail = Awaited<ReturnType<Session['client']['deployments']['getEndpoint']>>

export function registerEndpoints(program: Command): void {
  const endpoints = program.command('endpoints').description('Endpoints and their releases')
  serverCommand(endpoints, 'list', 'Endpoints with their traffic').action(
    serverAction(async ({ client, project, out }) => {
      const { items } = await client.deployments.listEndpoints({ params: { project } })
      out.result({ items }, () => {
        if (items.length === 0) {
          out.line('There is no endpoint yet. Declare one in gyre.yaml, or: gyre deploy MODEL')
          return
        }
        out.table(
          [
            'endpoint',
            'model',
            'serves',
            'release',
            { title: 'predictions/h', align: 'right' },
            { title: 'p99 ms', align: 'right' },
          ],
          items.map((item) => [
            item.name,
            item.model,
            splitText(item.variants),
            item.rollout === null ? '' : `${item.rollout.version}: ${item.rollout.state}`,
            formatCount(item.lastHour.predictions),
            item.lastHour.p99Ms,
          ]),
        )
      })
    }),
  )
  serverCommand(endpoints, 'show <endpoint>', 'An endpoint, its gateways and its releases')
    .option('-n, --releases <count>', 'how many releases', Number, 5)
    .action(
      serverAction(async (session, endpoint: string, options: { releases: number }) => {
        const { client, project, out } = session
        const params = { project, endpoint }
        const detail = await client.deployments.getEndpoint({ params })
        const query = { limit: options.releases }
        const { items } = await client.deployments.listRollouts({ params, query })
        out.result({ ...detail, rollouts: items }, () => {
          tellEndpoint(out, detail)
          for (const rollout of items) tellRollout(out, rollout)
        })
      }),
    )
}

function splitText(variants: Detail['variants']): string {
  if (variants.length === 0) return 'nothing yet'
  return variants
    .map(({ version, role, share }) => `${role} ${version} ${Number((share * 100).toFixed(1))} %`)
    .join(', ')
}

function tellEndpoint(out: Output, detail: Detail): void {
  const { log, lastHour } = detail
  out.facts([
    ['endpoint', detail.name],
    ['model', detail.model],
    ['serves', splitText(detail.variants)],
    ['features', detail.featureService],
    ['input', detail.input.map(({ name, type }) => `${name} (${type})`).join(', ')],
    [
      'last hour',
      `${formatCount(lastHour.predictions)} predictions, ${lastHour.errors} errors, p50 ${lastHour.p50Ms ?? '–'} ms, p99 ${lastHour.p99Ms ?? '–'} ms`,
    ],
    [
      'log',
      `${formatCount(log.rows)} predictions, ${formatCount(log.labels)} labels, ${log.dropped} dropped, ${formatMoment(log.firstAt)} – ${formatMoment(log.lastAt)}`,
    ],
    ['gateways', detail.gateways.filter(({ live }) => live).length],
  ])
}
