import { createHash } from 'node:crypto'
import { asGyreError, GyreError } from '#kernel/errors'
import { canonicalJson } from '#kernel/json'
import type { ImportOptions } from './import-mlflow.ts'
import type { SourceModelMetric } from './import-models.ts'
import type { Tally } from './report.ts'
import type { SourceExperiment, SourceRun, Tag } from './source.ts'

/** What every step of an import has. */
export interface Importing extends ImportOptions {
  tally: Tally
  /** Fingerprints of what is here already, by id. */
  present: ReadonlyMap<string, string>
  presentExperiments: ReadonlyMap<string, string>
  presentModels: ReadonlyMap<string, string>
  presentLoggedModels: ReadonlyMap<string, string>
  /** What runs measured of logged models, by run. */
  modelPoints: Map<string, SourceModelMetric[]>
  /** Where artifacts were, and where they are now. */
  moved: Map<string, string>
}

const pointsAtOnce = 1000
const inHere = /^(mlflow-artifacts:|https?:|file:|\/|\.|[^:]*$)/
const statuses: Readonly<
  Record<string, 'scheduled' | 'running' | 'finished' | 'failed' | 'killed'>
> = {
  SCHEDULED: 'scheduled',
  RUNNING: 'running',
  FINISHED: 'finished',
  FAILED: 'failed',
  KILLED: 'killed',
}

/** Brings an experiment, without what is in it. Gives the number that it has here. */
export async function importExperiment(
  at: Importing,
  experiment: SourceExperiment,
): Promise<number | undefined> {
  const { tally, client, project, source } = at
  const outcome = at.presentExperiments.has(experiment.id) ? 'present' : 'brought'
  tally.add('experiments', 'found')
  if (at.dryRun) return Number(experiment.id)
  try {
    const { number } = await client.imports.importExperiment({
      params: { project },
      body: {
        number: Number(experiment.id),
        name: experiment.name,
        tags: textsOf(experiment.tags),
        state: experiment.state,
        artifactLocation: inHere.test(experiment.artifactLocation)
          ? ''
          : experiment.artifactLocation,
        createdAt: experiment.createdAt,
        updatedAt: experiment.updatedAt,
        source: source.name,
      },
    })
    tally.add('experiments', outcome)
    if (number !== Number(experiment.id)) {
      tally.leaveOut(
        'experiment id',
        experiment.id,
        `"${experiment.name}" is experiment ${number} here: its number was taken, or its name was here already`,
      )
    }
    return number
  } catch (thrown) {
    fail(at, 'experiments', experiment.id, thrown)
    return undefined
  }
}

/** Brings the runs of an experiment, which has this number here. */
export async function importRuns(
  at: Importing,
  experiment: SourceExperiment,
  number: number,
): Promise<void> {
  for await (const run of at.source.runs(experiment.id)) {
    if (at.dryRun) countRun(at, run)
    else await importRun(at, run, number)
  }
}

function countRun({ tally, present }: Importing, run: SourceRun): void {
  tally.add('runs', 'found')
  if (present.get(run.id) === fingerprintOf(run)) tally.add('runs', 'present')
  tally.add('parameters', 'found', run.params.length)
  tally.add('tags', 'found', run.tags.length)
  tally.add('metric points', 'found', run.pointCount ?? 0)
  tally.add('data set inputs', 'found', run.datasets.length)
}

async function importRun(at: Importing, run: SourceRun, experiment: number): Promise<void> {
  const { tally, client, project, source } = at
  tally.add('runs', 'found')
  const here = `mlflow-artifacts:/${experiment}/${run.id}/artifacts`
  const isHere = inHere.test(run.artifactUri)
  if (isHere) at.moved.set(run.artifactUri, here)
  const fingerprint = fingerprintOf(run)
  if (present(at, run, fingerprint)) return
  const body = {
    id: run.id,
    experiment,
    name: run.name,
    user: run.user,
    status: statuses[run.status] ?? 'finished',
    state: run.state,
    startedAt: run.startedAt,
    endedAt: run.endedAt,
    artifactUri: isHere ? '' : run.artifactUri,
    parameters: textsOf(run.params),
    tags: textsOf(run.tags),
    source: source.name,
  }
  try {
    await client.imports.importRun({ params: { project }, body })
    const points = await bringPoints(at, run)
    await bringLinks(at, run)
    const filesAreHere = await bringFiles(at, 'run', run.id, run.artifactUri, here)
    // Files that could not be had now are asked for again by the next import.
    const mark = filesAreHere ? { fingerprint } : { fingerprint: '' }
    await client.imports.importRun({ params: { project }, body: { ...body, ...mark } })
    await compare(at, run, points)
    tally.add('runs', 'brought')
    tally.add('parameters', 'brought', run.params.length)
    tally.add('tags', 'brought', run.tags.length)
  } catch (thrown) {
    fail(at, 'runs', run.id, thrown)
  }
}

