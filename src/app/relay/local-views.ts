import type { Json, JsonObject } from '#kernel/json'
import type { Tables } from '#ports/tables/tables'
import { parseObject } from './answers.ts'
import { createExperiment, createLoggedModel, createRun, createVersion } from './changes.ts'
import type { Entry, Journal } from './journal.ts'
import { listOf, objectOf, textOf } from '../json-parts.ts'
import { historyOf, newRun, RunView } from './run-view.ts'
import type { RelayTables } from './tables.ts'

const oldestSeenMs = 30 * 86_400_000
const largestSeen = 256 * 1024

/**
 * What the relay can tell by itself: what it was told to create, and the last answers that passed
 * through, with everything applied that was asked for since.
 */
export class LocalViews {
  readonly #tables: Tables
  readonly #journal: Journal
  readonly #clock: () => number

  constructor(tables: Tables, journal: Journal, clock: () => number) {
    this.#tables = tables
    this.#journal = journal
    this.#clock = clock
  }

  /** Keeps the server's answer; `upTo` is the last entry that it reflects. */
  async remember(subject: string, body: string, upTo: number): Promise<void> {
    if (body.length > largestSeen) return
    const row = { body, up_to: upTo, seen_at: this.#clock() }
    await this.#tables.write<RelayTables, unknown>((tx) =>
      tx
        .insertInto('seen')
        .values({ target: subject, ...row })
        .onConflict((c) => c.column('target').doUpdateSet(row))
        .execute(),
    )
  }

  async seen(subject: string): Promise<{ body: JsonObject; upTo: number } | undefined> {
    const row = await this.#tables
      .read<RelayTables>()
      .selectFrom('seen')
      .select(['body', 'up_to'])
      .where('target', '=', subject)
      .executeTakeFirst()
    if (row === undefined) return undefined
    return { body: JSON.parse(row.body) as JsonObject, upTo: row.up_to }
  }

  async forgetOld(): Promise<void> {
    await this.#tables.write<RelayTables, unknown>((tx) =>
      tx
        .deleteFrom('seen')
        .where('seen_at', '<', this.#clock() - oldestSeenMs)
        .execute(),
    )
  }

