import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aucWithInterval, brier, logLoss } from '#science/classification'
import { createRandom, type Random } from '#science/random'
import type { Evaluation, ModelProfile } from '#domains/models/index'
import { checkPerformance } from './check-performance.ts'
import { changedSettings, defaultSettings } from './settings.ts'
import type { RealisedRows } from './window-data.ts'

/** How days of a stream differ, with variance 1. */
type Days = (random: Random, count: number) => number[]

interface Stream {
  days: Days
  /** Of the odds of the label, by day: more or fewer flights are late than the model can know. */
  rate: number
  /** Of how much of the labels the model explains, by day. */
  signal: number
}

const repeats = 400
const level = 0.05
/** 0.999 quantile of Binomial(400, 0.05), scipy 1.17.1. */
const mostAlarms = 34
const trainingDays = 91
const holdoutDays = 7
const windowDays = 7
const perDay = 150
const bins = 20

/** Autoregressive of order one. */
function autoregressive(r: number): Days {
  return (random, count) => {
    let value = random.normal()
    return Array.from({ length: count }, () => {
      const now = value
      value = r * value + Math.sqrt(1 - r * r) * random.normal()
      return now
    })
  }
}

/** The same every week, and a little of each day's own. */
function weekly(random: Random, count: number): number[] {
  return Array.from(
    { length: count },
    (_, day) => 1.3 * Math.sin((2 * Math.PI * day) / 7) + 0.3 * random.normal(),
  )
}

interface Labelled {
  labels: Uint8Array
  predictions: Float64Array
  days: Uint16Array
}

/** Rows of days, each with what it has in common; `lost` of the signal is gone. */
function draw(
  random: Random,
  { rate, signal }: Stream,
  common: readonly number[],
  lost: number,
): Labelled {
  const rows = common.length * perDay
  const labels = new Uint8Array(rows)
  const predictions = new Float64Array(rows)
  const days = new Uint16Array(rows)
  for (let row = 0; row < rows; row++) {
    const day = Math.floor(row / perDay)
    const effect = common[day] ?? 0
    const score = random.normal()
    const odds = (1 - lost) * (1 + signal * effect) * score - 1 + rate * effect
    predictions[row] = 1 / (1 + Math.exp(1 - score))
    labels[row] = random.next() < 1 / (1 + Math.exp(-odds)) ? 1 : 0
    days[row] = day
  }
  return { labels, predictions, days }
}

function profileOf({ labels, predictions, days }: Labelled): ModelProfile {
  const zeros = (): number[] => new Array<number>(bins).fill(0)
  const blocks = Array.from({ length: trainingDays }, (_, start) => {
    return { start, rows: perDay, predictions: zeros(), positives: zeros(), features: {} }
  })
  predictions.forEach((score, row) => {
    const block = blocks[days[row] ?? 0]
    const bin = Math.floor(score * bins)
    if (block === undefined) return
    block.predictions[bin] = (block.predictions[bin] ?? 0) + 1
    block.positives[bin] = (block.positives[bin] ?? 0) + (labels[row] ?? 0)
  })
  const edges = Array.from({ length: bins - 1 }, (_, i) => (i + 1) / bins)
  return { rows: labels.length, predictions: { edges, counts: zeros() }, features: [], blocks }
}

function evaluationOf({ labels, predictions }: Labelled): Evaluation {
  const auc = aucWithInterval(labels, predictions, 0.95)
  const log_loss = logLoss(labels, predictions, 0.95)
  const metrics = { auc, log_loss, brier: brier(labels, predictions, 0.95) }
  const estimates = Object.entries(metrics).map(([name, { lower, upper, ...rest }]) => [
    name,
    { ...rest, low: lower, high: upper },
  ])
  return {
    modelSha256: '',
    data: { path: '', sha256: '', rows: labels.length, positives: 0, inputs: [] },
    target: 'late',
    metrics: Object.fromEntries(estimates) as Evaluation['metrics'],
    calibration: { error: 0, bins: [] },
    slices: [],
    fairness: [],
    parity: { rows: 0, largestDifference: 0 },
    createdAt: 0,
  }
}

interface Plan {
  maximumDrop: number
  /** Of the signal, in the window. */
  lost: number
  /** Whether the days of the training data are known, as since version 0.2.0. */
  withDays: boolean
}

const metrics = ['auc', 'log_loss', 'brier'] as const

/** Alarms of each metric in weeks a month after a model was trained and evaluated. */
function alarmsOf(stream: Stream, { maximumDrop, lost, withDays }: Plan): number[] {
  const random = createRandom(1)
  const gap = 30
  const alarms = metrics.map(() => 0)
  for (let week = 0; week < repeats; week++) {
    const common = stream.days(random, trainingDays + holdoutDays + gap + windowDays)
    const training = draw(random, stream, common.slice(0, trainingDays), 0)
    const holdout = draw(random, stream, common.slice(trainingDays, trainingDays + holdoutDays), 0)
    const window = draw(random, stream, common.slice(-windowDays), lost)
    const profile = withDays ? profileOf(training) : undefined
    const reference = { evaluation: evaluationOf(holdout), profile }
    const realised: RealisedRows = { ...window, dayCount: windowDays }
    metrics.forEach((metric, index) => {
      const change = { endpoint: 'e', performance: { metric, maximumDrop } }
      const settings = changedSettings(defaultSettings, change)
      const checks = checkPerformance(realised, reference, settings)
      const p = checks.find(({ column }) => column === metric)?.p ?? 1
      if (p <= level) alarms[index] = (alarms[index] ?? 0) + 1
    })
  }
  return alarms
}

const streams: [string, Stream][] = [
  ['independent days', { days: autoregressive(0), rate: 0.6, signal: 0.4 }],
  ['days correlated 0.5', { days: autoregressive(0.5), rate: 0.6, signal: 0.4 }],
  ['days correlated 0.9', { days: autoregressive(0.9), rate: 0.6, signal: 0.4 }],
  ['weekly seasons', { days: weekly, rate: 0.6, signal: 0.4 }],
]

function told(alarms: readonly number[]): string {
  return metrics.map((metric, i) => `${metric} ${alarms[i]}`).join(', ') + ` in ${repeats}`
}

for (const [name, stream] of streams) {
  test(`${name}: calm weeks raise no more alarms than the level says`, (t) => {
    const alarms = alarmsOf(stream, { maximumDrop: 0, lost: 0, withDays: true })
    t.diagnostic(told(alarms))
    assert.ok(Math.max(...alarms) <= mostAlarms, told(alarms))
  })
}

test('taken for independent, correlated days raise more: what the days of training are for', (t) => {
  const alarms = alarmsOf(streams[2]![1], { maximumDrop: 0, lost: 0, withDays: false })
  t.diagnostic(told(alarms))
  assert.ok(Math.max(...alarms) > mostAlarms, told(alarms))
})

test('a model that lost its signal is found', (t) => {
  for (const [name, stream] of streams) {
    const [auc = 0] = alarmsOf(stream, { maximumDrop: 0.02, lost: 1, withDays: true })
    t.diagnostic(`${name}: ${auc} in ${repeats}`)
    assert.ok(auc >= (name === 'days correlated 0.9' ? 0.3 : 0.9) * repeats, name)
  }
})
