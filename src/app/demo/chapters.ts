import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { settle } from './settle.ts'
import { project, type Stage, type Step } from './stage.ts'
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
 * A release that learnt from a broken column: it takes every flight that was not five minutes early
 * for late. The gate would refuse it, so the demo loosens the gate first, and says so.
 */
export const brokenRelease: Step = async (stage, week) => {
  stage.say(
    `week ${week}: the gate is loosened and a release trained on a broken column is shipped (by this demo)`,
  )
  const restore = await loosen(stage)
  await execute(stage, { label: 'late=delay > -5' }, 'Lateness from a broken column.')
  await settle(stage.client, project, stage.signal)
  await restore()
}

async function execute(
  stage: Stage,
  parameters: Record<string, string | number>,
  reason: string,
): Promise<void> {
  await stage.client.pipelines.startExecution({
    params: { project, pipeline: 'late-flights' },
    body: { parameters, reason },
    signal: stage.signal,
  })
  await settle(stage.client, project, stage.signal)
}

/** Applies a gate that asks only for parity; gives the way back. */
async function loosen(stage: Stage): Promise<() => Promise<void>> {
  const declaration = join(stage.workspace, 'gyre.yaml')
  const before = await readFile(declaration, 'utf8')
  await writeFile(declaration, loosenGate(before))
  await commitWorkspace(stage.workspace, 'Let it through the gate')
  await applyWorkspace(stage)
  return async () => {
    await writeFile(declaration, before)
    await commitWorkspace(stage.workspace, 'The gate as it was')
    await applyWorkspace(stage)
  }
}

function loosenGate(text: string): string {
  return text.replace(/^( +)- \{ check: (?!parity).*\n/gm, '')
}
