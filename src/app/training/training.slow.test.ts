import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { ModelProfile } from '#domains/models/index'
import type { InputColumn } from '#ports/frames/frames'
import { type OpenedServer, openServer } from '../opened-server.contract.ts'
import { evaluate, type EvaluateRequest } from './evaluate.ts'
import { withFrames } from './frames.ts'
import { registerModel } from './register-model.ts'
import { trackCommand } from './track-command.ts'
import { train, type TrainRequest } from './train.ts'
import { openDataFile, readFeatures } from './training-data.ts'

const project = 'lab'
let directory: string
let opened: OpenedServer
const path = (name: string) => join(directory, name)

/** Rows whose label depends on x and a little on y; every 20th y is missing. */
function rows(count: number, seed: number): InputColumn[] {
  let state = seed
  const random = () => {
    state = (state * 1103515245 + 12345) % 2147483648
    return state / 2147483648
  }
  const x = Array.from({ length: count }, random)
  const y = Array.from({ length: count }, (_, i) => (i % 20 === 0 ? null : random()))
  return [
    { name: 'x', type: 'number', values: x },
    { name: 'y', type: 'number', values: y },
    { name: 'text', type: 'string', values: x.map((v) => (v > 0.5 ? 'high' : 'low')) },
    { name: 'at', type: 'timestamp', values: x.map((_, i) => (i % 5) * 86_400_000 + i) },
    {
      name: 'late',
      type: 'integer',
      values: x.map((v, i) => (random() < 0.2 + 0.5 * v * v + 0.1 * (y[i] ?? 0) ? 1 : 0)),
    },
  ]
}

async function write(name: string, columns: InputColumn[], query = 'SELECT * FROM t') {
  await withFrames(async (session) => {
    await session.createTable('t', columns)
    await session.exportParquet(query, path(name))
  })
}

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'gyre-training-'))
  opened = await openServer()
  await write('train.parquet', rows(4000, 1))
  await write('hold.parquet', rows(3000, 2))
})
after(async () => {
  await opened.close()
  await rm(directory, { recursive: true })
})

function request(change: Partial<TrainRequest> = {}): TrainRequest {
  return {
    data: path('train.parquet'),
    target: 'late',
    features: ['x', 'y'],
    learner: 'trees',
    set: ['trees=20', 'depth=3'],
    seed: 7,
    experiment: 'tests',
    out: path('model'),
    directory,
    environment: {},
    command: ['gyre', 'train'],
    server: { client: opened.client(), project },
    onIteration: () => {},
    note: (text) => assert.fail(text),
    signal: new AbortController().signal,
    ...change,
  }
}

test('training writes a model with all that later steps need, and is tracked live', async () => {
  const iterations: number[] = []
  const report = await train(
    request({ validation: path('hold.parquet'), onIteration: (i) => iterations.push(i) }),
  )
  assert.deepEqual(
    iterations,
    Array.from({ length: 20 }, (_, i) => i + 1),
  )
  assert.ok(report.largestDifference <= 1e-6)
  assert.ok((report.metrics['validation_auc'] ?? 0) > 0.55)
  const description = JSON.parse(await readFile(path('model/model.json'), 'utf8')) as Record<
    string,
    unknown
  >
  assert.deepEqual(description['features'], ['x', 'y'])
  assert.equal(description['run'], report.run)
  const profile = JSON.parse(await readFile(path('model/profile.json'), 'utf8')) as ModelProfile
  assert.equal(profile.rows, 4000)
  assert.equal(profile.blocks.length, 5)
  const [x, y] = profile.features
  assert.equal(
    x?.counts.reduce((a, b) => a + b, 0),
    4000,
  )
  assert.equal(y?.missing, 200)
  const total = profile.blocks
    .map((block) => block.features['x'] ?? [])
    .reduce((a, b) => a.map((n, i) => n + (b[i] ?? 0)))
  assert.deepEqual(total, x?.counts)
  const sample = await withFrames(async (session) => {
    const file = await openDataFile(session, path('model/sample.parquet'))
    return { file, columns: await readFeatures(session, file, ['x', 'prediction']) }
  })
  assert.ok(sample.file.rows >= 200)
  assert.ok(sample.file.columns.some(({ name }) => name === 'text'))
  const run = await opened.client().runs.getRun({ params: { project, run: report.run ?? '' } })
  assert.equal(run.status, 'finished')
  assert.equal(run.parameters['depth'], '3')
  const losses = run.metricSummaries.find(({ key }) => key === 'validation_log_loss')
  assert.deepEqual([losses?.count, losses?.step], [20, 20])
  const artifacts = await opened.client().runs.listArtifacts({ params: { project, run: run.id } })
  assert.deepEqual(
    artifacts.items.map((item) => item.path),
    ['metrics.json', 'model.json', 'model.onnx', 'profile.json', 'sample.parquet'],
  )
})

