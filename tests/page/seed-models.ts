import { createHash } from 'node:crypto'
import type { Client } from '#client/client'
import { writeLogisticOnnx } from '#science/onnx/write-logistic'

type Evaluation = Parameters<Client['models']['recordEvaluation']>[0]['body']
type Estimate = NonNullable<Evaluation['metrics']['auc']>

export const modelFeatures = ['distance', 'hour']

/** A real model: lateness grows with the hour and, by `slope`, with the distance. */
export function modelBytes(slope: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(
    writeLogisticOnnx({
      kind: 'logistic',
      names: modelFeatures,
      means: [800, 12],
      scales: [500, 6],
      coefficients: [slope, 0.6],
      intercept: -1.2,
    } as unknown as Parameters<typeof writeLogisticOnnx>[0]),
  )
}

/** A model with three versions: a champion, its successor, and one that the gate refuses. */
export async function seedModels(
  client: Client,
  project: string,
  runs: readonly string[],
): Promise<void> {
  const model = 'late-flights'
  await client.models.declareModel({
    params: { project, model },
    body: {
      description: 'Will a flight be more than 15 minutes late?',
      gate: [
        { check: 'signature' },
        { check: 'minimum', metric: 'auc', value: 0.6 },
        { check: 'better-than-baseline', metric: 'log_loss', confidence: 0.95 },
        { check: 'no-worse-than-champion', metric: 'log_loss', tolerance: 0.001, confidence: 0.95 },
        { check: 'slices', metric: 'auc', tolerance: 0.02, minimum_rows: 500 },
        {
          check: 'fairness',
          metric: 'equalized_odds_difference',
          by: 'airport_size',
          maximum: 0.2,
        },
        { check: 'calibration', maximum: 0.05 },
        { check: 'parity' },
      ],
    },
  })
  for (const [index, auc] of [0.648, 0.661, 0.612].entries()) {
    await registerOne(client, { project, model, index, auc, run: runs[index] })
    if (index === 0) await untilServed(client, project)
  }
  await seedJudgements(client, project, model)
}

/** What people said of the versions, and where they put them. */
async function seedJudgements(client: Client, project: string, model: string): Promise<void> {
  const version = (number: number) => ({ project, model, version: String(number) })
  const point = (number: number, reason: string, override = false) =>
    client.models.setAlias({
      params: { project, model, alias: 'beta' },
      body: { version: number, reason, override },
    })
  await client.registry.updateVersion({
    params: version(2),
    body: { description: 'Two more months of data.', licence: 'Apache-2.0' },
  })
  await point(1, 'the trial begins')
  await client.registry.setStage({
    params: version(1),
    body: { stage: 'Production', reason: 'accepted by the planners' },
  })
  await client.registry.setStage({ params: version(2), body: { stage: 'Staging' } })
  await point(2, 'more data than version 1')
  await client.registry.setStage({
    params: version(2),
    body: { stage: 'Production', archiveOthers: true, reason: 'two quiet weeks in staging' },
  })
  await client.retention.setModelRetention({
    params: { project, model },
    body: { keepVersions: 1, keepDays: null },
  })
  await client.retention.holdModel({
    params: { project, model },
    body: { version: 1, reason: 'the audit of the spring' },
  })
  for (const [number, verdict, comment] of [
    [2, 'comment', 'Small airports are a little worse. Is that noise?'],
    [2, 'approved', 'It is: see the interval of the slice.'],
    [3, 'rejected', 'Worse than what we have.'],
  ] as const) {
    await client.registry.reviewVersion({ params: version(number), body: { verdict, comment } })
  }
}

interface OneVersion {
  project: string
  model: string
  index: number
  auc: number
  run: string | undefined
}

async function registerOne(
  client: Client,
  { project, model, index, auc, run }: OneVersion,
): Promise<void> {
  const bytes = modelBytes(0.1 * (index + 1))
  const { sha256, sizeBytes } = await client.models.uploadModelFile({
    params: { project, model },
    body: bytes,
  })
  await client.models.registerVersion({
    params: { project, model },
    body: {
      learner: 'logistic',
      options: { l2: 1, iterations: 20 + index },
      signature: {
        inputs: modelFeatures.map((name) => ({ name, type: 'number' as const })),
        outputs: [{ name: 'probability', type: 'number' }],
      },
      features: modelFeatures,
      target: 'late',
      inputs: [`data:flights@${index + 5}`],
      gitCommit: createHash('sha1').update(`commit ${index}`).digest('hex'),
      files: [{ path: 'model.onnx', sha256, sizeBytes }],
      ...(run === undefined ? {} : { run }),
      evaluation: evaluationOf(sha256, auc, index),
    },
  })
}

