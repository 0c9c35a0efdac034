import type { JsonObject } from '#kernel/json'
import { listOf, objectOf, textOf } from '../json-parts.ts'
import type { MlflowWire } from './mlflow-wire.ts'
import { readTraces } from './server-traces.ts'
import type {
  Source,
  SourceExperiment,
  SourceFiles,
  SourceLoggedModel,
  SourceModel,
  SourceModelPoint,
  SourcePoint,
  SourceRun,
  SourceVersion,
  Tag,
} from './source.ts'

const api = 'api/2.0/mlflow'
const pageSize = 1000
const pointsAtOnce = 25_000

/** A tracking server that runs, of MLflow or one that speaks as it. */
export function createServerSource(
  wire: MlflowWire,
  files: (address: string) => Promise<SourceFiles>,
): Source {
  const keys = new Map<string, string[]>()
  return {
    name: wire.url,
    files,
    experiments: () => readExperiments(wire),
    async *runs(experiment) {
      for await (const run of readRuns(wire, experiment)) {
        keys.set(run.source.id, run.keys)
        yield run.source
        keys.delete(run.source.id)
      }
    },
    points: (run) => readPoints(wire, run, keys.get(run) ?? []),
    loggedModels: (experiment) => readLoggedModels(wire, experiment),
    traces: (experiment) => readTraces(wire, experiment),
    models: () => readModels(wire),
    others: () => Promise.resolve({}),
    close: () => Promise.resolve(),
  }
}

async function* pages(
  wire: MlflowWire,
  path: string,
  body: object,
  member: string,
): AsyncGenerator<JsonObject> {
  for (let token = ''; ;) {
    const page = await wire.post(`${api}/${path}`, {
      ...body,
      ...(token === '' ? {} : { page_token: token }),
    })
    for (const item of listOf(page[member])) yield objectOf(item)
    token = textOf(page['next_page_token'])
    if (token === '') return
  }
}

async function* readExperiments(wire: MlflowWire): AsyncGenerator<SourceExperiment> {
  const body = { max_results: pageSize, view_type: 'ALL', order_by: ['creation_time ASC'] }
  for await (const item of pages(wire, 'experiments/search', body, 'experiments')) {
    yield {
      id: textOf(item['experiment_id']),
      name: textOf(item['name']),
      artifactLocation: textOf(item['artifact_location']),
      state: stateOf(item),
      createdAt: Number(item['creation_time'] ?? 0),
      updatedAt: Number(item['last_update_time'] ?? 0),
      tags: tagsOf(item['tags']),
    }
  }
}

/** Servers before MLflow 3 have no such search, and none of these traces. */
async function* readRuns(
  wire: MlflowWire,
  experiment: string,
): AsyncGenerator<{ source: SourceRun; keys: string[] }> {
  const body = { experiment_ids: [experiment], run_view_type: 'ALL', max_results: pageSize }
  for await (const item of pages(wire, 'runs/search', body, 'runs')) {
    const data = objectOf(item['data'])
    const keys = listOf(data['metrics']).map((metric) => textOf(objectOf(metric)['key']))
    yield { source: runOf(item, data), keys }
  }
}

function runOf(item: JsonObject, data: JsonObject): SourceRun {
  const info = objectOf(item['info'])
  const inputs = objectOf(item['inputs'])
  const outputs = objectOf(item['outputs'])
  return {
    id: textOf(info['run_id']) || textOf(info['run_uuid']),
    name: textOf(info['run_name']),
    user: textOf(info['user_id']),
    status: textOf(info['status']),
    state: stateOf(info),
    startedAt: momentOf(info['start_time']),
    endedAt: momentOf(info['end_time']),
    artifactUri: textOf(info['artifact_uri']),
    params: tagsOf(data['params']),
    tags: tagsOf(data['tags']),
    datasets: listOf(inputs['dataset_inputs']).map((each) => datasetOf(objectOf(each))),
    modelInputs: listOf(inputs['model_inputs']).map((each) => textOf(objectOf(each)['model_id'])),
    modelOutputs: listOf(outputs['model_outputs']).map((each) => {
      const { model_id: model, step } = objectOf(each)
      return { model: textOf(model), step: Number(step ?? 0) }
    }),
    pointCount: undefined,
    metricsState: JSON.stringify(data['metrics'] ?? []),
  }
}

function datasetOf(input: JsonObject): SourceRun['datasets'][number] {
  const dataset = objectOf(input['dataset'])
  return {
    name: textOf(dataset['name']),
    digest: textOf(dataset['digest']),
    sourceType: textOf(dataset['source_type']),
    source: textOf(dataset['source']),
    schema: textOf(dataset['schema']) || null,
    profile: textOf(dataset['profile']) || null,
    tags: tagsOf(input['tags']),
  }
}