test('the same data and seed give the same model', async () => {
  const bytes = async (out: string, seed: number) => {
    await train(request({ out: path(out), seed, server: undefined }))
    return readFile(path(`${out}/model.onnx`))
  }
  const first = await bytes('same-1', 3)
  assert.deepEqual(await bytes('same-2', 3), first)
  const other = await train(
    request({ out: path('other'), set: ['rowSample=0.5', 'trees=5'], seed: 4, server: undefined }),
  )
  assert.equal(other.run, null)
})

test('without a server it trains all the same, and says so once', async () => {
  const notes: string[] = []
  const { createClient } = await import('#client/client')
  const report = await train(
    request({
      out: path('alone'),
      learner: 'logistic',
      set: [],
      server: { client: createClient({ url: 'http://127.0.0.1:9' }), project },
      note: (text) => notes.push(text),
    }),
  )
  assert.equal(report.run, null)
  assert.equal(notes.length, 1)
  assert.match(notes[0] ?? '', /not tracked/)
})

const wrong: [string, () => Promise<Partial<TrainRequest>>, RegExp][] = [
  [
    'an unknown column',
    async () => ({ features: ['x', 'z'] }),
    /has no column "z"\. It has x, y, text, at, late/,
  ],
  ['a text feature', async () => ({ features: ['text'] }), /"text" \(VARCHAR\).*is not numeric/],
  ['the target as a feature', async () => ({ features: ['x', 'late'] }), /give the answer away/],
  ['a file that is not there', async () => ({ data: path('no.parquet') }), /There is no file/],
  [
    'an empty file',
    async () => (await writeFile(path('empty.parquet'), ''), { data: path('empty.parquet') }),
    /is empty/,
  ],
  [
    'a file of no Parquet',
    async () => (
      await writeFile(path('bad.parquet'), 'x'.repeat(100)),
      { data: path('bad.parquet') }
    ),
    /bad\.parquet/,
  ],
  [
    'no rows',
    async () => (
      await write('none.parquet', rows(5, 1), 'SELECT * FROM t WHERE x > 2'),
      { data: path('none.parquet') }
    ),
    /has no rows/,
  ],
  [
    'one class',
    async () => (
      await write('one.parquet', rows(50, 1), 'SELECT * REPLACE (1 AS late) FROM t'),
      { data: path('one.parquet') }
    ),
    /rows of both kinds/,
  ],
  [
    'a missing target',
    async () => (
      await write('nan.parquet', rows(50, 1), 'SELECT * REPLACE (nullif(late, 1) AS late) FROM t'),
      { data: path('nan.parquet') }
    ),
    /is missing in row \d+/,
  ],
  [
    'a target of other values',
    async () => ({ target: 'x', features: ['y'] }),
    /must be 0 or 1 everywhere/,
  ],
  ['a text target', async () => ({ target: 'text' }), /must be 0 or 1, or true or false/],
  [
    'an infinite feature',
    async () => (
      await write('inf.parquet', rows(50, 1), "SELECT * REPLACE ('Infinity'::DOUBLE AS x) FROM t"),
      { data: path('inf.parquet') }
    ),
    /infinite/,
  ],
  [
    'an unknown option',
    async () => ({ set: ['leaves=3'] }),
    /has no option "leaves"\. It has trees, depth/,
  ],
  ['an option that is no number', async () => ({ set: ['depth=deep'] }), /must be a number/],
  ['an option out of range', async () => ({ set: ['depth=0'] }), /depth/],
]
for (const [name, change, message] of wrong) {
  test(`${name} is refused, and nothing is written`, async () => {
    const out = path('refused')
    await assert.rejects(
      train(request({ out, server: undefined, ...(await change()) })),
      (error: Error & { code?: string }) => {
        assert.equal(error.code, 'invalid', error.message)
        assert.match(error.message, message)
        return true
      },
    )
    await assert.rejects(readFile(join(out, 'model.onnx')))
  })
}

function judging(change: Partial<EvaluateRequest> = {}): EvaluateRequest {
  return {
    model: path('model'),
    baseline: path('baseline'),
    data: path('hold.parquet'),
    target: 'late',
    against: 'late@champion',
    slices: ['x=bucket(x, [0.3, 0.6])'],
    groups: ['side=text'],
    out: path('evaluation.json'),
    server: { client: opened.client(), project },
    ...change,
  }
}