function present(
  { tally, present: here }: Importing,
  run: SourceRun,
  fingerprint: string,
): boolean {
  const isPresent = here.get(run.id) === fingerprint
  const outcome = isPresent ? 'present' : 'found'
  if (isPresent) tally.add('runs', 'present')
  for (const [kind, count] of [
    ['parameters', run.params.length],
    ['tags', run.tags.length],
  ] as const) {
    tally.add(kind, 'found', count)
    if (isPresent) tally.add(kind, outcome, count)
  }
  return isPresent
}

async function bringPoints(at: Importing, run: SourceRun): Promise<number> {
  let count = 0
  for await (const points of at.source.points(run.id)) {
    for (let start = 0; start < points.length; start += pointsAtOnce) {
      const metrics = points.slice(start, start + pointsAtOnce)
      await at.wire.post('api/2.0/mlflow/runs/log-batch', { run_id: run.id, metrics })
    }
    count += points.length
  }
  const measured = at.modelPoints.get(run.id) ?? []
  for (let start = 0; start < measured.length; start += pointsAtOnce) {
    const metrics = measured.slice(start, start + pointsAtOnce)
    await at.wire.post('api/2.0/mlflow/runs/log-batch', { run_id: run.id, metrics })
  }
  at.tally.add('metric points', 'found', count)
  at.tally.add('metric points', 'brought', count)
  return count
}

async function bringLinks({ wire, tally }: Importing, run: SourceRun): Promise<void> {
  if (run.datasets.length + run.modelInputs.length > 0) {
    await wire.post('api/2.0/mlflow/runs/log-inputs', {
      run_id: run.id,
      datasets: run.datasets.map(({ tags, sourceType, schema, profile, ...dataset }) => ({
        tags,
        dataset: {
          ...dataset,
          source_type: sourceType,
          ...(schema === null ? {} : { schema }),
          ...(profile === null ? {} : { profile }),
        },
      })),
      models: run.modelInputs.map((model) => ({ model_id: model })),
    })
    tally.add('data set inputs', 'found', run.datasets.length)
    tally.add('data set inputs', 'brought', run.datasets.length)
  }
  if (run.modelOutputs.length === 0) return
  const models = run.modelOutputs.map(({ model, step }) => ({ model_id: model, step }))
  await wire.post('api/2.0/mlflow/runs/outputs', { run_id: run.id, models })
}

/** Brings the files under an address. Gives whether all of them are here, or belong elsewhere. */
export async function bringFiles(
  { source, wire, tally }: Importing,
  kind: string,
  id: string,
  address: string,
  here: string,
): Promise<boolean> {
  if (address === '') return true
  const found = await source.files(address)
  if ('problem' in found) {
    tally.leaveOut(`files of ${kind}`, id, found.problem)
    return !inHere.test(address)
  }
  const root = here.replace('mlflow-artifacts:/', 'api/2.0/mlflow-artifacts/artifacts/')
  for await (const file of found.files) {
    tally.add('files', 'found')
    const path = file.path.split('/').map(encodeURIComponent).join('/')
    await wire.put(`${root}/${path}`, file.read())
    tally.add('files', 'brought')
    tally.add('bytes', 'found', file.sizeBytes)
    tally.add('bytes', 'brought', file.sizeBytes)
  }
  return true
}

/** Reads the run back and counts. Errors: `internal` when something is missing here. */
async function compare(at: Importing, run: SourceRun, points: number): Promise<void> {
  const there = await at.client.runs.getRun({ params: { project: at.project, run: run.id } })
  const counted = there.metricSummaries.reduce((sum, summary) => sum + summary.count, 0)
  const parameters = Object.keys(there.parameters).length
  if (counted >= points && parameters >= run.params.length) return
  throw new GyreError({
    code: 'conflict',
    public: `after the import it has ${counted} of ${points} points and ${parameters} of ${run.params.length} parameters`,
  })
}

/** Whether files under such an address come to this server. */
export function isInHere(address: string): boolean {
  return inHere.test(address)
}

export function fail({ tally }: Importing, kind: string, id: string, thrown: unknown): void {
  const error = asGyreError(thrown)
  if (error.code === 'unavailable' || error.code === 'unauthenticated') throw error
  tally.add(kind, 'failed')
  tally.leaveOut(kind, id, error.code === 'internal' ? (error.internal ?? '') : error.public)
}

export function fingerprintOf(item: object): string {
  return createHash('sha256').update(canonicalJson(item)).digest('hex').slice(0, 32)
}

export function textsOf(tags: readonly Tag[]): Record<string, string> {
  return Object.fromEntries(tags.map(({ key, value }) => [key, value]))
}
