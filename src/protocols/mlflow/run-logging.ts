import type { JsonObject } from '#kernel/json'
import {
  type DatasetInput,
  deleteRunTag,
  logInputs,
  logOutputs,
  logToRun,
  metricNumber,
  recordModel,
} from '#domains/runs/index'
import { mlflowError } from './errors.ts'
import { double, int64, invalidValue, list, message, type Read, required, text } from './fields.ts'
import { checkLength, checkLoggedName, checkParameter, checkTag, longest } from './limits.ts'
import { route } from './route.ts'

const byId = { run_id: required(text) }

const metricFields = {
  key: required(text),
  value: required(double),
  timestamp: required(int64),
  step: int64,
  model_id: text,
  dataset_name: text,
  dataset_digest: text,
}
type Metric = Read<typeof metricFields>

const parameterFields = { key: required(text), value: text }
const datasetFields = message({
  tags: list(message({ key: required(text), value: required(text) })),
  dataset: required(
    message({
      name: required(text),
      digest: required(text),
      source_type: required(text),
      source: required(text),
      schema: text,
      profile: text,
    }),
  ),
})

const checkTotal = atMost(1000, 'metrics, params, and tags')

export const runLoggingRoutes = [
  route('POST', 'runs/log-metric', { ...byId, ...metricFields }, async (call) => {
    const { ctx, project, input } = call
    const metrics = [metricFrom(input, '')]
    await logToRun(ctx, { project, run: input.run_id, metrics })
    return {}
  }),
  route('POST', 'runs/log-parameter', { ...byId, ...parameterFields }, async (call) => {
    const { ctx, project, input } = call
    const [key, value] = checkParameter(input.key, input.value ?? '', 'key')
    await logToRun(ctx, { project, run: input.run_id, parameters: { [key]: value } })
    return {}
  }),
  route('POST', 'runs/set-tag', { ...byId, key: required(text), value: text }, async (call) => {
    const { ctx, project, input } = call
    const [key, value] = checkTag(input.key, input.value ?? '')
    await logToRun(ctx, { project, run: input.run_id, tags: { [key]: value } })
    return {}
  }),
  route('POST', 'runs/delete-tag', { ...byId, key: required(text) }, async (call) => {
    const { ctx, project, input } = call
    await deleteRunTag(ctx, { project, run: input.run_id, key: input.key })
    return {}
  }),
  route(
    'POST',
    'runs/log-batch',
    {
      ...byId,
      metrics: list(message(metricFields), atMost(1000, 'metrics')),
      params: list(message(parameterFields), atMost(100, 'params')),
      tags: list(message({ key: required(text), value: text }), atMost(100, 'tags')),
    },
    async ({ ctx, project, input }) => {
      checkTotal(input.metrics.length + input.params.length + input.tags.length)
      const metrics = input.metrics.map((metric, i) => metricFrom(metric, `metrics[${i}].`))
      const parameters = input.params.map(({ key, value }, i) =>
        checkParameter(key, value ?? '', `params[${i}].key`),
      )
      const tags = input.tags.map(({ key, value }, i) => checkTag(key, value ?? '', `tags[${i}].`))
      await logToRun(ctx, {
        project,
        run: checkRunId(input.run_id),
        metrics,
        parameters: withoutRepeats(parameters),
        tags: Object.fromEntries(tags),
      })
      return {}
    },
  ),
  route(
    'POST',
    'runs/log-inputs',
    {
      ...byId,
      datasets: list(datasetFields),
      models: list(message({ model_id: required(text) })),
    },
    async ({ ctx, project, input }) => {
      await logInputs(ctx, {
        project,
        run: checkRunId(input.run_id),
        datasets: input.datasets.map(datasetFrom),
        models: input.models.map((model) => model.model_id),
      })
      return {}
    },
  ),
  route(
    'POST',
    'runs/outputs',
    { ...byId, models: required(list(message({ model_id: required(text), step: int64 }))) },
    async ({ ctx, project, input }) => {
      const models = input.models.map(({ model_id: model, step = 0 }) => ({ model, step }))
      await logOutputs(ctx, { project, run: input.run_id, models })
      return {}
    },
  ),
  route('POST', 'runs/log-model', { ...byId, model_json: required(text) }, async (call) => {
    const { ctx, project, input } = call
    await recordModel(ctx, { project, run: input.run_id, model: modelFrom(input.model_json) })
    return {}
  }),
]