/** The first version passes its gate and gets all the traffic, all by itself. */
async function untilServed(client: Client, project: string): Promise<void> {
  const params = { project, endpoint: 'late-flights' }
  for (let attempt = 0; attempt < 200; attempt++) {
    const { champion, rollout } = await client.deployments.getEndpoint({ params })
    if (champion === 1 && rollout === null) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error('Version 1 was not released within 20 s.')
}

function estimate(value: number, error: number): Estimate {
  return { value, low: value - 1.96 * error, high: value + 1.96 * error, standardError: error }
}

function evaluationOf(modelSha256: string, auc: number, index: number): Evaluation {
  const loss = 0.62 - auc * 0.25
  const rows = 18_000
  const slices = [
    ['airport_size', 'large', 9200, 0.006],
    ['airport_size', 'medium', 6100, -0.004],
    ['airport_size', 'small', 2700, -0.019],
    ['time_of_day', 'morning', 5200, 0.011],
    ['time_of_day', 'afternoon', 7900, 0.002],
    ['time_of_day', 'evening', 4900, -0.012],
  ] as const
  return {
    modelSha256,
    data: {
      path: 'build/holdout.parquet',
      sha256: modelSha256,
      rows,
      positives: 3700,
      inputs: [`data:flights@${index + 5}`],
    },
    target: 'late',
    metrics: {
      auc: estimate(auc, 0.004),
      log_loss: estimate(loss, 0.003),
      brier: estimate(0.152, 0.0015),
    },
    calibration: {
      error: 0.018 + index * 0.002,
      bins: Array.from({ length: 10 }, (_, bin) => {
        const predicted = 0.05 + bin * 0.055
        const observed = predicted + Math.sin(bin) * 0.015
        return {
          rows: 1800,
          predicted,
          observed,
          low: Math.max(0, observed - 0.02),
          high: observed + 0.02,
        }
      }),
    },
    baseline: {
      differences: { log_loss: estimate(-0.011, 0.002), auc: estimate(0.02, 0.004) },
      metrics: { log_loss: estimate(loss + 0.011, 0.003), auc: estimate(auc - 0.02, 0.004) },
    },
    slices: slices.map(([by, label, count, shift]) => ({
      by,
      label,
      rows: count,
      positives: Math.round(count * 0.2),
      metrics: {
        auc: estimate(auc + shift, 0.5 / Math.sqrt(count)),
        log_loss: estimate(loss - shift / 3, 0.004),
      },
      baseline: { auc: estimate(0.015 + shift / 4, 0.004) },
      ...(index === 0 ? {} : { champion: { auc: estimate(auc - 0.648 + shift / 4, 0.004) } }),
    })),
    fairness: [
      {
        by: 'airport_size',
        threshold: 0.3,
        differences: { equalized_odds_difference: 0.12, demographic_parity_difference: 0.08 },
        groups: [
          {
            label: 'large',
            rows: 9200,
            selectionRate: 0.21,
            truePositiveRate: 0.44,
            falsePositiveRate: 0.16,
          },
          {
            label: 'small',
            rows: 2700,
            selectionRate: 0.14,
            truePositiveRate: 0.32,
            falsePositiveRate: 0.1,
          },
        ],
      },
    ],
    ...(index === 0
      ? {}
      : {
          champion: {
            model: 'late-flights',
            version: 1,
            modelSha256: createHash('sha256').update(modelBytes(0.1)).digest('hex'),
            differences: {
              log_loss: estimate(index === 1 ? -0.004 : 0.012, 0.001),
              auc: estimate(auc - 0.648, 0.003),
            },
            metrics: { log_loss: estimate(0.458, 0.003), auc: estimate(0.648, 0.004) },
          },
        }),
    parity: { rows: 200, largestDifference: 2.1e-8 },
    createdAt: Date.now(),
  }
}
