import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { asGyreError, GyreError } from '#kernel/errors'
import type { FrameSession } from '#ports/frames/frames'
import { aucWithInterval, brier, logLoss } from '#science/classification'
import type { Client } from '#client/client'
import { withFrames } from './frames.ts'
import { learnAside } from './learn-aside.ts'
import type { Learned, LearnerName } from './learner.ts'
import { readLearnerOptions } from './learner-options.ts'
import { type DataLineage, findLineage } from './lineage.ts'
import { type ModelDescription, modelFiles, signatureOf } from './model-directory.ts'
import { profileTraining } from './profile.ts'
import { type TrackedRun, trackRun } from './run-tracker.ts'
import { writeSample } from './sample.ts'
import { largestDifference, scoreColumns, withModel } from './score-model.ts'
import { readSurroundings, type RunSurroundings } from './surroundings.ts'
import {
  type DataFile,
  openDataFile,
  readTrainingColumns,
  timeColumn,
  type TrainingColumns,
} from './training-data.ts'

export interface TrainRequest {
  data: string
  target: string
  features: readonly string[]
  learner: LearnerName
  /** `params.yaml:trees` */
  params?: string | undefined
  /** `depth=4` */
  set: readonly string[]
  seed?: number | undefined
  validation?: string | undefined
  experiment: string
  name?: string | undefined
  out: string
  directory: string
  environment: Readonly<Record<string, string | undefined>>
  command: readonly string[]
  server: { client: Client; project: string } | undefined
  onIteration(iteration: number, metrics: Record<string, number>): void
  note(text: string): void
  signal: AbortSignal
}

export interface TrainReport {
  out: string
  run: string | null
  rows: number
  features: string[]
  metrics: Record<string, number>
  seconds: number
  largestDifference: number
}

/** How far the exported model may be from the learner's own predictions. */
const parityTolerance = 1e-6

/**
 * Trains a model on a Parquet file and writes it with what later steps need: ONNX, description,
 * sample with predictions, profile, metrics. The directory appears whole or not at all. Tracked as a
 * run when a server answers. Errors: `invalid` for data that cannot be learned from; `internal` when
 * the exported model does not agree with the learner.
 */
export async function train(request: TrainRequest): Promise<TrainReport> {
  const options = await readLearnerOptions(request.learner, request)
  return withFrames(async (session) => {
    const file = await openDataFile(session, request.data)
    const training = await readTrainingColumns(session, file, request.features, request.target)
    const validation = await readValidation(session, request)
    const [lineage, surroundings] = await Promise.all([
      findLineage(file, request.server),
      readSurroundings(request.directory, request.command, [
        'onnxruntime-node',
        '@duckdb/node-api',
      ]),
    ])
    const run = await startRun(request, options, file, lineage, surroundings)
    try {
      const job = { request, options, session, file, training, validation, lineage, surroundings }
      const report = await learnAndWrite(job, run)
      await run.finish('finished')
      return report
    } catch (thrown) {
      const killed = request.signal.aborted
      await run.finish(killed ? 'killed' : 'failed', asGyreError(thrown).public)
      throw thrown
    }
  })
}

interface TrainJob {
  request: TrainRequest
  options: Record<string, number>
  session: FrameSession
  file: DataFile
  training: TrainingColumns
  validation: TrainingColumns | undefined
  lineage: DataLineage
  surroundings: RunSurroundings
}

async function readValidation(
  session: FrameSession,
  { validation, features, target }: TrainRequest,
): Promise<TrainingColumns | undefined> {
  if (validation === undefined) return undefined
  const file = await openDataFile(session, validation)
  return readTrainingColumns(session, file, features, target)
}

async function startRun(
  request: TrainRequest,
  options: Record<string, number>,
  file: DataFile,
  lineage: DataLineage,
  surroundings: RunSurroundings,
): Promise<TrackedRun> {
  const execution = request.environment['GYRE_EXECUTION']
  const stage = request.environment['GYRE_STAGE']
  return trackRun({
    server: request.server,
    experiment: request.experiment,
    name: request.name,
    parameters: {
      learner: request.learner,
      target: request.target,
      rows: String(file.rows),
      ...Object.fromEntries(Object.entries(options).map(([key, value]) => [key, String(value)])),
    },
    tags: {
      features: request.features.join(','),
      ...(stage === undefined ? {} : { stage }),
    },
    surroundings,
    inputs: [...lineage.inputs, ...(execution === undefined ? [] : [`execution:${execution}`])],
    note: request.note,
  })
}