function metricFrom(metric: Metric, path: string) {
  const { key, value, timestamp, step = 0 } = metric
  checkLoggedName(key, `${path}name`)
  if (timestamp < 0) {
    throw invalidValue(
      `${path}timestamp`,
      timestamp,
      `metric '${key}' (value=${Number.isInteger(value) ? value.toFixed(1) : value}). Timestamp must be a nonnegative long (64-bit integer) `,
    )
  }
  const { model_id: model, dataset_name: name, dataset_digest: digest } = metric
  return {
    key: checkLength('Metric name', longest.key, key),
    value: metricNumber(value),
    timestamp,
    step,
    model: model || undefined,
    dataset: name && digest ? { name, digest } : undefined,
  }
}

/** Refuses more than MLflow takes at once. */
function atMost(limit: number, name: string): (count: number) => void {
  return (count) => {
    if (count <= limit) return
    throw mlflowError(
      'INVALID_PARAMETER_VALUE',
      `A batch logging request can contain at most ${limit} ${name}. Got ${count} ${name}. ` +
        `Please split up ${name} across multiple requests and try again.`,
    )
  }
}

function withoutRepeats(parameters: readonly [string, string][]): Record<string, string> {
  const keys = parameters.map(([key]) => key)
  const repeated = keys.filter((key, i) => keys.indexOf(key) !== i)
  if (repeated.length === 0) return Object.fromEntries(parameters)
  const shown = repeated.map((key) => `'${key}'`).join(', ')
  throw mlflowError(
    'INVALID_PARAMETER_VALUE',
    `Duplicate parameter keys have been submitted: [${shown}]. Please ensure the request contains ` +
      'only one param value per param key.',
  )
}

function checkRunId(id: string): string {
  if (/^[a-zA-Z0-9][\p{L}\p{N}_-]{0,255}$/u.test(id)) return id
  throw invalidValue('run_id', id)
}

function datasetFrom({
  dataset,
  tags,
}: Read<{ d: typeof datasetFields }>['d'] & object): DatasetInput {
  return {
    dataset: {
      name: checkLength('name', longest.datasetName, dataset.name),
      digest: checkLength('digest', longest.datasetDigest, dataset.digest),
      sourceType: dataset.source_type,
      source: checkLength('source', longest.datasetSource, dataset.source),
      schema: limited('schema', longest.datasetSchema, dataset.schema),
      profile: limited('profile', longest.datasetProfile, dataset.profile),
    },
    tags: tags.map(({ key, value }) => ({
      key: checkLength('key', longest.inputTagKey, key),
      value: checkLength('value', longest.inputTagValue, value),
    })),
  }
}

function limited(path: string, limit: number, value: string | undefined): string | null {
  return value === undefined ? null : checkLength(path, limit, value)
}

const modelMembers = ['artifact_path', 'flavors', 'utc_time_created', 'run_id']

function modelFrom(json: string): JsonObject {
  const model = parseModel(json)
  const absent = modelMembers.filter((name) => !Object.hasOwn(model, name))
  if (absent.length === 0) return model
  const shown = absent.map((name) => `'${name}'`).join(', ')
  throw mlflowError('INVALID_PARAMETER_VALUE', `Model json is missing mandatory fields: {${shown}}`)
}

function parseModel(json: string): JsonObject {
  try {
    const value: unknown = JSON.parse(json)
    if (typeof value === 'object' && value !== null) return value as JsonObject
  } catch {
    // Said below, as of JSON that is no object.
  }
  throw mlflowError(
    'INVALID_PARAMETER_VALUE',
    `Malformed model info. \n ${json.slice(0, 2000)} \n is not a valid JSON.`,
  )
}
