import assert from 'node:assert/strict'
import { test } from 'node:test'
import { finalStates } from '#kernel/status-table'
import type { LoadedModel } from '#ports/model-runtime/model-runtime'
import { addToMoments, emptyMoments } from '#science/sequential'
import { createRandom } from '#science/random'
import { bucketCount, bucketOf, saltState } from './assign.ts'
import { judgeGuards, testRelease } from './judge-release.ts'
import { NaturalBatch } from './natural-batch.ts'
import { defaultPolicy, parseEndpointsDeclaration } from './policy.ts'
import { type LoggedRows, PredictionLog } from './prediction-log.ts'
import { countLatency, latencyQuantile } from './service-meter.ts'
import { type RolloutEvent, type RolloutState, rolloutStates, rolloutTable } from './status.ts'

for (const state of rolloutStates) {
  for (const [event, next] of Object.entries(rolloutTable[state]) as [
    RolloutEvent,
    RolloutState | null,
  ][]) {
    test(`a release that is ${state} answers "${event}" with ${next ?? 'a refusal'}`, () => {
      assert.ok(next === null || rolloutStates.includes(next))
      const untested: readonly RolloutState[] = ['preparing', 'loading', 'warming']
      if (untested.includes(state)) assert.ok(next !== 'promoted' && next !== 'canary')
    })
  }
}

test('a release ends in one of four states, and each other state can be taken back', () => {
  assert.deepEqual(finalStates(rolloutTable), ['promoted', 'rolled-back', 'failed', 'aborted'])
  for (const state of ['preparing', 'loading', 'warming', 'checking-parity', 'canary'] as const) {
    assert.equal(rolloutTable[state]['roll-back'], 'rolled-back')
  }
})

test('units spread evenly over buckets, stay where they are, and a growing share only adds some', () => {
  const salt = saltState('rollout-1')
  const counts = new Array<number>(10).fill(0)
  const units = Array.from({ length: 100_000 }, (_, i) => `2001-${i}`)
  for (const unit of units) {
    const tenth = Math.floor((bucketOf(salt, unit) / bucketCount) * 10)
    counts[tenth] = (counts[tenth] ?? 0) + 1
  }
  for (const count of counts) assert.ok(Math.abs(count - 10_000) < 400, String(count))
  const inCanary = (share: number) =>
    new Set(units.filter((unit) => bucketOf(salt, unit) < share * bucketCount))
  const narrow = inCanary(0.1)
  const wide = inCanary(0.5)
  assert.ok([...narrow].every((unit) => wide.has(unit)))
  const other = saltState('rollout-2')
  const both = [...narrow].filter((unit) => bucketOf(other, unit) < 0.1 * bucketCount)
  assert.ok(Math.abs(both.length - 1000) < 200, 'another release chooses other units')
})

function loggedRows(count: number, endpoint = 'late'): LoggedRows {
  return {
    project: 'default',
    endpoint,
    version: 1,
    role: 'champion',
    stage: null,
    requestId: 'r',
    receivedAt: 5,
    latencyMs: 1,
    features: ['a'],
    seen: { columns: [Float64Array.from({ length: count }, (_, i) => i)], tensor: null },
    predictions: Float32Array.from({ length: count }, (_, i) => i / count),
    outputs: 1,
    ids: Array.from({ length: count }, (_, i) => `r-${i}`),
    timestamps: new Float64Array(count),
    keys: {},
    rows: null,
  }
}

test('the log takes what fits, drops the rest and frees what was written', () => {
  const log = new PredictionLog(100_000)
  let kept = 0
  let dropped = 0
  for (let i = 0; i < 50; i++) {
    if (log.add(loggedRows(50))) kept++
    else dropped++
  }
  assert.ok(kept > 5 && dropped > 5)
  assert.ok(log.bytes <= 100_000)
  const taken = log.take()
  assert.equal(
    taken.reduce((sum, segment) => sum + segment.count, 0),
    kept * 50,
  )
  assert.ok(!log.add(loggedRows(1000)), 'what is being written still counts')
  taken.forEach((segment) => log.giveBack(segment))
  const again = log.take('default', 'late')
  again.forEach((segment) => log.written(segment))
  assert.equal(log.bytes, 0)
  assert.ok(log.add(loggedRows(50)))
})

test('segments keep every row in its column, and are full at a file size', () => {
  const log = new PredictionLog(1e9)
  for (let i = 0; i < 70; i++) log.add(loggedRows(1000))
  log.add(loggedRows(10, 'other'))
  assert.equal(log.sealed, 1)
  const [segment] = log.take('default', 'late')
  assert.equal(segment?.count, 66_000)
  assert.equal(segment?.ids[1001], 'r-1')
  assert.equal(segment?.values[0]?.[1999], 999)
  assert.equal(log.take('default', 'other')[0]?.count, 10)
})

/** A model whose answers come when they are let. */
function slowModel(): { model: LoadedModel; calls: number[]; let(): void } {
  const calls: number[] = []
  const waiting: (() => void)[] = []
  const model: LoadedModel = {
    inputs: [],
    outputs: [],
    async run(input, rows) {
      calls.push(rows)
      await new Promise<void>((resolve) => waiting.push(resolve))
      return input.map((value) => value * 2)
    },
    async release() {},
  }
  return { model, calls, let: () => waiting.splice(0).forEach((go) => go()) }
}

