import { createHash } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Client } from '#client/client'
import { invalid } from '#kernel/errors'
import type { FrameSession } from '#ports/frames/frames'
import type { Evaluation, EvaluationSlice, ModelComparison } from '#domains/models/index'
import { type Champion, fetchChampion } from './champion.ts'
import { withFrames } from './frames.ts'
import {
  calibrate,
  compare,
  differences,
  judgeFairness,
  matchedThreshold,
  measure,
  pick,
  pickScores,
} from './judge.ts'
import { findLineage } from './lineage.ts'
import { readModelDescription, readOnnx } from './model-directory.ts'
import { largestDifference, scoreColumns, withModel } from './score-model.ts'
import { divideRows, rowsByLabel } from './slices.ts'
import {
  type DataFile,
  openDataFile,
  readFeatures,
  readTrainingColumns,
  type TrainingColumns,
} from './training-data.ts'

export interface EvaluateRequest {
  /** Directories that `gyre train` wrote. */
  model: string
  baseline?: string | undefined
  data: string
  target: string
  /** `late-flights@champion` */
  against?: string | undefined
  /** `name=expression` */
  slices: readonly string[]
  groups: readonly string[]
  /** Of the decision that fairness is judged on; default: as many chosen as are positive. */
  threshold?: number | undefined
  out: string
  server: { client: Client; project: string } | undefined
  /** The execution that this is a stage of. */
  execution?: string | undefined
}

function executionOf({ execution }: EvaluateRequest): string[] {
  return execution === undefined ? [] : [`execution:${execution}`]
}

/**
 * Judges a model on rows it has not seen: metrics with intervals, calibration, against a baseline and
 * the champion on the same rows, by slice, between groups; and whether the exported model still
 * repeats its training predictions. Writes the evidence that the gate decides on.
 * Errors: `invalid`; `unavailable` when the champion cannot be asked for.
 */
export async function evaluate(request: EvaluateRequest): Promise<Evaluation> {
  const onnx = await readOnnx(request.model)
  const { features } = await readModelDescription(request.model)
  const evaluation = await withFrames(async (session) => {
    const file = await openDataFile(session, request.data)
    const rows = await readTrainingColumns(session, file, features, request.target)
    const scores = await withModel(onnx, (model) => scoreColumns(model, rows.columns))
    const lineage = await findLineage(file, request.server)
    const others = await otherScores(session, file, request)
    return {
      modelSha256: createHash('sha256').update(onnx).digest('hex'),
      data: {
        path: request.data,
        sha256: file.sha256,
        rows: file.rows,
        positives: rows.positives,
        inputs: [...lineage.inputs, ...executionOf(request)],
      },
      target: request.target,
      metrics: measure(rows.labels, scores),
      calibration: calibrate(rows.labels, scores),
      ...comparisons(rows, scores, others),
      slices: await judgeSlices(session, file, request, rows, scores, others),
      fairness: await judgeGroups(session, file, request, rows, scores),
      parity: await checkParity(session, request.model, onnx, features),
      createdAt: Date.now(),
    } satisfies Evaluation
  })
  await mkdir(dirname(request.out), { recursive: true })
  await writeFile(request.out, `${JSON.stringify(evaluation, null, 2)}\n`)
  return evaluation
}

/** What other models say of the same rows. */
interface OtherScores {
  baseline?: Float64Array
  champion?: { scores: Float64Array; champion: Champion }
  championReason?: string
}

