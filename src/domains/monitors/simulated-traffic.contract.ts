import type { Context } from '#domains/access/index'
import { declareEndpoint, postLabels, startRollout, getRollout } from '#domains/deployments/index'
import {
  evaluateGate,
  type Evaluation,
  type ModelProfile,
  recordEvaluation,
} from '#domains/models/index'
import { aucWithInterval, brier, logLoss } from '#science/classification'
import { createRandom, type Random } from '#science/random'
import { registerLogistic, type ServedWorld, until } from '../deployments/served-world.contract.ts'

/** How the world is: what the model learned, and what may change later. */
export interface World {
  /** How much the features of a day have in common: rows of a day are not independent. */
  dayEffect: number
  /** Correlation of what neighbouring days have in common. */
  memory: number
  /** Added to the first feature. */
  shift: number
  /** How much of the labels the model can explain; 1 as in training. */
  signal: number
}

export const usual: World = { dayEffect: 0.15, memory: 0, shift: 0, signal: 1 }

const features = ['a', 'b', 'c']
const weights = [1, -0.7, 0.4]
const dayMs = 86_400_000
/** Thirteen weeks: as many windows to tell from how weeks usually differ. */
export const trainingDays = 91
export const firstMonday = Date.UTC(2001, 0, 1)

export interface SimulatedRows {
  at: number[]
  columns: Record<string, number[]>
  predictions: Float64Array
  labels: Uint8Array
}

/** Rows of some days from `start` on. */
export function simulate(
  random: Random,
  start: number,
  days: number,
  perDay: number,
  world: World,
): SimulatedRows {
  const at: number[] = []
  const columns: Record<string, number[]> = { a: [], b: [], c: [] }
  const predictions: number[] = []
  const labels: number[] = []
  const fresh = Math.sqrt(1 - world.memory ** 2)
  let effects = features.map(() => random.normal())
  for (let day = 0; day < days; day++) {
    const common = effects.map((effect) => world.dayEffect * effect)
    effects = effects.map((effect) => world.memory * effect + fresh * random.normal())
    for (let row = 0; row < perDay; row++) {
      const values = common.map((shift) => shift + random.normal())
      values[0] = (values[0] ?? 0) + world.shift
      const odds = values.reduce((sum, value, i) => sum + value * (weights[i] ?? 0), 0)
      at.push(start + day * dayMs + Math.floor(random.next() * dayMs))
      features.forEach((name, i) => columns[name]?.push(values[i] ?? 0))
      predictions.push(1 / (1 + Math.exp(-odds)))
      labels.push(random.next() < 1 / (1 + Math.exp(-odds * world.signal)) ? 1 : 0)
    }
  }
  return {
    at,
    columns,
    predictions: Float64Array.from(predictions),
    labels: Uint8Array.from(labels),
  }
}

/** Histograms of training rows, as training makes them. */
function profileOf(rows: SimulatedRows): ModelProfile {
  const edges = Array.from({ length: 19 }, (_, i) => Math.fround(-2.7 + i * 0.3))
  const predictionEdges = Array.from({ length: 19 }, (_, i) => (i + 1) / 20)
  const zeros = () => new Array<number>(20).fill(0)
  const place = (value: number, inner: readonly number[]): number =>
    inner.filter((edge) => value >= edge).length
  const counts = (values: ArrayLike<number>, inner: readonly number[]): number[] => {
    const bins = zeros()
    for (let i = 0; i < values.length; i++) {
      const bin = place(Math.fround(values[i] ?? 0), inner)
      bins[bin] = (bins[bin] ?? 0) + 1
    }
    return bins
  }
  const days = Map.groupBy(rows.at.keys(), (row) => Math.floor((rows.at[row] ?? 0) / dayMs) * dayMs)
  return {
    rows: rows.at.length,
    predictions: { edges: predictionEdges, counts: counts(rows.predictions, predictionEdges) },
    features: features.map((name) => ({
      name,
      edges,
      missing: 0,
      counts: counts(rows.columns[name] ?? [], edges),
      mean: null,
      deviation: null,
    })),
    blocks: [...days].map(([start, members]) => ({
      start,
      rows: members.length,
      predictions: counts(
        members.map((row) => rows.predictions[row] ?? 0),
        predictionEdges,
      ),
      features: Object.fromEntries(
        features.map((name) => [
          name,
          counts(
            members.map((row) => rows.columns[name]?.[row] ?? 0),
            edges,
          ),
        ]),
      ),
    })),
  }
}

function estimates(rows: SimulatedRows): Evaluation['metrics'] {
  const of = (interval: {
    value: number
    lower: number
    upper: number
    standardError: number
  }) => ({
    value: interval.value,
    low: interval.lower,
    high: interval.upper,
    standardError: interval.standardError,
  })
  return {
    auc: of(aucWithInterval(rows.labels, rows.predictions, 0.95)),
    log_loss: of(logLoss(rows.labels, rows.predictions, 0.95)),
    brier: of(brier(rows.labels, rows.predictions, 0.95)),
  }
}

/** An endpoint whose model was trained and evaluated on simulated rows, serving. */
export async function serveSimulated(
  world: ServedWorld,
  name: string,
  seed: number,
  how: World = usual,
): Promise<void> {
  const { ctx } = world
  const random = createRandom(seed)
  const training = simulate(random, firstMonday - 119 * dayMs, trainingDays, 400, how)
  const holdout = simulate(random, firstMonday - 28 * dayMs, 28, 1000, how)
  const version = await registerLogistic(ctx, name, {
    features,
    coefficients: weights,
    intercept: 0,
    profile: profileOf(training),
  })
  await evaluate(ctx, name, version.version, version.files[0]?.sha256 ?? '', holdout)
  await declareEndpoint(ctx, { project: 'default', endpoint: name, model: name })
  const { id } = await startRollout(ctx, { project: 'default', endpoint: name, version: 1 })
  await until('promotion', async () => {
    const rollout = await getRollout(ctx, { project: 'default', rollout: id })
    return rollout.state === 'promoted'
  })
}

async function evaluate(
  ctx: Context,
  model: string,
  version: number,
  modelSha256: string,
  rows: SimulatedRows,
): Promise<void> {
  const positives = rows.labels.reduce((sum, label) => sum + label, 0)
  await recordEvaluation(ctx, {
    project: 'default',
    model,
    version: String(version),
    evaluation: {
      modelSha256,
      data: {
        path: 'holdout.parquet',
        sha256: modelSha256,
        rows: rows.at.length,
        positives,
        inputs: [],
      },
      target: 'late',
      metrics: estimates(rows),
      calibration: { error: 0, bins: [] },
      slices: [],
      fairness: [],
      parity: { rows: 300, largestDifference: 0 },
      createdAt: ctx.clock(),
    },
  })
  await evaluateGate(ctx, { project: 'default', model, version: String(version) })
}

/** Serves a week of simulated rows and says what came true. */
export async function liveWeek(
  world: ServedWorld,
  endpoint: string,
  random: Random,
  week: number,
  perDay: number,
  how: World,
): Promise<void> {
  const { ctx, serving } = world
  const rows = simulate(random, firstMonday + week * 7 * dayMs, 7, perDay, how)
  const ids = rows.at.map((_, row) => `${endpoint}-${week}-${row}`)
  const { columns, at } = rows
  await serving.score(ctx, { project: 'default', endpoint, columns, ids, at })
  await postLabels(ctx, { project: 'default', endpoint, ids, labels: [...rows.labels] }, () =>
    serving.flush('default', endpoint),
  )
}
