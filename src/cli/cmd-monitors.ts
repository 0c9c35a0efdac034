import type { Command } from 'commander'
import { type ExitCode, serverAction, serverCommand, type Session } from './command.ts'
import { formatCount, formatDuration, formatMoment, formatNumber, type Output } from './output.ts'

type Window = Awaited<ReturnType<Session['client']['monitors']['getWindow']>>

export function registerMonitors(program: Command): void {
  const monitors = program
    .command('monitors')
    .description('Drift, live performance and service, by window')
  serverCommand(monitors, 'list', 'Monitors and what they wait for').action(
    serverAction(async ({ client, project, out }) => {
      const { items } = await client.monitors.listMonitors({ params: { project } })
      out.result({ items }, () => {
        if (items.length === 0) {
          out.line('There is no monitor yet. Declare one in gyre.yaml, then: gyre apply')
          return
        }
        out.table(
          ['monitor', 'endpoint', { title: 'windows', align: 'right' }, 'last window', 'waiting'],
          items.map((item) => [
            item.name,
            item.settings.endpoint,
            `${item.windows} (${item.alarms} with alarms)`,
            item.lastWindow === null
              ? ''
              : `${formatMoment(item.lastWindow.start).slice(0, 10)}: ${item.lastWindow.alarms === 0 ? 'ok' : out.tone('bad', item.lastWindow.alarms === 1 ? '1 alarm' : `${item.lastWindow.alarms} alarms`)}`,
            item.waiting?.text,
          ]),
        )
      })
    }),
  )
  serverCommand(monitors, 'run <monitor>', 'Evaluate every window that is complete')
    .option('--until <time>', 'treat windows that end until this event time as complete')
    .action(
      serverAction(
        async ({ client, project, out }, monitor: string, options: { until?: string }) => {
          const { windows } = await client.monitors.evaluateMonitor({
            params: { project, monitor },
            body: options.until === undefined ? {} : { until: options.until },
          })
          out.result({ windows }, () => {
            if (windows.length === 0) out.line('No window is complete.')
            for (const window of windows) tellWindow(out, window, false)
          })
        },
      ),
    )
  serverCommand(monitors, 'report <monitor>', 'The checks of a window; exit code 1 with an alarm')
    .option('--window <start>', 'begin of the window, such as 2001-03-05; default: the last')
    .option('--all', 'also what is not watched')
    .action(
      serverAction(
        async (
          { client, project, out },
          monitor: string,
          options: { window?: string; all?: boolean },
        ): Promise<ExitCode> => {
          const params = { project, monitor }
          const window =
            options.window === undefined
              ? (await client.monitors.listWindows({ params, query: { limit: 1 } })).items[0]
              : await client.monitors.getWindow({ params: { ...params, start: options.window } })
          if (window === undefined) {
            out.result(null, () => out.line('No window was evaluated yet.'))
            return 0
          }
          out.result(window, () => tellWindow(out, window, options.all === true))
          return window.alarms > 0 ? 1 : 0
        },
      ),
    )
}

function tellWindow(out: Output, window: Window, all: boolean): void {
  const rows = `${formatCount(window.rows)} predictions, ${formatCount(window.labelled)} labels`
  const span = `${formatMoment(window.start)} – ${formatMoment(window.end)}`
  const versions = window.versions.map(({ version, rows: n }) => `${version}: ${formatCount(n)}`)
  out.line(`${out.tone('strong', window.monitor)}  ${span}`)
  out.line(`${rows}; versions ${versions.join(', ')}; took ${formatDuration(window.tookMs)}`)
  const checks = window.checks.filter(({ verdict }) => all || verdict !== 'not-watched')
  out.table(
    [
      'check',
      'column',
      { title: 'size', align: 'right' },
      { title: 'limit', align: 'right' },
      { title: 'p', align: 'right' },
      { title: 'level', align: 'right' },
      'verdict',
    ],
    checks.map((check) => [
      check.kind,
      check.column,
      formatNumber(check.size),
      formatNumber(check.threshold),
      formatNumber(check.p),
      formatNumber(check.level),
      check.verdict === 'alarm' ? out.tone('bad', 'alarm') : check.verdict,
    ]),
  )
  for (const { text, verdict } of checks) if (verdict === 'alarm') out.line(`  ${text}`)
}
