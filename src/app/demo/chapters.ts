import { copyFile, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parse } from 'yaml'
import { project, settle, type Stage, type Step } from './stage.ts'
import { commitWorkspace } from './workspace.ts'
import { applyWorkspace } from './arrival.ts'

/** The first model, trained because somebody asked for it. */
export const firstTraining: Step = async (stage, week) => {
  stage.say(`week ${week}: four weeks are in; the first model is trained`)
  await execute(stage, {}, 'The first model.')
}

/** A challenger that saw too little data; the gate is expected to see that. */
export const weakChallenger: Step = async (stage, week) => {
  stage.say(`week ${week}: a challenger is trained on 400 flights only (made weak by this demo)`)
  await execute(stage, { 'train.rows': 400 }, 'A quick experiment on 400 flights.')
}

/**
 * A release with a broken feature, as people really make it: how many flights of an airport were late
 * in the last two days is added, and `known_at` is dropped, since "the delays are in the file". They
 * are, for training; asked on the day itself, nobody knows them before Monday, and by Wednesday the
 * count is none. Nothing in the training data can show that, and the demo loosens the gate besides, and
 * says so. Live results take the release back.
 */
export const brokenRelease: Step = async (stage, week) => {
  stage.say(
    `week ${week}: a release is broken (by this demo): a new feature, late flights of the last two days, counts in training what nobody can know yet when it is asked; all of the gate but parity is switched off, and it is shipped`,
  )
  const restore = await changeDeclaration(
    stage,
    'Late flights of the last two days, and no gate to stop it',
    {
      'gyre.yaml': (text) => withoutKnownAt(loosenGate(text)),
      'features.yaml': withFreshCounts,
    },
  )
  const { features } = parse(await readFile(join(stage.workspace, 'params.yaml'), 'utf8')) as {
    features: string
  }
  const more = `origin_late_2d,origin_flights_28d,${features}`
  await execute(stage, { features: more }, 'Late flights of the last two days.')
  await restore()
}

async function execute(
  stage: Stage,
  parameters: Record<string, string | number>,
  reason: string,
): Promise<void> {
  if (!(await isQueued(stage, reason))) await startExecution(stage, parameters, reason)
  await settle(stage)
}

/** Whether an earlier sitting that was killed had come so far already. */
async function isQueued({ client }: Stage, reason: string): Promise<boolean> {
  const query = { verb: 'execution.queued', limit: 1000 }
  const { items } = await client.journal.list({ params: { project }, query })
  return items.some(({ detail }) => detail['reason'] === reason)
}

async function startExecution(
  stage: Stage,
  parameters: Record<string, string | number>,
  reason: string,
): Promise<void> {
  await stage.client.pipelines.startExecution({
    params: { project, pipeline: 'late-flights' },
    body: { parameters, reason },
    signal: stage.signal,
  })
}

/** Edits files of the repository and applies them; gives the way back, which a kill does not lose. */
async function changeDeclaration(
  stage: Stage,
  message: string,
  edits: Readonly<Record<string, (text: string) => string>>,
): Promise<() => Promise<void>> {
  const names = Object.keys(edits)
  const kept = (name: string): string => join(stage.scratch, `before-${name}`)
  for (const name of names) {
    await copyOnce(join(stage.workspace, name), kept(name))
    const text = await readFile(kept(name), 'utf8')
    await writeFile(join(stage.workspace, name), edits[name]?.(text) ?? text)
  }
  await commitWorkspace(stage.workspace, message)
  await applyWorkspace(stage)
  return async () => {
    for (const name of names) await copyFile(kept(name), join(stage.workspace, name))
    await commitWorkspace(stage.workspace, 'The declaration as it was')
    await applyWorkspace(stage)
    await settle(stage)
    for (const name of names) await rm(kept(name))
  }
}

/** Leaves a copy that is there: an earlier sitting made it, before it changed the original. */
async function copyOnce(from: string, to: string): Promise<void> {
  if (await stat(to).catch(() => undefined)) return
  await copyFile(from, `${to}.part`)
  await rename(`${to}.part`, to)
}

/** Only parity is left. */
function loosenGate(text: string): string {
  return text.replace(/^( +)- \{ check: (?!parity).*\n/gm, '')
}

function withoutKnownAt(text: string): string {
  return text.replace(/^ +known_at:.*\n/m, '')
}

function withFreshCounts(text: string): string {
  return text.replace(
    /^( +)origin_late_rate_7d:.*\n/m,
    (line, indent: string) =>
      `${line}${indent}origin_late_2d: { function: count, expression: log(delay - 15), window: 2d }\n`,
  )
}
