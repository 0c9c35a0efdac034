import {
  createLoggedModel,
  deleteLoggedModel,
  finalizeLoggedModel,
  getLoggedModel,
  listLoggedModelFiles,
  type LoggedModel,
  type LoggedModelStatus,
  logToLoggedModel,
  numberOf,
  removeLoggedModelTag,
  searchLoggedModels,
} from '#domains/runs/index'
import { mlflowError } from './errors.ts'
import { boolean, enumeration, int64, list, message, required, text } from './fields.ts'
import { checkMaxResults } from './max-results.ts'
import { orMissing } from './registry-wire.ts'
import { type Call, route } from './route.ts'
import { metricValue, unlessEmpty } from './wire.ts'

const pair = message({ key: text, value: text })
const status = enumeration({
  LOGGED_MODEL_PENDING: 1,
  LOGGED_MODEL_READY: 2,
  LOGGED_MODEL_UPLOAD_FAILED: 3,
})

const statuses = {
  LOGGED_MODEL_PENDING: 'pending',
  LOGGED_MODEL_READY: 'ready',
  LOGGED_MODEL_UPLOAD_FAILED: 'failed',
} as const satisfies Record<string, LoggedModelStatus>

const names = {
  pending: 'LOGGED_MODEL_PENDING',
  ready: 'LOGGED_MODEL_READY',
  failed: 'LOGGED_MODEL_UPLOAD_FAILED',
} as const satisfies Record<LoggedModelStatus, string>

/** Which logged model a path names, and what MLflow says when it is not there. */
function addressOf({ project, params }: Pick<Call, 'project' | 'params'>) {
  const model = params['model'] ?? ''
  const missing = `Logged model with ID '${model.slice(0, 200)}' not found.`
  return { at: { project, model }, missing }
}

const dataset = { dataset_name: text, dataset_digest: text }

export const loggedModelRoutes = [
  route(
    'POST',
    'logged-models',
    {
      experiment_id: required(text),
      name: text,
      model_type: text,
      source_run_id: text,
      params: list(pair),
      tags: list(pair),
    },
    async ({ ctx, project, input }) => {
      const model = await createLoggedModel(ctx, {
        project,
        experiment: input.experiment_id,
        name: unlessBlank(input.name),
        modelType: input.model_type,
        sourceRun: unlessBlank(input.source_run_id),
        params: textsFrom(input.params),
        tags: textsFrom(input.tags),
      })
      return { model: loggedModelOf(model) }
    },
  ),
  route(
    'POST',
    'logged-models/search',
    {
      experiment_ids: required(list(text)),
      filter: text,
      datasets: list(message(dataset)),
      max_results: int64,
      order_by: list(message({ field_name: required(text), ascending: boolean, ...dataset })),
      page_token: text,
    },
    async ({ ctx, project, input }) => {
      const page = await searchLoggedModels(ctx, {
        project,
        experiments: input.experiment_ids,
        filter: input.filter ?? '',
        datasets: input.datasets.map(datasetFrom),
        orderBy: input.order_by.map(({ field_name: field, ascending = true, ...data }) => ({
          field,
          ascending,
          dataset: unlessBlank(data.dataset_name) === undefined ? undefined : datasetFrom(data),
        })),
        limit: checkMaxResults(input.max_results, { usual: 100, most: 50_000 }),
        pageToken: input.page_token,
      })
      return {
        models: unlessEmpty(page.items.map(loggedModelOf)),
        next_page_token: page.nextPageToken,
      }
    },
  ),
  route('GET', 'logged-models/:model', { allow_deleted: text }, async (call) => {
    const { at, missing } = addressOf(call)
    const allowDeleted = call.input.allow_deleted?.toLowerCase() === 'true'
    const model = await orMissing(getLoggedModel(call.ctx, { ...at, allowDeleted }), missing)
    return { model: loggedModelOf(model) }
  }),
  route('PATCH', 'logged-models/:model', { status: required(status) }, async (call) => {
    const { at, missing } = addressOf(call)
    const ended = { ...at, status: statuses[call.input.status] }
    return { model: loggedModelOf(await orMissing(finalizeLoggedModel(call.ctx, ended), missing)) }
  }),
  route('DELETE', 'logged-models/:model', {}, async (call) => {
    const { at, missing } = addressOf(call)
    await orMissing(deleteLoggedModel(call.ctx, at), missing)
    return {}
  }),
  route('PATCH', 'logged-models/:model/tags', { tags: list(pair) }, async (call) => {
    const { at, missing } = addressOf(call)
    const tags = textsFrom(call.input.tags)
    await orMissing(logToLoggedModel(call.ctx, { ...at, tags }), missing)
    return {}
  }),
  route('DELETE', 'logged-models/:model/tags/:key', {}, async (call) => {
    const { at, missing } = addressOf(call)
    const key = call.params['key'] ?? ''
    await orMissing(getLoggedModel(call.ctx, { ...at, allowDeleted: true }), missing)
    const none = `No tag with key '${key.slice(0, 250)}' found for model with ID '${at.model}'.`
    await orMissing(removeLoggedModelTag(call.ctx, { ...at, key }), none)
    return {}
  }),
  route('POST', 'logged-models/:model/params', { params: list(pair) }, async (call) => {
    const { at, missing } = addressOf(call)
    const params = textsFrom(call.input.params)
    await orMissing(logToLoggedModel(call.ctx, { ...at, params }), missing)
    return {}
  }),
  route(
    'GET',
    'logged-models/:model/artifacts/directories',
    { artifact_directory_path: text },
    async (call) => {
      const { at, missing } = addressOf(call)
      const path = call.input.artifact_directory_path ?? ''
      const listing = listLoggedModelFiles(call.ctx, { ...at, path })
      const { root, items } = await orMissing(listing, missing)
      return {
        root_uri: root,
        files: unlessEmpty(
          items.map((item) => ({
            path: item.path,
            is_dir: item.isDirectory,
            file_size: item.sizeBytes ?? undefined,
          })),
        ),
      }
    },
  ),
]