async function learnAndWrite(job: TrainJob, run: TrackedRun): Promise<TrainReport> {
  const { request, training, validation, options } = job
  const started = performance.now()
  let last: { iteration: number; metrics: Record<string, number> } = { iteration: 0, metrics: {} }
  const learned = await learnAside(
    {
      learner: request.learner,
      options,
      names: [...training.names],
      columns: training.columns,
      labels: training.labels,
      ...(validation === undefined
        ? {}
        : { validation: { columns: validation.columns, labels: validation.labels } }),
    },
    (iteration, metrics, at) => {
      for (const [key, value] of Object.entries(metrics)) run.metric(key, value, iteration, at)
      last = { iteration, metrics }
      request.onIteration(iteration, metrics)
    },
    request.signal,
  )
  const seconds = (performance.now() - started) / 1000
  const { difference, metrics } = await judge(job, learned)
  metrics['train_seconds'] = seconds
  metrics['rows_per_second'] = training.labels.length / seconds
  for (const [key, value] of Object.entries(metrics)) {
    // What was logged with every iteration ends with the last of them.
    if (!(key in last.metrics)) run.metric(key, value, last.iteration)
  }
  await writeModel(job, learned, metrics, run)
  return {
    out: request.out,
    run: run.id ?? null,
    rows: training.labels.length,
    features: [...training.names],
    metrics,
    seconds,
    largestDifference: difference,
  }
}

/** Checks that the exported model is the learned one, and measures it. */
async function judge(
  { training, validation }: TrainJob,
  learned: Learned,
): Promise<{ difference: number; metrics: Record<string, number> }> {
  return withModel(learned.onnx, async (model) => {
    const scores = await scoreColumns(model, training.columns)
    const difference = largestDifference(scores, learned.predictions)
    if (difference > parityTolerance) {
      throw new GyreError({
        code: 'internal',
        public: `The exported model differs from the learned one by ${difference}; at most ${parityTolerance} is right. Nothing was written.`,
        internal: `parity ${difference}`,
      })
    }
    const metrics = measured('train', training.labels, learned.predictions)
    if (validation !== undefined) {
      const held = await scoreColumns(model, validation.columns)
      Object.assign(metrics, measured('validation', validation.labels, held))
    }
    return { difference, metrics }
  })
}

function measured(
  prefix: string,
  labels: Uint8Array,
  scores: Float64Array,
): Record<string, number> {
  return {
    [`${prefix}_auc`]: aucWithInterval(labels, scores, 0.95).value,
    [`${prefix}_log_loss`]: logLoss(labels, scores, 0.95).value,
    [`${prefix}_brier`]: brier(labels, scores, 0.95).value,
  }
}

/** Writes beside `out` and moves it there at the end. */
async function writeModel(
  job: TrainJob,
  learned: Learned,
  metrics: Record<string, number>,
  run: TrackedRun,
): Promise<void> {
  const { request, session, file, training } = job
  const draft = `${request.out}.${process.pid}.tmp`
  await rm(draft, { recursive: true, force: true })
  await mkdir(draft, { recursive: true })
  try {
    await writeFile(join(draft, 'model.onnx'), learned.onnx)
    await writeSample(session, file, learned.predictions, join(draft, 'sample.parquet'))
    const time = timeColumn(file)
    const { predictions } = learned
    const profile = await profileTraining(
      session,
      file,
      training,
      predictions,
      request.target,
      time,
    )
    await writeJson(join(draft, 'profile.json'), profile)
    await writeJson(join(draft, 'metrics.json'), metrics)
    await writeJson(join(draft, 'model.json'), describe(job, learned, run))
    for (const name of modelFiles) await run.upload(name, join(draft, name))
    await rm(request.out, { recursive: true, force: true })
    await rename(draft, request.out)
  } finally {
    await rm(draft, { recursive: true, force: true })
  }
}

function describe(job: TrainJob, learned: Learned, run: TrackedRun): ModelDescription {
  const { request, options, file, training, lineage, surroundings } = job
  return {
    learner: request.learner,
    options,
    features: [...training.names],
    target: request.target,
    signature: signatureOf(training.names),
    data: {
      path: request.data,
      sha256: file.sha256,
      rows: file.rows,
      positives: training.positives,
    },
    inputs: lineage.inputs,
    featureService: lineage.featureService,
    gitCommit: surroundings.gitCommit ?? null,
    run: run.id ?? null,
    model: learned.description,
  }
}

async function writeJson(path: string, value: unknown): Promise<void> {
  await writeFile(path, `${JSON.stringify(value, null, 2)}\n`)
}
