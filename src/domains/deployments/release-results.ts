import type { Context } from '#domains/access/index'
import type { Moments } from '#science/sequential'
import type { RolloutPolicy } from './policy.ts'
import { createRealisedView } from './realised.ts'
import { latencyQuantile, type VariantNumbers } from './service-meter.ts'
import { readDeployments, type RolloutRow, trafficColumns } from './store.ts'
import { telemetryFiles, telemetryPaths } from './telemetry-files.ts'
import { addMinutes } from './service-meter.ts'
import { minuteFromRow } from './traffic.ts'

export type Side = 'canary' | 'champion'

/** Losses of the rows that each side really served in the present step, once labelled. */
export type Losses = Record<Side, Moments>

/** SQL of the loss of a labelled prediction. */
export function lossSql(metric: RolloutPolicy['metric']): string {
  return losses[metric]
}

const losses: Readonly<Record<RolloutPolicy['metric'], string>> = {
  // Clipped as in the evaluation of models, so that one certain mistake is not infinitely bad.
  log_loss:
    '-ln(greatest(least(CASE WHEN label = 1 THEN prediction ELSE 1 - prediction END, 1 - 2.220446049250313e-16), 2.220446049250313e-16))',
  brier: '(prediction - label) * (prediction - label)',
}

export function stageOf(row: Pick<RolloutRow, 'id' | 'step'>): string {
  return `${row.id}/${row.step ?? 0}`
}

/** Moments of the losses by side, in the present step. */
export async function readLosses(
  ctx: Context,
  row: RolloutRow,
  metric: RolloutPolicy['metric'],
): Promise<Losses> {
  const { project, endpoint } = row
  const found = await ctx.frames.session(async (session) => {
    const receivedSince = row.step_since ?? row.started_at
    const any = await createRealisedView(ctx, session, { project, endpoint, receivedSince })
    if (!any) return []
    return session.rows<{ variant: string; n: number; mean: number; m2: number }>(
      `SELECT variant, CAST(count(*) AS INTEGER) AS n, avg(loss) AS mean, var_pop(loss) * count(*) AS m2
       FROM (SELECT variant, ${lossSql(metric)} AS loss FROM realised
             WHERE stage = $1 AND prediction BETWEEN 0 AND 1 AND label IN (0, 1))
       GROUP BY variant`,
      { parameters: [stageOf(row)] },
    )
  })
  const of = (side: Side): Moments => {
    const moments = found.find(({ variant }) => variant === side)
    return moments === undefined
      ? { n: 0, mean: 0, m2: 0 }
      : { n: moments.n, mean: moments.mean, m2: moments.m2 }
  }
  return { canary: of('canary'), champion: of('champion') }
}

export const predictionBins = 20

/** Predictions of the present step by side: rows, rows without a number, and shares of [0, 1]. */
export interface PredictionShape {
  rows: number
  missing: number
  counts: number[]
}

/** How each side's predictions are distributed in the present step. */
export async function readPredictionShapes(
  ctx: Context,
  row: RolloutRow,
): Promise<Record<Side, PredictionShape>> {
  const files = await telemetryFiles(ctx, {
    project: row.project,
    endpoint: row.endpoint,
    kind: 'predictions',
    receivedSince: row.step_since ?? row.started_at,
  })
  const shapes: Record<Side, PredictionShape> = { canary: emptyShape(), champion: emptyShape() }
  if (files.length === 0) return shapes
  const found = await ctx.frames.session(async (session) =>
    session.rows<{ variant: Side; bin: number | null; n: number }>(
      `SELECT variant, CAST(least(greatest(floor(prediction * ${predictionBins}), 0), ${predictionBins - 1}) AS INTEGER) AS bin,
         CAST(count(*) AS INTEGER) AS n
       FROM ${session.scan(await telemetryPaths(ctx, files))}
       WHERE stage = $1 AND variant IN ('canary', 'champion') GROUP BY ALL`,
      { parameters: [stageOf(row)] },
    ),
  )
  for (const { variant, bin, n } of found) {
    const shape = shapes[variant]
    shape.rows += n
    if (bin === null) shape.missing += n
    else shape.counts[bin] = n
  }
  return shapes
}

function emptyShape(): PredictionShape {
  return { rows: 0, missing: 0, counts: new Array<number>(predictionBins).fill(0) }
}

export interface ServiceSide {
  requests: number
  predictions: number
  errors: number
  missing: number
  p99Ms: number | null
}

/** Service numbers by side since the present step began, to the minute. */
export async function readService(
  ctx: Context,
  row: RolloutRow,
): Promise<Record<Side, ServiceSide>> {
  const since = Math.floor((row.step_since ?? row.started_at) / 60_000) * 60_000
  const rows = await readDeployments(ctx)
    .selectFrom('endpoint_traffic')
    .select(trafficColumns)
    .where('project', '=', row.project)
    .where('endpoint', '=', row.endpoint)
    .where('minute', '>=', since)
    .execute()
  const { variants } = addMinutes(since, rows.map(minuteFromRow))
  return {
    canary: sideOf(variants, 'canary', row.version),
    champion: sideOf(variants, 'champion', row.previous ?? -1),
  }
}

function sideOf(variants: readonly VariantNumbers[], role: Side, version: number): ServiceSide {
  const found = variants.find((v) => v.role === role && v.version === version)
  return {
    requests: found?.requests ?? 0,
    predictions: found?.predictions ?? 0,
    errors: found?.errors ?? 0,
    missing: found?.missing ?? 0,
    p99Ms: latencyQuantile(found?.latency ?? [], 0.99),
  }
}