function datasetFrom({
  dataset_name: name,
  dataset_digest: digest,
}: {
  dataset_name?: string | undefined
  dataset_digest?: string | undefined
}) {
  if (name !== undefined && name !== '') return { name, digest: unlessBlank(digest) }
  throw mlflowError(
    'INVALID_PARAMETER_VALUE',
    '`dataset_name` in the `datasets` clause must be specified.',
  )
}

function textsFrom(
  pairs: readonly { key?: string | undefined; value?: string | undefined }[],
): Record<string, string> {
  return Object.fromEntries(pairs.map(({ key = '', value = '' }) => [key, value]))
}

function unlessBlank(value: string | undefined): string | undefined {
  return value === '' ? undefined : value
}

/** A logged model in MLflow's words. */
function loggedModelOf(model: LoggedModel) {
  return {
    info: {
      experiment_id: model.experiment,
      model_id: model.id,
      name: model.name,
      artifact_uri: model.artifactLocation,
      creation_timestamp_ms: model.createdAt,
      last_updated_timestamp_ms: model.updatedAt,
      model_type: model.modelType,
      source_run_id: model.sourceRun ?? '',
      status: names[model.status],
      status_message: model.statusMessage ?? undefined,
      tags: pairsOf(model.tags),
    },
    data: {
      params: pairsOf(model.params),
      metrics: unlessEmpty(
        model.metrics.map((metric) => ({
          key: metric.key,
          value: metricValue(numberOf(metric.value)),
          timestamp: metric.timestamp,
          step: metric.step,
          dataset_name: metric.datasetName ?? undefined,
          dataset_digest: metric.datasetDigest ?? undefined,
          model_id: model.id,
          run_id: metric.run,
        })),
      ),
    },
  }
}

function pairsOf(texts: Readonly<Record<string, string>>) {
  return unlessEmpty(Object.entries(texts).map(([key, value]) => ({ key, value })))
}
