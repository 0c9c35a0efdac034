import type { Command } from 'commander'
import { type ExitCode, serverAction, serverCommand, type Session } from './command.ts'
import type { Output, Tone } from './output.ts'
import { readRepository } from '#app/workspace/repository-texts'

type Plan = Awaited<ReturnType<Session['client']['server']['plan']>>
type Change = Plan['changes'][number]

const differencesFound: ExitCode = 2

export function registerPlan(program: Command): void {
  for (const name of ['plan', 'diff']) {
    const summary =
      name === 'plan'
        ? 'What applying gyre.yaml would change; exit code 2 when it would'
        : 'Where the server differs from gyre.yaml, member by member; exit code 2 when it does'
    serverCommand(program, name, summary).action(
      serverAction(async ({ client, project, out, directory }) => {
        const body = await readRepository(directory)
        const plan = await client.server.plan({ params: { project }, body })
        out.result(plan, () => tellPlan(out, plan, name === 'diff'))
        return plan.differs ? differencesFound : 0
      }),
    )
  }
  serverCommand(program, 'apply', 'Make the server what gyre.yaml declares').action(
    serverAction(async ({ client, project, out, directory }) => {
      const body = await readRepository(directory)
      const plan = await client.server.apply({ params: { project }, body })
      out.result(plan, () => {
        tellPlan(out, plan, false)
        if (plan.differs) out.line(`Project ${project} is now as gyre.yaml declares it.`)
      })
    }),
  )
}

const signs: Readonly<Record<Change['action'], readonly [sign: string, tone: Tone]>> = {
  create: ['+', 'good'],
  update: ['~', 'warning'],
  remove: ['-', 'bad'],
  none: [' ', 'muted'],
  orphan: ['?', 'muted'],
}

function tellPlan(out: Output, plan: Plan, everyMember: boolean): void {
  const shown = plan.changes.filter(({ action }) => action !== 'none')
  for (const { action, kind, name, differences } of shown) {
    const [sign, tone] = signs[action]
    const remark = action === 'orphan' ? '  (not in gyre.yaml; it stays)' : ''
    out.line(`${out.tone(tone, sign)} ${kind} ${out.tone('strong', name)}${remark}`)
    if (action !== 'update' && !everyMember) continue
    for (const { path, from, to } of differences) {
      out.line(`    ${path === '' ? '(all)' : path}: ${valueText(from)} → ${valueText(to)}`)
    }
  }
  if (!plan.differs)
    out.line(`Nothing to change: project ${plan.project} is as gyre.yaml declares it.`)
}

function valueText(value: unknown): string {
  if (value === undefined) return '(none)'
  const text = JSON.stringify(value)
  return text.length > 100 ? `${text.slice(0, 99)}…` : text
}
