import { join } from 'node:path'
import { readRepository } from '../workspace/repository-texts.ts'
import { GyreError } from '#kernel/errors'
import { commitDataset } from '../workspace/dataset/commit-dataset.ts'
import { project, type Stage } from './stage.ts'
import { commitWorkspace } from './workspace.ts'

/** What `gyre apply` does in the repository. */
export async function applyWorkspace({ client, workspace, signal }: Stage): Promise<void> {
  await client.server.apply({
    params: { project },
    body: await readRepository(workspace),
    signal,
  })
}

/** What `gyre data commit flights` does, followed by a Git commit of what it tracked. */
export async function commitWeek(stage: Stage, week: number): Promise<void> {
  await commitFlights(stage, `week ${week} of 2001`)
  await commitWorkspace(stage.workspace, `Flights of week ${week}`)
}

/** Commits a week that must not get in. Nothing refusing it is a failure of the loop. */
export async function quarantineDamagedWeek(stage: Stage, week: number): Promise<void> {
  try {
    await commitFlights(stage, `week ${week} of 2001, damaged on its way`)
  } catch (error) {
    if (!(error instanceof GyreError) || error.code !== 'refused') throw error
    stage.say(`  refused: ${error.public}`)
    return
  }
  throw new Error(`The damaged copy of week ${week} was let in.`)
}

async function commitFlights({ client, workspace, signal }: Stage, message: string): Promise<void> {
  const path = join(workspace, 'data/flights')
  await commitDataset({ client, project, dataset: 'flights', path, message, signal })
}
