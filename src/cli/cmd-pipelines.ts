import type { Command } from 'commander'
import { readAssignment } from './assignment.ts'
import { collected, serverAction, serverCommand, type Session, wholeNumber } from './command.ts'
import { formatDuration, formatMoment, type Output } from './output.ts'

type Detail = Awaited<ReturnType<Session['client']['pipelines']['getExecution']>>

export function registerPipelines(program: Command): void {
  const pipelines = program
    .command('pipelines')
    .description('Pipelines on the server: run, watch, cancel, triggers')
  registerLists(pipelines)
  registerExecution(pipelines)
  registerWatching(pipelines)
  registerTriggers(pipelines)
}

function registerLists(pipelines: Command): void {
  serverCommand(pipelines, 'list', 'Registered pipelines').action(
    serverAction(async ({ client, project, out }) => {
      const found = await client.pipelines.listPipelines({ params: { project } })
      out.result(found, () => {
        out.table(
          ['pipeline', 'directory', 'stages', 'problem'],
          found.items.map((item) => [item.name, item.directory, item.stages.length, item.problem]),
        )
      })
    }),
  )
  serverCommand(pipelines, 'executions [pipeline]', 'Executions, newest first')
    .option('--limit <count>', 'how many', wholeNumber(1), 20)
    .action(
      serverAction(
        async (
          { client, project, out },
          pipeline: string | undefined,
          { limit }: { limit: number },
        ) => {
          const query = pipeline === undefined ? { limit } : { limit, pipeline }
          const found = await client.pipelines.listExecutions({ params: { project }, query })
          out.result(found, () => {
            out.table(
              ['execution', 'pipeline', 'state', 'started', 'cause', 'reason'],
              found.items.map((item) => [
                item.id,
                item.pipeline,
                item.state,
                formatMoment(item.startedAt),
                item.cause,
                item.reason,
              ]),
            )
          })
        },
      ),
    )
  serverCommand(pipelines, 'show <execution>', 'An execution with its stages').action(
    serverAction(async ({ client, project, out }, execution: string) => {
      const found = await client.pipelines.getExecution({ params: { project, execution } })
      out.result(found, () => tellExecution(out, found))
    }),
  )
}

function tellExecution(out: Output, execution: Detail): void {
  out.facts([
    ['execution', execution.id],
    ['pipeline', execution.pipeline],
    ['state', execution.state],
    ['reason', execution.reason],
    ['cause', execution.cause],
    ['commit', execution.gitCommit],
  ])
  out.table(
    ['stage', 'state', 'took', 'reason'],
    execution.stages.map((stage) => [
      stage.stage,
      stage.state,
      stage.startedAt === null || stage.endedAt === null
        ? ''
        : formatDuration(stage.endedAt - stage.startedAt),
      stage.reason,
    ]),
  )
}

interface RunOptions {
  target?: string[]
  force?: boolean
  setParam?: string[]
  reason?: string
  wait?: boolean
}

function registerExecution(pipelines: Command): void {
  serverCommand(pipelines, 'run <pipeline>', 'Execute a pipeline on the server')
    .option('--target <stage>', 'only up to this stage', collected)
    .option('-f, --force', 'run every stage')
    .option('-S, --set-param <key=value>', 'a value of params.yaml for this time', collected)
    .option('--reason <text>', 'why; is kept')
    .option('--wait', 'show what the stages say, until it ends')
    .action(
      serverAction(async (session, pipeline: string, options: RunOptions) => {
        const { client, project, out } = session
        const started = await client.pipelines.startExecution({
          params: { project, pipeline },
          body: {
            force: options.force === true,
            ...(options.target === undefined ? {} : { targets: options.target }),
            ...(options.reason === undefined ? {} : { reason: options.reason }),
            parameters: Object.fromEntries((options.setParam ?? []).map(readAssignment)),
          },
        })
        const ended = options.wait === true ? await follow(session, started.id) : started
        out.result(ended, () => {
          if (options.wait === true) out.line(`${ended.state}: ${ended.reason}`)
          else out.line(`execution ${ended.id} is ${ended.state}`)
        })
        return ended.state === 'failed' || ended.state === 'cancelled' ? 1 : 0
      }),
    )
}

