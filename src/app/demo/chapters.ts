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
 * A release with a broken feature: its rates come in per cent from views that nobody fills online, so
 * live they are missing. The gate asks for more than such a release is worth, so the demo loosens it
 * first, and says so.
 */
export const brokenRelease: Step = async (stage, week) => {
  stage.say(
    `week ${week}: the gate is loosened and a release with a broken feature is shipped (by this demo)`,
  )
  const restore = await loosen(stage)
  await execute(stage, { 'train.service': 'late_flights_percent' }, 'Rates in per cent.')
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

/** Applies a gate that asks only for parity, and a second service in per cent; gives the way back. */
async function loosen(stage: Stage): Promise<() => Promise<void>> {
  const declaration = join(stage.workspace, 'gyre.yaml')
  const features = join(stage.workspace, 'features.yaml')
  const before = [await readFile(declaration, 'utf8'), await readFile(features, 'utf8')] as const
  await writeFile(declaration, loosenGate(before[0]))
  await writeFile(features, addPercentService(before[1]))
  await commitWorkspace(stage.workspace, 'Rates in per cent; let it through the gate')
  await applyWorkspace(stage)
  return async () => {
    await writeFile(declaration, before[0])
    await writeFile(features, before[1])
    await commitWorkspace(stage.workspace, 'Back to fractions and to the gate as it was')
    await applyWorkspace(stage)
  }
}

function loosenGate(text: string): string {
  return text.replace(/^( +)- \{ check: (?!parity).*\n/gm, '')
}

function addPercentService(text: string): string {
  const percent = (section: string): string =>
    section
      .replaceAll('expression: delay > 15', 'expression: case when delay > 15 then 100 else 0 end')
      .replaceAll(/(origin|destination)_delays/g, '$1_delays_percent')
      .replaceAll('late_flights:', 'late_flights_percent:')
  const [head = '', rest = ''] = text.split(/^views:\n/m)
  const [views = '', services = ''] = rest.split(/^services:\n/m)
  return `${head}views:\n${views}${percent(views)}services:\n${services}${percent(services)}`
}
