import type { Json, JsonObject } from '#kernel/json'
import { parseObject } from './answers.ts'
import { changeNamed } from './changes.ts'
import type { Entry } from './journal.ts'

interface Batch {
  metrics: JsonObject[]
  params: JsonObject[]
  tags: JsonObject[]
}

/** MLflow's limits for one `log-batch`. */
const mostMetrics = 1000
const mostTexts = 100
const mostItems = 1000
const mostBytes = 900_000
const mergedTarget = '/api/2.0/mlflow/runs/log-batch'
/** A whole number that JavaScript would round. */
const wideInteger = /[:,[]\s*-?\d{16,}\s*[,}\]]/

export interface MergedLogs {
  entries: Entry[]
  target: string
  body: Buffer
}

/**
 * The entries from the front on that can travel as one `log-batch` of their run, if there is more
 * than one: what is sent is the same, in a hundredth of the requests.
 */
export function mergeLogs(front: readonly Entry[]): MergedLogs | undefined {
  const [first] = front
  if (first === undefined) return undefined
  const batch: Batch = { metrics: [], params: [], tags: [] }
  const entries: Entry[] = []
  let run: string | undefined
  let bytes = 0
  for (const entry of front) {
    const read = readLogs(entry)
    if (read === undefined || entry.credential !== first.credential) break
    if (entry.headers !== first.headers || (run !== undefined && read.run !== run)) break
    bytes += entry.body.byteLength
    if (!fits(batch, read, bytes)) break
    run = read.run
    for (const part of ['metrics', 'params', 'tags'] as const) batch[part].push(...read[part])
    entries.push(entry)
  }
  if (run === undefined || entries.length < 2) return undefined
  const body = Buffer.from(JSON.stringify({ run_id: run, ...batch }))
  return { entries, target: mergedTarget, body }
}

function fits(batch: Batch, more: Batch, bytes: number): boolean {
  const metrics = batch.metrics.length + more.metrics.length
  const params = batch.params.length + more.params.length
  const tags = batch.tags.length + more.tags.length
  if (metrics > mostMetrics || params > mostTexts || tags > mostTexts) return false
  if (metrics + params + tags > mostItems || bytes > mostBytes) return false
  return isDistinct(batch.params, more.params) && isDistinct(batch.tags, more.tags)
}

/** A batch may name a parameter once, and which of two tags counts must not be left to chance. */
function isDistinct(before: readonly JsonObject[], more: readonly JsonObject[]): boolean {
  return more.every((item) => before.every((other) => other['key'] !== item['key']))
}

/** What an entry logs, or nothing when it is not of the usual form: then it travels as it is. */
function readLogs(entry: Entry): (Batch & { run: string }) | undefined {
  if (changeNamed(entry.kind)?.logs !== true) return undefined
  const text = Buffer.from(entry.body).toString('utf8')
  if (wideInteger.test(text)) return undefined
  const body = parseObject(entry.body)
  if (body === undefined) return undefined
  const { run_id, run_uuid, ...rest } = body
  const run = run_id ?? run_uuid
  const parts = partsOf(entry.kind, rest)
  if (typeof run !== 'string' || parts === undefined) return undefined
  const all = [...parts.metrics, ...parts.params, ...parts.tags]
  return all.every(isUsual) ? { run, ...parts } : undefined
}

function partsOf(kind: string, body: JsonObject): Batch | undefined {
  const none: Batch = { metrics: [], params: [], tags: [] }
  if (kind === 'runs/log-metric') return { ...none, metrics: [body] }
  if (kind === 'runs/log-parameter') return { ...none, params: [body] }
  if (kind === 'runs/set-tag') return { ...none, tags: [body] }
  const { metrics = [], params = [], tags = [], ...others } = body
  if (Object.keys(others).length > 0) return undefined
  return isObjects(metrics) && isObjects(params) && isObjects(tags)
    ? { metrics, params, tags }
    : undefined
}

function isObjects(value: Json | undefined): value is JsonObject[] {
  return (
    Array.isArray(value) &&
    value.every((item) => typeof item === 'object' && item !== null && !Array.isArray(item))
  )
}

function isUsual(item: JsonObject): boolean {
  return typeof item['key'] === 'string' && item['key'] !== '' && item['value'] !== undefined
}
