import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createRealisedView } from './realised.ts'
import {
  compactTelemetry,
  declareEndpoint,
  getEndpoint,
  getRollout,
  listPredictions,
  postLabels,
  readTraffic,
  servingMetrics,
  setShadow,
  startRollout,
  telemetryFiles,
} from './index.ts'
import {
  openServedWorld,
  registerLogistic,
  type ServedWorld,
  until,
} from './served-world.contract.ts'

let world: ServedWorld
const project = 'default'
const features = ['a', 'b', 'c']
const model = { features, coefficients: [1, -1, 0.5], intercept: 0 }

before(async () => {
  world = await openServedWorld({ logBytes: 2_000_000 })
})
after(() => world.close())

async function served(name: string, policy: object = {}): Promise<void> {
  const { ctx } = world
  await registerLogistic(ctx, name, model)
  await declareEndpoint(ctx, { project, endpoint: name, model: name, policy })
  const { id } = await startRollout(ctx, { project, endpoint: name, version: 1 })
  await until('promotion', async () => {
    const rollout = await getRollout(ctx, { project, rollout: id })
    return rollout.state === 'promoted'
  })
}

function flush(name: string): () => Promise<void> {
  return () => world.serving.flush(project, name)
}

function columnsOf(count: number): Record<string, number[]> {
  return Object.fromEntries(
    features.map((name, j) => [name, Array.from({ length: count }, (_, i) => (i % 7) - j)]),
  )
}

async function statusOf(endpoint: string, body: string): Promise<[number, string]> {
  const url = `${world.url}/api/v1/projects/default/endpoints/${endpoint}/predict`
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(url, { method: 'POST', headers, body })
  return [response.status, await response.text()]
}

test('says what is wrong with a request: which column, which row', async () => {
  await served('input')
  const row = { a: 1, b: 2, c: 3 }
  const cases: [string | object, RegExp][] = [
    ['{', /not valid JSON/],
    [{}, /exactly one of/],
    [{ rows: [row], columns: { a: [1] } }, /exactly one of/],
    [{ rows: [] }, /no row/],
    [{ rows: [row, { ...row, colour: 1 }] }, /no input column \\"colour\\" in row 1.*a, b, c/],
    [{ rows: [row, { ...row, b: 'two' }] }, /Column \\"b\\" has \\"two\\" in row 1.*number|rows/],
    [{ columns: { a: [1, 2], b: [1] } }, /differ in length/],
    [
      {
        input: [
          [1, 2, 3],
          [1, 2],
        ],
      },
      /Row 1 has 2 values; the model takes 3/,
    ],
    [{ rows: [row], ids: ['x', 'y'] }, /2 ids for 1 rows/],
    [{ rows: [row], units: ['x', 'y'] }, /2 texts for 1 rows/],
    [{ rows: [row], at: [1, 2] }, /2 times for 1 rows/],
    [{ rows: [row], at: 'yesterday' }, /is not a time/],
    [{ rows: [row], at: 9e15 }, /is not a time/],
    [{ rows: [row], version: 9 }, /loaded version.*Loaded: 1/],
    [{ rows: [row], surprise: 1 }, /surprise/],
  ]
  for (const [body, message] of cases) {
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    const [status, answer] = await statusOf('input', text)
    assert.ok(status === 400 || status === 404, `${text}: ${status} ${answer}`)
    assert.match(answer, message)
  }
  assert.equal((await statusOf('nothing', '{"rows":[{}]}'))[0], 404)
  await registerLogistic(world.ctx, 'unreleased', model)
  await declareEndpoint(world.ctx, { project, endpoint: 'unreleased', model: 'unreleased' })
  await until('the route', async () =>
    world.serving.routes().some((route) => route.endpoint === 'unreleased'),
  )
  const [status, text] = await statusOf('unreleased', '{"rows":[{}]}')
  assert.equal(status, 503)
  assert.match(text, /Nothing was released to endpoint/)
  const { items } = await readTraffic(world.ctx, { project, endpoint: 'input', minutes: 5 })
  assert.ok(items.every((point) => point.errors === 0))
})

