import { GyreError } from '#kernel/errors'
import { type Subject, subject } from '#kernel/subjects'
import type { Context } from '#domains/access/index'
import { getLoggedModel, getRun } from '#domains/runs/index'
import type { ModelVersionRow } from './store.ts'

export interface MeasuredMetric {
  value: number
  /** The digest of the data set that the client named; null: it named none. */
  dataset: string | null
}

/** What a client logged about a version: the last value of each metric. */
export interface Measured {
  source: Subject
  metrics: Readonly<Record<string, MeasuredMetric>>
}

/**
 * The metrics of the logged model that a version was registered from, or else of its run. null when
 * there is neither, or nothing was logged; and for a version that came file by file, whose evidence
 * is an evaluation.
 */
export async function readMeasured(ctx: Context, row: ModelVersionRow): Promise<Measured | null> {
  if (row.source === null) return null
  return (await ofLoggedModel(ctx, row)) ?? (await ofRun(ctx, row))
}

async function ofLoggedModel(ctx: Context, row: ModelVersionRow): Promise<Measured | null> {
  const { logged_model: id, project } = row
  if (id === null) return null
  const model = await unlessGone(getLoggedModel(ctx, { project, model: id }))
  if (model === null || model.metrics.length === 0) return null
  // The metrics come in the order of their steps, so that the last of a key wins.
  const metrics = model.metrics.map(
    ({ key, value, datasetDigest }) =>
      [key, { value: Number(value), dataset: datasetDigest }] as const,
  )
  return { source: subject('logged-model', id), metrics: Object.fromEntries(metrics) }
}

async function ofRun(ctx: Context, row: ModelVersionRow): Promise<Measured | null> {
  const { run_id: id, project } = row
  if (id === null) return null
  const run = await unlessGone(getRun(ctx, { project, run: id }))
  const entries = Object.entries(run?.metrics ?? {})
  if (entries.length === 0) return null
  const metrics = entries.map(
    ([key, value]) => [key, { value: Number(value), dataset: null }] as const,
  )
  return { source: subject('run', id), metrics: Object.fromEntries(metrics) }
}

async function unlessGone<T>(reading: Promise<T>): Promise<T | null> {
  try {
    return await reading
  } catch (thrown) {
    if (thrown instanceof GyreError && thrown.code === 'not_found') return null
    throw thrown
  }
}