function registerWatching(pipelines: Command): void {
  serverCommand(pipelines, 'cancel <execution>', 'End an execution and its running stages')
    .option('--reason <text>', 'why; is kept', 'Cancelled with gyre pipelines cancel.')
    .action(
      serverAction(
        async ({ client, project, out }, execution: string, { reason }: { reason: string }) => {
          const found = await client.pipelines.cancelExecution({
            params: { project, execution },
            body: { reason },
          })
          out.result(found, () => out.line(`${found.id} is ${found.state}`))
        },
      ),
    )
  serverCommand(pipelines, 'logs <execution> [stage]', 'What the stages of an execution said')
    .option('--follow', 'go on until it ends')
    .action(
      serverAction(
        async (
          session,
          execution: string,
          stage: string | undefined,
          { follow: goOn }: { follow?: boolean },
        ) => {
          if (goOn === true) await follow(session, execution)
          else await printLogs(session, execution, stage)
        },
      ),
    )
}

/** Prints stages' states and output until the execution ends. */
async function follow(session: Session, execution: string): Promise<Detail> {
  const { client, project, out, signal } = session
  const offsets = new Map<string, number>()
  const states = new Map<string, string>()
  for (;;) {
    const now = await client.pipelines.getExecution({ params: { project, execution }, signal })
    for (const { stage, state, reason, logLength } of now.stages) {
      if (states.get(stage) !== state && state !== 'waiting') {
        out.line(`${out.tone('strong', stage)}: ${state}. ${reason}`)
      }
      states.set(stage, state)
      const from = offsets.get(stage) ?? 0
      if (logLength > from) offsets.set(stage, await printFrom(session, execution, stage, from))
    }
    if (!['queued', 'running'].includes(now.state)) return now
    await new Promise((resolve) => setTimeout(resolve, 200))
    signal.throwIfAborted()
  }
}

/** Prints whole lines of what is new, and gives how far that went. */
async function printFrom(
  { client, project, out }: Session,
  execution: string,
  stage: string,
  from: number,
): Promise<number> {
  const params = { project, execution, stage }
  const { text, nextOffset } = await client.pipelines.readStageLog({
    params,
    query: { offset: from },
  })
  for (const line of text.split('\n').slice(0, -1)) {
    out.line(`  ${out.tone('muted', stage)} ${line}`)
  }
  const rest = text.length - (text.lastIndexOf('\n') + 1)
  return nextOffset - rest
}

async function printLogs(
  session: Session,
  execution: string,
  only: string | undefined,
): Promise<void> {
  const { client, project } = session
  const found = await client.pipelines.getExecution({ params: { project, execution } })
  for (const { stage, logLength } of found.stages) {
    if (only !== undefined && only !== stage) continue
    let from = 0
    while (from < logLength) {
      const next = await printFrom(session, execution, stage, from)
      if (next <= from) break
      from = next
    }
  }
}

function registerTriggers(pipelines: Command): void {
  serverCommand(pipelines, 'triggers', 'What starts pipelines').action(
    serverAction(async ({ client, project, out }) => {
      const found = await client.pipelines.listTriggers({ params: { project } })
      out.result(found, () => {
        out.table(
          ['trigger', 'on', 'runs', 'last fired', 'next'],
          found.items.map(({ name, declaration, lastFiredAt, nextAt, enabled }) => [
            name,
            enabled ? declaration.on : `${declaration.on} (disabled)`,
            declaration.run,
            formatMoment(lastFiredAt),
            formatMoment(nextAt),
          ]),
        )
      })
    }),
  )
  serverCommand(pipelines, 'fire <trigger>', 'Fire a trigger by hand')
    .option('--key <key>', 'fires once per key')
    .option('--reason <text>', 'why; is kept')
    .action(
      serverAction(
        async (
          { client, project, out },
          trigger: string,
          { key, reason }: { key?: string; reason?: string },
        ) => {
          const firing = await client.pipelines.fireTrigger({
            params: { project, trigger },
            body: {
              ...(key === undefined ? {} : { key }),
              ...(reason === undefined ? {} : { reason }),
            },
          })
          out.result(firing, () => out.line(`execution ${firing.execution}`))
        },
      ),
    )
}