test('a missing value is NaN to the model and null in the log; times are those that were given', async () => {
  const { ctx, serving } = world
  await served('log')
  const at = [Date.UTC(2001, 0, 1), '2001-01-02T12:00:00Z']
  const rows = [
    { a: 1, b: null, c: 3 },
    { a: 1, c: 3 },
  ]
  await serving.score(ctx, { project, endpoint: 'log', rows, at, ids: ['one', 'two'] })
  const query = { project, endpoint: 'log', limit: 10 }
  const { items } = await listPredictions(ctx, query, flush('log'))
  assert.deepEqual(
    items.map(({ id, at: time, features: seen }) => [id, time, seen]),
    [
      ['two', Date.UTC(2001, 0, 2, 12), { a: 1, b: null, c: 3 }],
      ['one', Date.UTC(2001, 0, 1), { a: 1, b: null, c: 3 }],
    ],
  )
  const since = Date.UTC(2001, 0, 2)
  const late = await listPredictions(ctx, { ...query, since }, flush('log'))
  assert.deepEqual(
    late.items.map(({ id }) => id),
    ['two'],
  )
  const unlogged = { project, endpoint: 'log', rows, ids: ['three', 'four'], log: false }
  await serving.score(ctx, unlogged)
  assert.equal((await listPredictions(ctx, query, flush('log'))).items.length, 2)
})

test('labels join on ids: unknown ones are told and matched later, corrected ones replace', async () => {
  const { ctx, serving } = world
  await served('labels')
  const endpoint = 'labels'
  const columns = columnsOf(3)
  await serving.score(ctx, { project, endpoint, columns, ids: ['p1', 'p2', 'p3'], at: 1000 })
  const post = (ids: string[], labels: (number | boolean)[]) =>
    postLabels(ctx, { project, endpoint, ids, labels }, flush(endpoint))
  const first = await post(['p1', 'p2', 'later', 'p2'], [1, 0, 1, 1])
  assert.deepEqual(first, { accepted: 3, matched: 2, unknown: 1, unknownIds: ['later'] })
  await serving.score(ctx, { project, endpoint, rows: [{ a: 1 }], ids: ['later'], at: 2000 })
  assert.equal((await post(['p3', 'p1'], [false, false])).matched, 2)
  const realised = await ctx.frames.session(async (session) => {
    assert.ok(await createRealisedView(ctx, session, { project, endpoint }))
    return session.rows('SELECT id, label, event_at FROM realised ORDER BY id')
  })
  assert.deepEqual(realised, [
    { id: 'later', label: 1, event_at: 2000 },
    { id: 'p1', label: 0, event_at: 1000 },
    { id: 'p2', label: 1, event_at: 1000 },
    { id: 'p3', label: 0, event_at: 1000 },
  ])
  await assert.rejects(post(['p1'], [1, 0]), { code: 'invalid' })
  await assert.rejects(post(['p1'], [Number.NaN]), { code: 'invalid' })
  const lost = { project, endpoint: 'nothing', ids: ['a'], labels: [1] }
  await assert.rejects(postLabels(ctx, lost, flush('nothing')), { code: 'not_found' })
})

test('small files are put together, and nothing that was in them is lost', async () => {
  const { ctx, serving } = world
  await served('files')
  const endpoint = 'files'
  for (let i = 0; i < 10; i++) {
    const ids = [`é${i}-0`, `é${i}-1`]
    await serving.score(ctx, { project, endpoint, columns: columnsOf(2), ids, at: i * 1000 })
    await postLabels(ctx, { project, endpoint, ids, labels: [0, 1] }, flush(endpoint))
  }
  for (const kind of ['predictions', 'labels'] as const) {
    const before = await telemetryFiles(ctx, { project, endpoint, kind })
    assert.equal(before.length, 10)
    const done = await compactTelemetry(ctx, { project, endpoint, kind })
    assert.deepEqual([done?.rows, done?.replaced.length], [20, 10])
    const [file, ...others] = await telemetryFiles(ctx, { project, endpoint, kind })
    assert.equal(others.length, 0)
    assert.deepEqual([file?.rows, file?.min_at, file?.max_at], [20, 0, 9000])
    assert.deepEqual([file?.min_id, file?.max_id], ['é0-0', 'é9-1'])
    assert.equal(await compactTelemetry(ctx, { project, endpoint, kind }), undefined)
  }
  const again = { project, endpoint, ids: ['é3-0'], labels: [1] }
  assert.equal((await postLabels(ctx, again, flush(endpoint))).matched, 1)
})

