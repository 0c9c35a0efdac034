import type { Client } from '#client/client'
import { seedData } from './seed-data.ts'
import { declareEndpoint, seedTraffic } from './seed-endpoints.ts'
import { seedFeatures, seedWatch } from './seed-loop.ts'
import { seedModels } from './seed-models.ts'
import { seedPipelines } from './seed-pipelines.ts'
import { seedManyRuns, seedRuns } from './seed-runs.ts'
import { seedPictures, seedRemote } from './seed-storage.ts'

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