test('a model is judged, registered, gated, and compared with the champion on the same rows', async () => {
  const client = opened.client()
  await train(request({ server: undefined }))
  await train(request({ out: path('baseline'), learner: 'logistic', set: [], server: undefined }))
  const first = await evaluate(judging())
  assert.match(first.championReason ?? '', /There is no late@champion yet/)
  assert.equal(first.data.rows, 3000)
  assert.deepEqual(
    first.slices.map(({ label }) => label),
    ['below 0.3', '0.3 to 0.6', '0.6 and more'],
  )
  assert.equal(
    first.slices.reduce((sum, slice) => sum + slice.rows, 0),
    3000,
  )
  assert.deepEqual(Object.keys(first.fairness[0]?.differences ?? {}), [
    'demographic_parity_difference',
    'equalized_odds_difference',
  ])
  assert.ok(first.parity.largestDifference <= 1e-6 && first.parity.rows >= 200)
  assert.ok(first.calibration.error < 0.2)
  await client.models.declareModel({
    params: { project, model: 'late' },
    body: {
      gate: [
        { check: 'minimum', metric: 'auc', value: 0.55 },
        { check: 'no-worse-than-champion', metric: 'log_loss', tolerance: 0.001 },
        { check: 'parity' },
      ],
    },
  })
  const registration = {
    client,
    project,
    name: 'late',
    model: path('model'),
    evaluation: path('evaluation.json'),
    signal: new AbortController().signal,
  }
  const { version, isNew } = await registerModel(registration)
  assert.deepEqual([version.version, isNew], [1, true])
  const params = { project, model: 'late', version: '1' }
  assert.equal((await client.models.evaluateGate({ params })).passed, true)
  await client.models.setAlias({
    params: { project, model: 'late', alias: 'champion' },
    body: { version: 1, reason: 'x' },
  })
  await train(request({ out: path('weak'), set: ['trees=1', 'depth=1'], server: undefined }))
  const weak = await evaluate(judging({ model: path('weak'), out: path('weak.json') }))
  assert.equal(weak.champion?.version, 1)
  assert.deepEqual(weak.champion?.metrics.auc, first.metrics.auc)
  assert.ok((weak.champion?.differences.log_loss?.value ?? 0) > 0)
  const second = await registerModel({
    ...registration,
    model: path('weak'),
    evaluation: path('weak.json'),
  })
  const decision = await client.models.evaluateGate({ params: { ...params, version: '2' } })
  assert.equal(second.version.version, 2)
  assert.equal(decision.passed, false)
  const again = await registerModel(registration)
  assert.deepEqual([again.version.version, again.isNew], [1, false])
})

test('what cannot be judged is refused', async () => {
  await assert.rejects(evaluate(judging({ model: path('nothing') })), /model\.(onnx|json)/)
  await assert.rejects(evaluate(judging({ slices: ['x'] })), /name=expression/)
  await assert.rejects(evaluate(judging({ slices: ['a=nope > 1'] })), /nope/)
  await assert.rejects(evaluate(judging({ slices: ['a=x'] })), /at most 200/)
  await assert.rejects(evaluate(judging({ against: 'late' })), /names no version/)
})

test('any command is a run: output, parameters, exit code', async () => {
  const client = opened.client()
  const written: string[] = []
  const track = (command: string[]) =>
    trackCommand({
      command,
      experiment: 'tests',
      parameters: ['learning rate=0.1'],
      tags: ['team=a'],
      inputs: ['data:flights@3'],
      directory,
      environment: { PATH: process.env['PATH'] },
      server: { client, project, url: opened.url },
      write: (chunk, stream) => written.push(`${stream}:${chunk.toString()}`),
      note: (text) => assert.fail(text),
      signal: new AbortController().signal,
    })
  const good = await track(['sh', '-c', 'echo $GYRE_PARAM_LEARNING_RATE; echo oops >&2'])
  assert.equal(good.exitCode, 0)
  assert.deepEqual(written.toSorted(), ['err:oops\n', 'out:0.1\n'])
  const run = await client.runs.getRun({ params: { project, run: good.run ?? '' } })
  assert.deepEqual(
    [run.status, run.parameters, run.tags, run.inputs],
    ['finished', { 'learning rate': '0.1' }, { team: 'a' }, ['data:flights@3']],
  )
  const bad = await track(['sh', '-c', 'exit 3'])
  const failed = await client.runs.getRun({ params: { project, run: bad.run ?? '' } })
  assert.deepEqual(
    [bad.exitCode, failed.status, failed.reason],
    [3, 'failed', 'The command ended with exit code 3.'],
  )
  await assert.rejects(track(['no-such-program']), /cannot be started/)
})
