import type { Json, JsonObject } from '#kernel/json'
import { runName } from '#domains/runs/run-name'
import { parseObject } from './answers.ts'
import type { Entry } from './journal.ts'
import { listOf, objectOf, textOf } from '../json-parts.ts'

type Items = Map<string, JsonObject>

/** A run as MLflow's `runs/get` tells it, put together from what passed through. */
export class RunView {
  readonly info: JsonObject
  readonly #metrics: Items
  readonly #params: Items
  readonly #tags: Items
  readonly #datasets: Json[]
  readonly #models: Json[]

  /** `run` is what the server said, or what `newRun` made. */
  constructor(run: JsonObject) {
    const data = objectOf(run['data'])
    this.info = { ...objectOf(run['info']) }
    this.#metrics = byKey(data['metrics'])
    this.#params = byKey(data['params'])
    this.#tags = byKey(data['tags'])
    this.#datasets = [...listOf(objectOf(run['inputs'])['dataset_inputs'])]
    this.#models = [...listOf(objectOf(run['outputs'])['model_outputs'])]
  }

  /** Applies what was asked for later, in order. */
  apply(entries: readonly Entry[]): this {
    for (const entry of entries) {
      const body = parseObject(entry.body)
      if (body !== undefined) this.#applyOne(entry.kind, body)
    }
    return this
  }

  toJson(): JsonObject {
    return {
      info: this.info,
      data: {
        metrics: [...this.#metrics.values()],
        params: [...this.#params.values()],
        tags: [...this.#tags.values()],
      },
      inputs: this.#datasets.length === 0 ? {} : { dataset_inputs: this.#datasets },
      outputs: this.#models.length === 0 ? {} : { model_outputs: this.#models },
    }
  }

  #applyOne(kind: string, body: JsonObject): void {
    const { run_id: _id, run_uuid: _uuid, ...rest } = body
    const changes: Record<string, () => void> = {
      'runs/log-metric': () => this.#measure(rest),
      'runs/log-parameter': () => void this.#params.set(keyOf(rest), rest),
      'runs/set-tag': () => this.#tag(rest),
      'runs/delete-tag': () => void this.#tags.delete(keyOf(rest)),
      'runs/log-inputs': () => void this.#datasets.push(...listOf(rest['datasets'])),
      'runs/outputs': () => void this.#models.push(...listOf(rest['models'])),
      'runs/delete': () => void (this.info['lifecycle_stage'] = 'deleted'),
      'runs/restore': () => void (this.info['lifecycle_stage'] = 'active'),
      'runs/update': () => this.#update(rest),
      'runs/log-batch': () => {
        for (const metric of listOf(rest['metrics'])) this.#measure(objectOf(metric))
        for (const param of listOf(rest['params'])) {
          this.#params.set(keyOf(objectOf(param)), objectOf(param))
        }
        for (const tag of listOf(rest['tags'])) this.#tag(objectOf(tag))
      },
    }
    changes[kind]?.()
  }

  #measure(given: JsonObject): void {
    const metric = pointOf(given)
    const before = this.#metrics.get(keyOf(metric))
    if (before === undefined || comesAfter(metric, before)) this.#metrics.set(keyOf(metric), metric)
  }

  #tag(tag: JsonObject): void {
    this.#tags.set(keyOf(tag), tag)
    if (keyOf(tag) === 'mlflow.runName') this.info['run_name'] = tag['value'] ?? ''
  }

  #update(body: JsonObject): void {
    for (const [name, value] of Object.entries(body)) this.info[name] = value
    const { run_name: name } = body
    if (typeof name === 'string')
      this.#tags.set('mlflow.runName', { key: 'mlflow.runName', value: name })
  }
}

/** The points of one metric, as `metrics/get-history` gives them. */
export function historyOf(entries: readonly Entry[], key: string): JsonObject[] {
  const points = new Map<string, JsonObject>()
  for (const entry of entries) {
    const body = parseObject(entry.body) ?? {}
    const logged =
      entry.kind === 'runs/log-metric'
        ? [body]
        : entry.kind === 'runs/log-batch'
          ? listOf(body['metrics']).map(objectOf)
          : []
    for (const metric of logged) {
      if (metric['key'] !== key) continue
      const point = pointOf(metric)
      points.set(JSON.stringify(point), point)
    }
  }
  return [...points.values()].sort(
    (a, b) =>
      Number(a['timestamp']) - Number(b['timestamp']) || Number(a['step']) - Number(b['step']),
  )
}

/** What a client asked for, with the name that the server would otherwise make up. */
export function namedRun(body: JsonObject, id: string): JsonObject {
  const tags = listOf(body['tags'])
  const tagged = tags.map(objectOf).find((tag) => tag['key'] === 'mlflow.runName')?.['value']
  const given = body['run_name']
  const name = typeof given === 'string' && given !== '' ? given : (tagged ?? runName(id))
  return {
    ...body,
    run_name: name,
    tags: tagged === undefined ? [...tags, { key: 'mlflow.runName', value: name }] : tags,
  }
}

/** A run that only this relay knows. */
export function newRun(id: string, body: JsonObject, experimentRoot: string): JsonObject {
  const { experiment_id, user_id, run_name, start_time, tags } = body
  return {
    info: {
      run_id: id,
      run_uuid: id,
      experiment_id: textOf(experiment_id) || '0',
      run_name: run_name ?? '',
      user_id: user_id ?? '',
      status: 'RUNNING',
      start_time: Number(start_time ?? 0),
      artifact_uri: `${experimentRoot}/${id}/artifacts`,
      lifecycle_stage: 'active',
    },
    data: { tags: listOf(tags) },
    inputs: {},
  }
}

function pointOf({ key, value, timestamp, step, ...rest }: JsonObject): JsonObject {
  const { run_id: _id, run_uuid: _uuid, ...others } = rest
  return {
    key: key ?? '',
    value: value ?? 0,
    timestamp: Number(timestamp ?? 0),
    step: Number(step ?? 0),
    ...others,
  }
}

/** MLflow's latest value: by step, then time, then value. */
function comesAfter(a: JsonObject, b: JsonObject): boolean {
  for (const part of ['step', 'timestamp', 'value']) {
    const difference = Number(a[part]) - Number(b[part])
    if (difference !== 0) return difference > 0
  }
  return true
}

function byKey(list: unknown): Items {
  return new Map(listOf(list).map((item) => [keyOf(objectOf(item)), objectOf(item)]))
}

function keyOf(item: JsonObject): string {
  return textOf(item['key'])
}
