import {
  bringFiles,
  fail,
  fingerprintOf,
  type Importing,
  isInHere,
  textsOf,
} from './import-runs.ts'
import type { SourceExperiment, SourceLoggedModel, SourceModel, SourceVersion } from './source.ts'

/** As a client logs it. */
export interface SourceModelMetric {
  key: string
  value: number | string
  timestamp: number
  step: number
  model_id: string
  dataset_name?: string
  dataset_digest?: string
}

const statuses: Readonly<Record<string, 'pending' | 'ready' | 'failed'>> = {
  LOGGED_MODEL_READY: 'ready',
  LOGGED_MODEL_UPLOAD_FAILED: 'failed',
}

/** Brings the logged models of an experiment with their files; what was measured comes with runs. */
export async function importLoggedModels(
  at: Importing,
  experiment: SourceExperiment,
  number: number,
): Promise<void> {
  for await (const model of at.source.loggedModels(experiment.id)) {
    at.tally.add('logged models', 'found')
    const here = `mlflow-artifacts:/${number}/models/${model.id}/artifacts`
    if (isInHere(model.artifactLocation)) at.moved.set(model.artifactLocation, here)
    const isPresent = at.presentLoggedModels.get(model.id) === fingerprintOf(model)
    if (isPresent) at.tally.add('logged models', 'present')
    // They come with their runs, which an interrupted import may not have reached.
    rememberMetrics(at, model)
    if (!isPresent && !at.dryRun) await importLoggedModel(at, model, number, here)
  }
}

function rememberMetrics({ modelPoints }: Importing, model: SourceLoggedModel): void {
  for (const { run, datasetName, datasetDigest, ...metric } of model.metrics) {
    const known = modelPoints.get(run) ?? []
    known.push({
      ...metric,
      model_id: model.id,
      ...(datasetName === null ? {} : { dataset_name: datasetName }),
      ...(datasetDigest === null ? {} : { dataset_digest: datasetDigest }),
    })
    modelPoints.set(run, known)
  }
}

async function importLoggedModel(
  at: Importing,
  model: SourceLoggedModel,
  experiment: number,
  here: string,
): Promise<void> {
  const { client, project, source, tally } = at
  const isHere = isInHere(model.artifactLocation)
  const body = {
    id: model.id,
    experiment,
    name: model.name,
    artifactLocation: isHere ? '' : model.artifactLocation,
    modelType: model.modelType,
    sourceRun: model.sourceRun,
    user: '',
    status: statuses[model.status] ?? 'pending',
    statusMessage: model.statusMessage,
    state: model.state,
    createdAt: model.createdAt,
    updatedAt: model.updatedAt,
    params: textsOf(model.params),
    tags: textsOf(model.tags),
    source: source.name,
  } as const
  try {
    await client.imports.importLoggedModel({ params: { project }, body })
    const isWhole = await bringFiles(at, 'logged model', model.id, model.artifactLocation, here)
    const fingerprint = isWhole ? fingerprintOf(model) : ''
    await client.imports.importLoggedModel({ params: { project }, body: { ...body, fingerprint } })
    tally.add('logged models', 'brought')
  } catch (thrown) {
    fail(at, 'logged models', model.id, thrown)
  }
}

/** Brings registered models, once their runs and logged models are here. */
export async function importRegisteredModels(at: Importing): Promise<void> {
  for await (const model of at.source.models()) {
    const { tally } = at
    const isPresent = at.presentModels.get(model.name) === fingerprintOf(model)
    for (const [kind, count] of [
      ['registered models', 1],
      ['model versions', activeOf(model).length],
      ['aliases', model.aliases.length],
    ] as const) {
      tally.add(kind, 'found', count)
      if (isPresent) tally.add(kind, 'present', count)
    }
    if (!isPresent && !at.dryRun) await importModel(at, model)
  }
}

async function importModel(at: Importing, model: SourceModel): Promise<void> {
  const { client, project, source, tally } = at
  try {
    const { brought, taken } = await client.imports.importModel({
      params: { project },
      body: {
        name: model.name,
        description: model.description,
        createdAt: model.createdAt,
        updatedAt: model.updatedAt,
        tags: textsOf(model.tags),
        aliases: model.aliases,
        versions: model.versions.map((version) => versionOf(at, version)),
        fingerprint: fingerprintOf(model),
        source: source.name,
      },
    })
    tally.add('registered models', 'brought')
    const versions = activeOf(model).filter(({ version }) => brought.includes(version))
    tally.add('model versions', 'brought', versions.length)
    tally.add('model versions', 'failed', taken.length)
    for (const version of taken) {
      const reason = 'another version has this number here'
      tally.leaveOut('model version', `${model.name} ${version}`, reason)
    }
    const pointing = model.aliases.filter((alias) => brought.includes(alias.version))
    tally.add('aliases', 'brought', pointing.length)
  } catch (thrown) {
    fail(at, 'registered models', model.name, thrown)
  }
}

function activeOf({ versions }: SourceModel): SourceVersion[] {
  return versions.filter((version) => version.state === 'active')
}

function versionOf(at: Importing, version: SourceVersion) {
  const { status: _status, statusMessage: _message, ...rest } = version
  const loggedModel = /^models:\/(m-[0-9a-f]{32})$/.exec(version.source)?.[1] ?? ''
  const source = movedTo(at, version.source)
  const stored = movedTo(at, version.storageLocation || version.source)
  const location = loggedModel === '' ? stored : (locationOf(at, loggedModel) ?? stored)
  return { ...rest, source, storageLocation: location, loggedModel, tags: textsOf(version.tags) }
}

function locationOf({ moved }: Importing, loggedModel: string): string | undefined {
  return [...moved.values()].find((here) => here.endsWith(`/models/${loggedModel}/artifacts`))
}

/** An address among artifacts that were brought, where they are now. */
function movedTo({ moved }: Importing, address: string): string {
  for (const [was, is] of moved) {
    if (address === was || address.startsWith(`${was}/`)) return is + address.slice(was.length)
  }
  return address
}
