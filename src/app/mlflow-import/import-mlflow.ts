import type { Client } from '#client/client'
import { importLoggedModels, importRegisteredModels } from './import-models.ts'
import { importExperiment, type Importing, importRuns } from './import-runs.ts'
import { importTraces } from './import-traces.ts'
import type { MlflowWire } from './mlflow-wire.ts'
import { type ImportReport, Tally } from './report.ts'
import type { Source, SourceExperiment } from './source.ts'

export interface ImportOptions {
  source: Source
  project: string
  client: Client
  /** Gyre, by MLflow's own API. */
  wire: MlflowWire
  /** Counts and changes nothing. */
  dryRun: boolean
  progress(message: string): void
}

/**
 * Brings everything of another tracking server into a project: ids, authors and times are kept, what
 * is here already is passed over, and an import that was interrupted goes on where it ended. The
 * report counts both sides and names what is not here. Errors: `unavailable`, `unauthenticated`,
 * `forbidden`.
 */
export async function importMlflow(options: ImportOptions): Promise<ImportReport> {
  const { source, project, client, dryRun } = options
  const tally = new Tally()
  const presentOf = async (kind: string): Promise<Map<string, string>> => {
    const { items } = await client.imports.listImported({ params: { project, kind } })
    return new Map(items.map((item) => [item.sourceId, item.fingerprint]))
  }
  const at: Importing = {
    ...options,
    tally,
    present: await presentOf('run'),
    presentExperiments: await presentOf('experiment'),
    presentModels: await presentOf('model'),
    presentLoggedModels: await presentOf('logged-model'),
    modelPoints: new Map(),
    moved: new Map(),
  }
  const numbers = new Map<SourceExperiment, number>()
  for await (const experiment of source.experiments()) {
    const number = await importExperiment(at, experiment)
    if (number === undefined) continue
    numbers.set(experiment, number)
    await importLoggedModels(at, experiment, number)
  }
  for (const [experiment, number] of numbers) {
    options.progress(`experiment ${experiment.name}`)
    await importRuns(at, experiment, number)
    await importTraces(at, experiment, number)
  }
  await importRegisteredModels(at)
  for (const [kind, count] of Object.entries(await source.others())) {
    if (count === 0) continue
    tally.add(kind, 'found', count)
    tally.leaveOut(kind, `${count}`, 'are not brought')
  }
  return tally.report({ source: source.name, project, dryRun })
}