async function* readPoints(
  wire: MlflowWire,
  run: string,
  keys: readonly string[],
): AsyncGenerator<SourcePoint[]> {
  for (const key of keys) {
    for (let token = ''; ;) {
      const page = await wire.get(`${api}/metrics/get-history`, {
        run_id: run,
        metric_key: key,
        max_results: String(pointsAtOnce),
        ...(token === '' ? {} : { page_token: token }),
      })
      yield listOf(page['metrics']).map((metric) => pointOf(objectOf(metric)))
      token = textOf(page['next_page_token'])
      if (token === '') break
    }
  }
}

function pointOf(metric: JsonObject): SourcePoint {
  const value = metric['value']
  return {
    key: textOf(metric['key']),
    value: typeof value === 'number' || typeof value === 'string' ? value : 0,
    timestamp: Number(metric['timestamp'] ?? 0),
    step: Number(metric['step'] ?? 0),
  }
}

async function* readLoggedModels(
  wire: MlflowWire,
  experiment: string,
): AsyncGenerator<SourceLoggedModel> {
  const body = { experiment_ids: [experiment], max_results: 50 }
  for await (const item of pages(wire, 'logged-models/search', body, 'models')) {
    const info = objectOf(item['info'])
    const data = objectOf(item['data'])
    yield {
      id: textOf(info['model_id']),
      name: textOf(info['name']),
      artifactLocation: textOf(info['artifact_uri']),
      modelType: textOf(info['model_type']),
      sourceRun: textOf(info['source_run_id']),
      status: textOf(info['status']),
      statusMessage: textOf(info['status_message']),
      state: 'active',
      createdAt: Number(info['creation_timestamp_ms'] ?? 0),
      updatedAt: Number(info['last_updated_timestamp_ms'] ?? 0),
      params: tagsOf(data['params']),
      tags: tagsOf(info['tags']),
      metrics: listOf(data['metrics']).map((metric) => modelPointOf(objectOf(metric))),
    }
  }
}

function modelPointOf(metric: JsonObject): SourceModelPoint {
  return {
    ...pointOf(metric),
    run: textOf(metric['run_id']),
    datasetName: textOf(metric['dataset_name']) || null,
    datasetDigest: textOf(metric['dataset_digest']) || null,
  }
}

async function* readModels(wire: MlflowWire): AsyncGenerator<SourceModel> {
  for (let token = ''; ;) {
    const page = await wire.get(`${api}/registered-models/search`, {
      max_results: '100',
      ...(token === '' ? {} : { page_token: token }),
    })
    for (const item of listOf(page['registered_models'])) yield await modelOf(wire, objectOf(item))
    token = textOf(page['next_page_token'])
    if (token === '') return
  }
}

async function modelOf(wire: MlflowWire, item: JsonObject): Promise<SourceModel> {
  const name = textOf(item['name'])
  const { registered_model: whole } = await wire.get(`${api}/registered-models/get`, { name })
  const quote = name.includes("'") ? '"' : "'"
  const found = await wire.get(`${api}/model-versions/search`, {
    filter: `name = ${quote}${name}${quote}`,
    max_results: '10000',
  })
  return {
    name,
    description: textOf(item['description']),
    createdAt: Number(item['creation_timestamp'] ?? 0),
    updatedAt: Number(item['last_updated_timestamp'] ?? 0),
    tags: tagsOf(item['tags']),
    aliases: listOf(objectOf(whole)['aliases']).map((each) => {
      const { alias, version } = objectOf(each)
      return { alias: textOf(alias), version: Number(version) }
    }),
    versions: listOf(found['model_versions'])
      .map((each) => versionOf(objectOf(each)))
      .toSorted((a, b) => a.version - b.version),
  }
}

function versionOf(item: JsonObject): SourceVersion {
  return {
    version: Number(item['version']),
    state: 'active',
    description: textOf(item['description']),
    user: textOf(item['user_id']),
    stage: textOf(item['current_stage']) || 'None',
    source: textOf(item['source']),
    storageLocation: '',
    run: textOf(item['run_id']),
    runLink: textOf(item['run_link']),
    status: textOf(item['status']) || 'READY',
    statusMessage: textOf(item['status_message']),
    createdAt: Number(item['creation_timestamp'] ?? 0),
    updatedAt: Number(item['last_updated_timestamp'] ?? 0),
    tags: tagsOf(item['tags']),
  }
}

function tagsOf(list: unknown): Tag[] {
  return listOf(list).map((each) => {
    const { key, value } = objectOf(each)
    return { key: textOf(key), value: textOf(value) }
  })
}

function stateOf(item: JsonObject): 'active' | 'deleted' {
  return item['lifecycle_stage'] === 'deleted' ? 'deleted' : 'active'
}

function momentOf(value: unknown): number | null {
  return value === undefined || value === null ? null : Number(value)
}
