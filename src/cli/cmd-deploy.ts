import type { Command } from 'commander'
import { GyreError } from '#kernel/errors'
import { type ExitCode, serverAction, serverCommand, type Session } from './command.ts'
import type { Output } from './output.ts'

export type Rollout = Awaited<ReturnType<Session['client']['deployments']['getRollout']>>

const pollMs = 150
const unready = ['preparing', 'loading', 'warming', 'checking-parity']

export function registerDeploy(program: Command): void {
  serverCommand(program, 'deploy <model>', 'Release a version: MODEL, or MODEL@VERSION')
    .option('-e, --endpoint <name>', "the endpoint; default: the model's name")
    .option('-m, --reason <text>', 'why')
    .option('--immediate', 'all traffic after parity, without steps')
    .option('--no-wait', 'do not wait until it is ready')
    .action(serverAction(deploy))
  registerEnd(program, 'promote', 'Give the release under way all the traffic now')
  registerEnd(
    program,
    'rollback',
    'Take the release under way back, or go back to the champion before',
  )
  registerEnd(program, 'abort', 'End the release under way without a verdict')
}

interface DeployOptions {
  endpoint?: string
  reason?: string
  immediate?: boolean
  wait: boolean
}

async function deploy(
  session: Session,
  reference: string,
  options: DeployOptions,
): Promise<ExitCode> {
  const { client, project, out } = session
  const at = reference.lastIndexOf('@')
  const model = at < 1 ? reference : reference.slice(0, at)
  const version = at < 1 ? 'latest' : reference.slice(at + 1)
  const endpoint = options.endpoint ?? model
  const champion = await ensureEndpoint(session, endpoint, model)
  if (champion !== null && (await resolveVersion(session, model, version)) === champion) {
    out.result({ endpoint, model, version: champion, state: 'champion' }, () =>
      out.line(`${model}@${champion} is the champion of ${endpoint} already.`),
    )
    return 0
  }
  const started = await client.deployments.startRollout({
    params: { project, endpoint },
    body: {
      version,
      immediate: options.immediate === true,
      ...(options.reason === undefined ? {} : { reason: options.reason }),
    },
  })
  const rollout = options.wait ? await waitUntilReady(session, started) : started
  out.result(rollout, () => tellRollout(out, rollout))
  return rollout.state === 'failed' || rollout.state === 'rolled-back' ? 1 : 0
}

async function resolveVersion(
  { client, project }: Session,
  model: string,
  version: string,
): Promise<number> {
  return (await client.models.getVersion({ params: { project, model, version } })).version
}

/** A model can be deployed before anything was declared. Gives the champion that there is. */
async function ensureEndpoint(
  { client, project }: Session,
  endpoint: string,
  model: string,
): Promise<number | null> {
  const params = { project, endpoint }
  try {
    const found = await client.deployments.getEndpoint({ params })
    if (found.model === model) return found.champion
    throw new GyreError({
      code: 'invalid',
      public: `Endpoint ${endpoint} serves the model ${found.model}, not ${model}. Name another with --endpoint.`,
    })
  } catch (thrown) {
    if (!(thrown instanceof GyreError) || thrown.code !== 'not_found') throw thrown
    await client.deployments.declareEndpoint({ params, body: { model } })
    return null
  }
}

async function waitUntilReady(session: Session, started: Rollout): Promise<Rollout> {
  const { client, project, out, signal } = session
  let rollout = started
  while (unready.includes(rollout.state) && !signal.aborted) {
    out.progress(`${rollout.model}@${rollout.version}: ${rollout.reason}`)
    await new Promise((resolve) => setTimeout(resolve, pollMs))
    rollout = await client.deployments.getRollout({ params: { project, rollout: rollout.id } })
  }
  return rollout
}

function registerEnd(
  program: Command,
  verb: 'promote' | 'rollback' | 'abort',
  summary: string,
): void {
  serverCommand(program, `${verb} <endpoint>`, summary)
    .option('-m, --reason <text>', 'why')
    .action(
      serverAction(async (session, endpoint: string, options: { reason?: string }) => {
        const { client, project, out } = session
        const ended = await client.deployments[verb]({
          params: { project, endpoint },
          body: options.reason === undefined ? {} : { reason: options.reason },
        })
        const rollout = await waitUntilReady(session, ended)
        out.result(rollout, () => tellRollout(out, rollout))
        return rollout.state === 'failed' ? 1 : 0
      }),
    )
}

/** A release in a few lines. */
export function tellRollout(out: Output, rollout: Rollout): void {
  const { model, version, endpoint, state, share, reason } = rollout
  const tone = state === 'promoted' ? 'good' : state === 'canary' ? 'warning' : 'strong'
  const traffic = `${Number((share * 100).toFixed(1))} % of the traffic`
  out.line(`${model}@${version} on ${endpoint}: ${out.tone(tone, state)}, ${traffic}`)
  out.line(`  ${reason}`)
  for (const guard of rollout.guards) {
    if (!guard.ok) out.line(`  ${out.tone('bad', guard.guard)}: ${guard.text}`)
  }
}
