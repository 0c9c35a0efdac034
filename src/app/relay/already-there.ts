import type { JsonObject } from '#kernel/json'
import { parseObject } from './answers.ts'
import { createExperiment, createLoggedModel, createRun, createVersion } from './changes.ts'
import type { Entry } from './journal.ts'
import { textOf } from '../json-parts.ts'
import type { UpstreamAnswer, UpstreamRequest } from './upstream.ts'

/** The tag that lets what an entry created be found again. */
export const markTag = 'gyre.relay.entry'

type Send = (asked: Omit<UpstreamRequest, 'headers'>) => Promise<UpstreamAnswer>

/** The server's name for what it created, from its answer. */
export function createdId(kind: string, answer: JsonObject): string | undefined {
  const at = (path: readonly string[]): unknown =>
    path.reduce<unknown>((value, key) => (value as JsonObject | undefined)?.[key], answer)
  const paths: Record<string, readonly string[]> = {
    [createRun]: ['run', 'info', 'run_id'],
    [createExperiment]: ['experiment_id'],
    [createLoggedModel]: ['model', 'info', 'model_id'],
    [createVersion]: ['model_version', 'version'],
  }
  const id = at(paths[kind] ?? [])
  return typeof id === 'string' || typeof id === 'number' ? String(id) : undefined
}

/** The body of what creates something, marked, and with the id that a server may take over. */
export function markBody(kind: string, body: Buffer, mark: string, localId: string): Buffer {
  const value = parseObject(body)
  if (value === undefined || kind === createExperiment) return body
  const tags = Array.isArray(value['tags']) ? value['tags'] : []
  const own = kind === createRun ? { run_id: localId } : {}
  return Buffer.from(
    JSON.stringify({ ...value, ...own, tags: [...tags, { key: markTag, value: mark }] }),
  )
}

/**
 * The answer to a request that may have been answered before: what the server has with the mark of
 * the entry. Nothing when it is not there.
 */
export async function findCreated(
  entry: Entry,
  body: Buffer,
  mark: string,
  send: Send,
): Promise<JsonObject | undefined> {
  const asked = parseObject(body) ?? {}
  const isMarked = `tags.\`${markTag}\` = '${mark}'`
  const search = async (path: string, query: JsonObject): Promise<JsonObject> => {
    const text = Buffer.from(JSON.stringify({ max_results: 1, ...query }))
    return readAnswer(await send({ method: 'POST', target: `/api/2.0/mlflow/${path}`, body: text }))
  }
  const experiments = [asked['experiment_id'] ?? '0']
  if (entry.kind === createRun) {
    const query = { experiment_ids: experiments, filter: isMarked, run_view_type: 'ALL' }
    return wrapped('run', first((await search('runs/search', query))['runs']))
  }
  if (entry.kind === createLoggedModel) {
    const found = await search('logged-models/search', {
      experiment_ids: experiments,
      filter: isMarked,
    })
    return wrapped('model', first(found['models']))
  }
  if (entry.kind === createVersion) return findVersion(asked, mark, send)
  return undefined
}

async function findVersion(
  asked: JsonObject,
  mark: string,
  send: Send,
): Promise<JsonObject | undefined> {
  const name = textOf(asked['name'])
  const quote = name.includes("'") ? '"' : "'"
  const filter = encodeURIComponent(`name = ${quote}${name}${quote}`)
  const target = `/api/2.0/mlflow/model-versions/search?filter=${filter}&max_results=1000`
  const versions = readAnswer(await send({ method: 'GET', target }))['model_versions']
  const found = (Array.isArray(versions) ? versions : []).find((version) => {
    const tags = (version as JsonObject)['tags']
    return Array.isArray(tags) && tags.some((tag) => (tag as JsonObject)['value'] === mark)
  })
  return wrapped('model_version', found)
}

/** The experiment of this name, as the answer that its creation would have had. */
export async function findExperiment(body: Buffer, send: Send): Promise<JsonObject | undefined> {
  const name = encodeURIComponent(textOf(parseObject(body)?.['name']))
  const target = `/api/2.0/mlflow/experiments/get-by-name?experiment_name=${name}`
  const found = readAnswer(await send({ method: 'GET', target }))['experiment'] as
    | JsonObject
    | undefined
  if (found?.['lifecycle_stage'] !== 'active') return undefined
  return { experiment_id: textOf(found['experiment_id']) }
}

function readAnswer({ status, body }: UpstreamAnswer): JsonObject {
  if (status >= 500 || status === 429) throw new Error(`the server answers ${status}`)
  return status === 200 ? (parseObject(body) ?? {}) : {}
}

function first(list: unknown): unknown {
  return Array.isArray(list) ? list[0] : undefined
}

function wrapped(name: string, value: unknown): JsonObject | undefined {
  return value === undefined ? undefined : { [name]: value as JsonObject }
}