  async run(id: string): Promise<JsonObject | undefined> {
    const base = (await this.#seenRun(id)) ?? (await this.#createdRun(id))
    if (base === undefined) return undefined
    const since = await this.#journal.history(`run:${id}`, base.upTo)
    return new RunView(base.run).apply(since).toJson()
  }

  /** All points of a metric, for a run that was created through this relay. */
  async history(id: string, key: string): Promise<JsonObject[] | undefined> {
    if ((await this.#createdRun(id)) === undefined) return undefined
    return historyOf(await this.#journal.history(`run:${id}`), key)
  }

  async loggedModel(id: string): Promise<JsonObject | undefined> {
    const base = (await this.#seenModel(id)) ?? (await this.#createdModel(id))
    if (base === undefined) return undefined
    return withModelChanges(base.model, await this.#journal.history(`logged:${id}`, base.upTo))
  }

  async experiment(id: string): Promise<JsonObject | undefined> {
    const seen = await this.seen(`experiment:${id}`)
    if (seen !== undefined) return objectOf(seen.body['experiment'])
    const created = await this.#journal.creatorOf(id)
    if (created?.kind === createExperiment) return experimentOf(id, created)
    return id === '0' ? describeExperiment('0', { name: 'Default' }, 0) : undefined
  }

  async experimentNamed(name: string): Promise<JsonObject | undefined> {
    const lane = `experiment-name:${name}`
    const [created] = await this.#journal.history(lane)
    if (created?.local_id) return this.experiment(created.local_id)
    const seen = await this.seen(lane)
    return seen === undefined ? undefined : objectOf(seen.body['experiment'])
  }

  /** Where an experiment's artifacts go. */
  async experimentRoot(id: string): Promise<string> {
    const location = (await this.experiment(id))?.['artifact_location']
    return typeof location === 'string' ? location : `mlflow-artifacts:/${id}`
  }

  async registeredModel(name: string): Promise<JsonObject | undefined> {
    const seen = await this.seen(`model:${name}`)
    if (seen !== undefined) return objectOf(seen.body['registered_model'])
    const [created] = await this.#journal.history(`model:${name}`)
    return created?.kind === 'registered-models/create' ? newRegisteredModel(created) : undefined
  }

  async version(name: string, number: string): Promise<JsonObject | undefined> {
    const created = await this.#journal.creatorOf(number)
    if (created?.kind !== createVersion) return undefined
    const version = newVersion(created, this.#clock())
    return version['name'] === name ? version : undefined
  }

  /** The answer to what creates something, while the server's is not there. */
  async madeUp(entry: Entry): Promise<JsonObject> {
    const id = entry.local_id ?? ''
    if (entry.kind === createRun) return { run: (await this.run(id)) ?? {} }
    if (entry.kind === createLoggedModel) return { model: (await this.loggedModel(id)) ?? {} }
    if (entry.kind === createExperiment) return { experiment_id: id }
    if (entry.kind === createVersion) return { model_version: newVersion(entry, this.#clock()) }
    return {}
  }

  async #seenRun(id: string) {
    const seen = await this.seen(`run:${id}`)
    return seen && { run: objectOf(seen.body['run']), upTo: seen.upTo }
  }

  async #createdRun(id: string) {
    const entry = await this.#journal.creatorOf(id)
    if (entry?.kind !== createRun) return undefined
    const answer = entry.answer === null ? undefined : objectOf(JSON.parse(entry.answer))
    if (answer !== undefined) return { run: objectOf(answer['run']), upTo: entry.seq }
    const body = parseObject(entry.body) ?? {}
    const root = await this.experimentRoot(textOf(body['experiment_id']) || '0')
    return { run: newRun(id, body, root), upTo: entry.seq }
  }

  async #seenModel(id: string) {
    const seen = await this.seen(`logged:${id}`)
    return seen && { model: objectOf(seen.body['model']), upTo: seen.upTo }
  }

  async #createdModel(id: string) {
    const entry = await this.#journal.creatorOf(id)
    if (entry?.kind !== createLoggedModel) return undefined
    const answer = entry.answer === null ? undefined : objectOf(JSON.parse(entry.answer))
    if (answer !== undefined) return { model: objectOf(answer['model']), upTo: entry.seq }
    const body = parseObject(entry.body) ?? {}
    const root = await this.experimentRoot(textOf(body['experiment_id']) || '0')
    return { model: newLoggedModel(id, body, entry.accepted_at, root), upTo: entry.seq }
  }
}

function experimentOf(id: string, entry: Entry): JsonObject {
  return describeExperiment(id, parseObject(entry.body) ?? {}, entry.accepted_at)
}

function describeExperiment(id: string, body: JsonObject, at: number): JsonObject {
  return {
    experiment_id: id,
    name: body['name'] ?? '',
    artifact_location: body['artifact_location'] ?? `mlflow-artifacts:/${id}`,
    lifecycle_stage: 'active',
    last_update_time: at,
    creation_time: at,
    tags: listOf(body['tags']),
  }
}

function newLoggedModel(id: string, body: JsonObject, at: number, root: string): JsonObject {
  return {
    info: {
      model_id: id,
      experiment_id: textOf(body['experiment_id']) || '0',
      name: body['name'] ?? '',
      creation_timestamp_ms: at,
      last_updated_timestamp_ms: at,
      artifact_uri: `${root}/models/${id}/artifacts`,
      status: 'LOGGED_MODEL_PENDING',
      model_type: body['model_type'] ?? '',
      source_run_id: body['source_run_id'] ?? '',
      tags: listOf(body['tags']),
    },
    data: { params: listOf(body['params']) },
  }
}

function withModelChanges(model: JsonObject, entries: readonly Entry[]): JsonObject {
  const info = { ...objectOf(model['info']) }
  const data = objectOf(model['data'])
  let tags = listOf(info['tags']).map(objectOf)
  const params = [...listOf(data['params'])]
  for (const entry of entries) {
    const body = parseObject(entry.body) ?? {}
    const more: Json[] = listOf(body['tags'])
    const replaced = new Set(more.map((tag) => objectOf(tag)['key']))
    if (entry.kind === 'logged-models/finalize') info['status'] = body['status'] ?? ''
    if (entry.kind === 'logged-models/params') params.push(...listOf(body['params']))
    if (entry.kind === 'logged-models/tags') {
      tags = [...tags.filter((tag) => !replaced.has(tag['key'])), ...more.map(objectOf)]
    }
    if (entry.kind === 'logged-models/delete-tag') {
      const key = decodeURIComponent(entry.target.split('/').at(-1) ?? '')
      tags = tags.filter((tag) => tag['key'] !== key)
    }
  }
  return { info: { ...info, tags }, data: { ...data, params } }
}

export function newRegisteredModel(entry: Entry): JsonObject {
  const body = parseObject(entry.body) ?? {}
  const at = entry.accepted_at
  const { name = '', description = '', tags = [] } = body
  return { name, description, tags, creation_timestamp: at, last_updated_timestamp: at }
}

function newVersion(entry: Entry, now: number): JsonObject {
  const body = parseObject(entry.body) ?? {}
  return {
    name: body['name'] ?? '',
    version: entry.local_id ?? '',
    creation_timestamp: entry.accepted_at,
    last_updated_timestamp: now,
    current_stage: 'None',
    description: body['description'] ?? '',
    source: body['source'] ?? '',
    run_id: body['run_id'] ?? '',
    tags: listOf(body['tags']),
    status: 'READY',
    status_message: 'Kept by gyre relay; the server gives it its number when it is reached.',
  }
}
