import { GyreError } from '#kernel/errors'
import { type Subject, subject } from '#kernel/subjects'
import type { Context } from '#domains/access/index'
import { getLoggedModel, getRun, type LoggedModel, type Run } from '#domains/runs/index'
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
  const { project, logged_model, run_id } = row
  const model =
    logged_model === null
      ? null
      : await unlessGone(getLoggedModel(ctx, { project, model: logged_model }))
  const measured = measuredOf(null, model)
  if (measured !== null || run_id === null) return measured
  return measuredOf(await unlessGone(getRun(ctx, { project, run: run_id })), null)
}

/** What was logged to a logged model, or else to a run; null: nothing was. */
export function measuredOf(run: Run | null, model: LoggedModel | null): Measured | null {
  if (model !== null && model.metrics.length > 0) {
    // The metrics come in the order of their steps, so that the last of a key wins.
    const metrics = model.metrics.map(
      ({ key, value, datasetDigest }) =>
        [key, { value: Number(value), dataset: datasetDigest }] as const,
    )
    return { source: subject('logged-model', model.id), metrics: Object.fromEntries(metrics) }
  }
  const logged = Object.entries(run?.metrics ?? {})
  if (run === null || logged.length === 0) return null
  const metrics = logged.map(
    ([key, value]) => [key, { value: Number(value), dataset: null }] as const,
  )
  return { source: subject('run', run.id), metrics: Object.fromEntries(metrics) }
}

/** null for what is not there any longer, or what who asks may not see. */
export async function unlessOutOfReach<T>(reading: Promise<T>): Promise<T | null> {
  try {
    return await reading
  } catch (thrown) {
    const codes: readonly string[] = ['not_found', 'forbidden']
    if (thrown instanceof GyreError && codes.includes(thrown.code)) return null
    throw thrown
  }
}

/** null for what is not there any longer. */
export async function unlessGone<T>(reading: Promise<T>): Promise<T | null> {
  try {
    return await reading
  } catch (thrown) {
    if (thrown instanceof GyreError && thrown.code === 'not_found') return null
    throw thrown
  }
}
