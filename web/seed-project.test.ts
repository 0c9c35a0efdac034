import type { Client } from '#client/client'
import { seedData } from './seed-data.test.ts'
import { declareEndpoint, seedTraffic } from './seed-endpoints.test.ts'
import { seedFeatures, seedWatch } from './seed-loop.test.ts'
import { seedModels } from './seed-models.test.ts'
import { seedPipelines } from './seed-pipelines.test.ts'
import { seedManyRuns, seedRuns } from './seed-runs.test.ts'
import { seedPictures, seedRemote } from './seed-storage.test.ts'

interface Seed {
  project: string
  /** Of the server, for what does not speak its API. */
  url: string
  directory: string
  manyRuns: number
}

/** Fills a project with something of every room, through its public doors only. */
export async function seedProject(
  client: Client,
  { project, url, directory, manyRuns }: Seed,
): Promise<void> {
  await client.access.createProject({ body: { name: project, description: 'Seeded by a test' } })
  await seedData(client, project)
  await seedPictures(client, project)
  await seedRemote(url, project)
  await seedFeatures(client, project)
  const runs = await seedRuns(client, project)
  await declareEndpoint(client, project)
  await seedModels(client, project, runs)
  await seedTraffic(client, project)
  await seedWatch(client, project)
  await seedPipelines(client, project, directory)
  await seedManyRuns(client, project, manyRuns)
}