test('a shadow sees the traffic and is logged, but never answers', async () => {
  const { ctx, serving } = world
  await served('shadow')
  await registerLogistic(ctx, 'shadow', { ...model, intercept: 3 })
  await setShadow(ctx, { project, endpoint: 'shadow', version: '2', share: 1 })
  await until('the shadow', async () => {
    const route = serving.routeOf(project, 'shadow')
    return route.shadow !== null
  })
  const ids = ['s1', 's2']
  const request = { project, endpoint: 'shadow', columns: columnsOf(2), ids }
  const answer = await serving.score(ctx, request)
  assert.equal(answer.lane?.version, 1)
  const items = await until('the shadow to be logged', async () => {
    const query = { project, endpoint: 'shadow', limit: 10 }
    const found = (await listPredictions(ctx, query, flush('shadow'))).items
    return found.length === 4 && found
  })
  assert.deepEqual(
    items.map(({ id, variant, version }) => `${id} ${variant} ${version}`).toSorted(),
    ['s1 champion 1', 's1 shadow 2', 's2 champion 1', 's2 shadow 2'],
  )
  const labelled = { project, endpoint: 'shadow', ids, labels: [1, 0] }
  assert.equal((await postLabels(ctx, labelled, flush('shadow'))).matched, 2)
  const detail = await setShadow(ctx, { project, endpoint: 'shadow', version: null, share: 1 })
  assert.equal(detail.variants.length, 1)
})

test('a unit keeps its version, and a batch is split by its rows', async () => {
  const { ctx, serving } = world
  await served('units', { steps: [0.3] })
  await registerLogistic(ctx, 'units', { ...model, coefficients: [1.1, -1, 0.5] })
  const { id } = await startRollout(ctx, { project, endpoint: 'units', version: 2 })
  await until('the canary', async () => serving.routeOf(project, 'units').canaryBuckets === 3000)
  const ask = (units: string[]) =>
    serving.score(ctx, { project, endpoint: 'units', columns: columnsOf(units.length), units })
  const units = Array.from({ length: 1000 }, (_, i) => `user-${i}`)
  const first = await ask(units)
  const second = await ask(units.toReversed())
  assert.deepEqual([...(first.versions ?? [])], [...(second.versions ?? [])].toReversed())
  const share = (first.versions ?? []).filter((version) => version === 2).length / 1000
  assert.ok(Math.abs(share - 0.3) < 0.05, String(share))
  const columns = columnsOf(50)
  const whole = await serving.score(ctx, { project, endpoint: 'units', columns, unit: 'user-1' })
  assert.equal(whole.versions, null)
  assert.equal(whole.lane?.version, first.versions?.[1])
  const pinned = await serving.score(ctx, { project, endpoint: 'units', columns, version: 2 })
  assert.equal(pinned.lane?.version, 2)
  assert.equal((await getRollout(ctx, { project, rollout: id })).state, 'canary')
})

test('what the log cannot hold is dropped and counted, and every request is answered', async () => {
  const { ctx, serving } = world
  await served('full')
  await serving.flush()
  const columns = columnsOf(5000)
  for (let i = 0; i < 10; i++) await serving.score(ctx, { project, endpoint: 'full', columns })
  assert.ok(serving.logBytes <= 2_000_000)
  const dropped = serving.logDropped
  assert.ok(dropped > 0 && dropped % 5000 === 0, String(dropped))
  await serving.flush()
  assert.equal(serving.logBytes, 0)
  await serving.traffic.save(world.platform, 'test')
  const { log } = await getEndpoint(ctx, { project, endpoint: 'full' })
  assert.equal(log.rows + log.dropped, 50_000)
  assert.equal(log.dropped, dropped)
  const family = servingMetrics(serving).find(({ name }) => name === 'prediction_log_dropped_total')
  assert.equal(family?.samples[0]?.value, dropped)
})