async function otherScores(
  session: FrameSession,
  file: DataFile,
  request: EvaluateRequest,
): Promise<OtherScores> {
  const others: OtherScores = {}
  if (request.baseline !== undefined) {
    const { features } = await readModelDescription(request.baseline)
    const columns = await readFeatures(session, file, features)
    const onnx = await readOnnx(request.baseline)
    others.baseline = await withModel(onnx, (model) => scoreColumns(model, columns))
  }
  if (request.against === undefined) {
    return { ...others, championReason: 'It was not asked for: no --against.' }
  }
  if (request.server === undefined) throw invalid('--against needs a server: give --url.')
  const champion = await fetchChampion(request.server, request.against)
  if ('reason' in champion) return { ...others, championReason: champion.reason }
  const known = file.columns.map((column) => column.name)
  const missing = champion.features.filter((name) => !known.includes(name))
  if (missing.length > 0) {
    const reason = `The champion takes ${missing.join(', ')}, which ${file.path} does not have.`
    return { ...others, championReason: reason }
  }
  const columns = await readFeatures(session, file, champion.features)
  const scores = await withModel(champion.onnx, (model) => scoreColumns(model, columns))
  return { ...others, champion: { scores, champion } }
}

function comparisons(
  { labels }: TrainingColumns,
  scores: Float64Array,
  { baseline, champion, championReason }: OtherScores,
): Pick<Evaluation, 'baseline' | 'champion' | 'championReason'> {
  return {
    ...(baseline === undefined ? {} : { baseline: compare(labels, scores, baseline) }),
    ...(champion === undefined
      ? { championReason }
      : { champion: { ...championComparison(labels, scores, champion) } }),
  }
}

function championComparison(
  labels: Uint8Array,
  scores: Float64Array,
  { scores: theirs, champion }: { scores: Float64Array; champion: Champion },
): ModelComparison & { model: string; version: number; modelSha256: string } {
  const { model, version, modelSha256 } = champion
  return { model, version, modelSha256, ...compare(labels, scores, theirs) }
}

async function judgeSlices(
  session: FrameSession,
  file: DataFile,
  request: EvaluateRequest,
  { labels }: TrainingColumns,
  scores: Float64Array,
  others: OtherScores,
): Promise<EvaluationSlice[]> {
  const slices: EvaluationSlice[] = []
  for (const definition of request.slices) {
    const division = await divideRows(session, file, definition)
    for (const [label, rows] of rowsByLabel(division)) {
      // An interval of a mean needs two rows.
      if (rows.length < 2) continue
      const own = pick(labels, rows)
      const ours = pickScores(scores, rows)
      const against = (theirs: Float64Array) => differences(own, ours, pickScores(theirs, rows))
      slices.push({
        by: division.name,
        label,
        rows: rows.length,
        positives: own.reduce((sum, value) => sum + value, 0),
        metrics: measure(own, ours),
        ...(others.baseline === undefined ? {} : { baseline: against(others.baseline) }),
        ...(others.champion === undefined ? {} : { champion: against(others.champion.scores) }),
      })
    }
  }
  return slices
}

async function judgeGroups(
  session: FrameSession,
  file: DataFile,
  request: EvaluateRequest,
  { labels }: TrainingColumns,
  scores: Float64Array,
): Promise<Evaluation['fairness']> {
  const threshold = request.threshold ?? matchedThreshold(labels, scores)
  const results: Evaluation['fairness'] = []
  for (const definition of request.groups) {
    const division = await divideRows(session, file, definition)
    const result = judgeFairness(division, labels, scores, threshold)
    if (result !== undefined) results.push(result)
  }
  return results
}

/** Whether the model gives for its training sample what it gave when it was trained. */
async function checkParity(
  session: FrameSession,
  directory: string,
  onnx: Uint8Array,
  features: readonly string[],
): Promise<Evaluation['parity']> {
  const sample = await openDataFile(session, join(directory, 'sample.parquet'))
  const columns = await readFeatures(session, sample, features)
  const logged = await session.numericColumns(
    `SELECT prediction FROM ${session.scan([sample.path])}`,
  )
  const scores = await withModel(onnx, (model) => scoreColumns(model, columns))
  const predictions = logged['prediction'] ?? new Float64Array()
  return { rows: sample.rows, largestDifference: largestDifference(scores, predictions) }
}
