import { invalid } from '#kernel/errors'
import { subject } from '#kernel/subjects'
import { authorizeOnExperiments, type Context, type Reach } from '#domains/access/index'
import { type Change, commit } from '#domains/journal/index'
import { appendPoints, forgetAppended } from './append-points.ts'
import { checkKey, checkParameters, checkTags } from './logged-texts.ts'
import { type MetricNumber, numberOf } from './metric-number.ts'
import type { KeyedPoint } from './metric-point.ts'
import { findRun } from './read-run.ts'
import { refuseDeleted } from './run-artifacts.ts'
import type { RunsTables, RunsTransaction } from './store.ts'
import { setTags, writeParameters } from './write-texts.ts'

export interface NewMetric {
  key: string
  value: MetricNumber
  step: number
  timestamp?: number | undefined
  /** The logged model that it was measured of, besides being a metric of the run. */
  model?: string | undefined
  /** What the model was measured on. */
  dataset?: { name: string; digest: string } | undefined
}

export interface LogBatch {
  project: string
  run: string
  metrics?: readonly NewMetric[] | undefined
  parameters?: Record<string, string> | undefined
  tags?: Record<string, string> | undefined
}

/**
 * Logs a batch: all of it or nothing. Points that are there already are dropped, parameters may
 * repeat their value, so a retry changes nothing; give timestamps to make one exact. Gives how many
 * points were new. Errors: `not_found`, `invalid` (a changed parameter), `conflict` (deleted run).
 */
export async function logToRun(ctx: Context, input: LogBatch): Promise<{ accepted: number }> {
  const reach = authorizeOnExperiments(ctx, 'editor', input.project)
  const points = (input.metrics ?? []).map((metric) => pointFrom(ctx, metric))
  const parameters = checkParameters(input.parameters ?? {})
  const tags = checkTags(input.tags ?? {})
  const texts = Object.keys(parameters).length + Object.keys(tags).length
  try {
    const accepted =
      texts === 0
        ? await ctx.tables.write<RunsTables, number>((tx) =>
            writePoints(ctx, tx, reach, input, points),
          )
        : await commit(ctx, async (change) => {
            const db = change.sql<RunsTables>()
            const count = await writePoints(ctx, db, reach, input, points)
            await writeTexts(ctx, change, input, parameters, tags)
            return count
          })
    ctx.pulse(subject('run', input.run))
    return { accepted }
  } catch (thrown) {
    forgetAppended(ctx, input.run)
    throw thrown
  }
}

async function writeTexts(
  ctx: Context,
  change: Change,
  input: LogBatch,
  parameters: Readonly<Record<string, string>>,
  tags: Readonly<Record<string, string>>,
): Promise<void> {
  const db = change.sql<RunsTables>()
  const fresh = await writeParameters(db, input.run, parameters)
  await setTags(db, input.run, tags)
  await touch(db, input.run, ctx.clock())
  if (fresh.length === 0 && Object.keys(tags).length === 0) return
  const logged = Object.fromEntries(fresh.map((key) => [key, parameters[key] ?? '']))
  change.record({
    verb: 'run.logged',
    subject: subject('run', input.run),
    project: input.project,
    detail: { parameters: logged, tags },
  })
}

async function writePoints(
  ctx: Context,
  db: RunsTransaction,
  reach: Reach,
  input: LogBatch,
  points: readonly KeyedPoint[],
): Promise<number> {
  refuseDeleted(await findRun(db, reach, input.run))
  return appendPoints(ctx, db, input.run, points)
}

async function touch(db: RunsTransaction, run: string, now: number): Promise<void> {
  await db.updateTable('runs').set({ updated_at: now }).where('id', '=', run).execute()
}

function pointFrom(ctx: Context, metric: NewMetric): KeyedPoint {
  const { step, timestamp = ctx.clock() } = metric
  if (!Number.isSafeInteger(step) || !Number.isSafeInteger(timestamp) || timestamp < 0) {
    throw invalid(
      `Metric ${JSON.stringify(metric.key.slice(0, 100))}: step and timestamp must be whole numbers ` +
        'up to 2^53, the timestamp in milliseconds since 1970.',
    )
  }
  const { model, dataset } = metric
  const key = checkKey('metric', metric.key)
  // A set knows one zero.
  const value = numberOf(metric.value) + 0
  return { key, step: step + 0, timestamp: timestamp + 0, value, model, dataset }
}