test('an idle model answers at once, a busy one in a batch of what has gathered', async () => {
  const slow = slowModel()
  const batch = new NaturalBatch(slow.model, 1, 8)
  const answers = [1, 2, 3, 4].map((value) => batch.run(Float32Array.of(value), 1))
  assert.deepEqual(slow.calls, [1])
  slow.let()
  await answers[0]
  await new Promise((resolve) => setImmediate(resolve))
  assert.deepEqual(slow.calls, [1, 3])
  const refused = Array.from({ length: 12 }, (_, i) =>
    batch.run(Float32Array.of(i), 1).then(
      () => 'answered',
      (error: { code: string }) => error.code,
    ),
  )
  slow.let()
  await Promise.all(answers)
  assert.deepEqual(
    (await Promise.all(answers)).map((output) => output[0]),
    [2, 4, 6, 8],
  )
  await new Promise((resolve) => setImmediate(resolve))
  slow.let()
  const ends = await Promise.all(refused)
  assert.equal(ends.filter((end) => end === 'overloaded').length, 4)
  assert.equal(ends.filter((end) => end === 'answered').length, 8)
})

test('a version that is no worse is rarely taken back, however often one looks; a worse one is', () => {
  const policy = { ...defaultPolicy, steps: [0.2], minimumRows: 200, tolerance: 0 }
  const loss = (probability: number, label: boolean) =>
    -Math.log(label ? probability : 1 - probability)
  const releases = 400
  let wrong = 0
  let right = 0
  for (let seed = 0; seed < releases; seed++) {
    const random = createRandom(seed)
    const worse = seed % 4 === 0
    const losses = { canary: emptyMoments(), champion: emptyMoments() }
    let verdict = 'continue'
    for (let row = 0; row < 6000 && verdict !== 'worse'; row++) {
      const truth = 0.1 + 0.8 * random.next()
      const label = random.next() < truth
      const side = random.next() < 0.2 ? 'canary' : 'champion'
      const shown = side === 'canary' && worse ? 0.5 : truth
      losses[side] = addToMoments(losses[side], loss(shown, label))
      if (row % 200 === 199) ({ verdict } = testRelease(losses, policy, 0, 0))
    }
    if (verdict === 'worse') {
      if (worse) right++
      else wrong++
    }
  }
  assert.ok(wrong <= 0.05 * 300, `${wrong} of 300 good versions were taken back`)
  assert.ok(right >= 95, `${right} of 100 bad versions were taken back`)
})

test('failures, slowness, missing features and strange predictions need no labels', () => {
  const side = { requests: 1000, predictions: 1000, errors: 0, missing: 0, p99Ms: 5 }
  const counts = Array.from({ length: 20 }, (_, i) => (i < 10 ? 100 : 0))
  const shape = { rows: 1000, missing: 0, counts }
  const failed = (canary: object, canaryShape: object = {}): string[] =>
    judgeGuards(
      { canary: { ...side, ...canary }, champion: side },
      { canary: { ...shape, ...canaryShape }, champion: shape },
      defaultPolicy,
      4,
      0.5,
    )
      .filter(({ ok }) => !ok)
      .map(({ guard }) => guard)
  assert.deepEqual(failed({}), [])
  assert.deepEqual(failed({ errors: 5 }), [])
  assert.deepEqual(failed({ errors: 50 }), ['errors'])
  assert.deepEqual(failed({ requests: 5, errors: 5 }), [], 'too few requests say nothing')
  assert.deepEqual(failed({ p99Ms: 5000 }), ['latency'])
  assert.deepEqual(failed({ missing: 1000 }), ['missing'])
  assert.deepEqual(failed({}, { counts: counts.toReversed() }), ['distribution'])
  assert.deepEqual(failed({}, { missing: 400 }), ['distribution'])
  assert.deepEqual(failed({}, { rows: 400, counts: counts.toReversed() }), ['sample-ratio'])
})

test('latencies are counted in buckets that know their quantiles', () => {
  const buckets: number[] = []
  for (let i = 1; i <= 1000; i++) countLatency(buckets, i / 100)
  const [median, high] = [latencyQuantile(buckets, 0.5), latencyQuantile(buckets, 0.99)]
  assert.ok(median !== null && median >= 5 && median <= 6)
  assert.ok(high !== null && high >= 9.9 && high <= 11.8)
  assert.equal(latencyQuantile([], 0.5), null)
})

test('the declaration of endpoints is read, and what is wrong is named', () => {
  const [endpoint] = parseEndpointsDeclaration({
    late: { model: 'late', feature_service: 'f', rollout: { steps: [0.1], minimum_rows: 5 } },
  })
  assert.deepEqual(endpoint, {
    name: 'late',
    model: 'late',
    featureService: 'f',
    policy: { ...defaultPolicy, steps: [0.1], minimumRows: 5 },
  })
  const wrong: [unknown, RegExp][] = [
    [[], /endpoints: must be a mapping/],
    [{ late: {} }, /endpoints\.late: model/],
    [{ late: { model: 'a', colour: 1 } }, /endpoints\.late: .*colour/],
    [{ late: { model: 'a', rollout: { steps: [0.5, 0.1] } } }, /must ascend/],
    [{ late: { model: 'a', rollout: { alpha: 2 } } }, /rollout\.alpha/],
    [{ '../x': { model: 'a' } }, /not a valid endpoint name/],
  ]
  for (const [section, message] of wrong) {
    assert.throws(() => parseEndpointsDeclaration(section), { message })
  }
})
