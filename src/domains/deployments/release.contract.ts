import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { after, before, test } from 'node:test'
import type { Context } from '#domains/access/index'
import { listRecords } from '#domains/journal/index'
import { createRandom, type Random } from '#science/random'
import {
  declareEndpoint,
  getEndpoint,
  getRollout,
  listLooks,
  type LabelsAnswer,
  promoteRollout,
  releaseVersion,
  rollBack,
  type Rollout,
  startRollout,
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
const truth = [1, -1, 0.5]
const good = { features, coefficients: truth, intercept: 0 }
const alike = { features, coefficients: [1.02, -0.98, 0.5], intercept: 0 }
const bad = { features, coefficients: [-1, 0.2, 0.5], intercept: 0 }

interface Answer {
  version: number | null
  variant: string | null
  versions?: number[]
  predictions: number[]
  ids: string[]
}

/** Sums of floating-point numbers depend on their order in the last digits. */
function nearly(value: object): unknown {
  const round = (_: string, inner: unknown) =>
    typeof inner === 'number' ? Number(inner.toPrecision(9)) : inner
  return JSON.parse(JSON.stringify(value, round))
}

async function post<T>(endpoint: string, what: string, body: object): Promise<T> {
  const response = await fetch(
    `${world.url}/api/v1/projects/default/endpoints/${endpoint}/${what}`,
    {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    },
  )
  const answer = (await response.json()) as T
  assert.equal(response.status, 200, JSON.stringify(answer))
  return answer
}

async function ended(ctx: Context, id: string): Promise<Rollout> {
  return until(`the end of release ${id}`, async () => {
    const now = await getRollout(ctx, { project, rollout: id })
    return now.endedAt !== null && now
  })
}

async function atStep(ctx: Context, id: string, step: number): Promise<Rollout> {
  return until(`step ${step} of release ${id}`, async () => {
    const now = await getRollout(ctx, { project, rollout: id })
    return (now.step === step || now.endedAt !== null) && now
  })
}

/** An endpoint with its first version serving. */
async function served(name: string, policy: object = {}): Promise<void> {
  const { ctx } = world
  await registerLogistic(ctx, name, good)
  await declareEndpoint(ctx, { project, endpoint: name, model: name, policy })
  const { id } = await startRollout(ctx, { project, endpoint: name, version: 1 })
  const rollout = await ended(ctx, id)
  assert.equal(rollout.state, 'promoted', rollout.reason)
}

/** Rows with features from a seed, and labels that follow the logistic model of `truth`. */
function rowsOf(random: Random, count: number) {
  const columns = { a: [] as number[], b: [] as number[], c: [] as number[] }
  const labels: number[] = []
  for (let i = 0; i < count; i++) {
    const row = [random.normal(), random.normal(), random.normal()] as const
    columns.a.push(row[0])
    columns.b.push(row[1])
    columns.c.push(row[2])
    const odds = truth.reduce((sum, weight, j) => sum + weight * (row[j] ?? 0), 0)
    labels.push(random.next() < 1 / (1 + Math.exp(-odds)) ? 1 : 0)
  }
  return { columns, labels }
}

async function serveAndLabel(endpoint: string, seed: number, count: number): Promise<void> {
  const { columns, labels } = rowsOf(createRandom(seed), count)
  const ids = labels.map((_, i) => `${endpoint}-${seed}-${i}`)
  await post<Answer>(endpoint, 'predict', { columns, ids })
  const answer = await post<LabelsAnswer>(endpoint, 'labels', { ids, labels })
  assert.deepEqual(answer, { accepted: count, matched: count, unknown: 0, unknownIds: [] })
}

/**
 * Traffic and labels, batch after batch, until the release is at a step or has ended: a gateway takes
 * up a new share a moment after it was decided, and rows before that count for the step before.
 */
async function serveUntil(
  ctx: Context,
  { endpoint, id, rows, step }: { endpoint: string; id: string; rows: number; step?: number },
): Promise<Rollout> {
  for (let batch = 0; batch < 40; batch++) {
    const now = await getRollout(ctx, { project, rollout: id })
    if (now.endedAt !== null || (step !== undefined && now.step === step)) return now
    await serveAndLabel(endpoint, 100 * (step ?? 99) + batch, rows)
    await sleep(300)
  }
  throw new Error(`Release ${id} did not come to a decision.`)
}

/** Releases on a store of any engine. */
export function testReleases(open: () => Promise<{ databaseUrl?: string }>): void {
  before(async () => {
    world = await openServedWorld(await open())
  })
  after(() => world.close())

  test('the first version gets all the traffic once its training rows went through the endpoint', async () => {
    const { ctx } = world
    await registerLogistic(ctx, 'first', good)
    await declareEndpoint(ctx, { project, endpoint: 'first', model: 'first' })
    const { id } = await startRollout(ctx, { project, endpoint: 'first', version: 1 })
    const rollout = await ended(ctx, id)
    assert.deepEqual(
      rollout.transitions.map(({ to }) => to),
      ['preparing', 'loading', 'warming', 'checking-parity', 'promoted'],
    )
    const rows = [
      { a: 1, b: 2, c: 3 },
      { a: 0, b: 0 },
    ]
    const answer = await post<Answer>('first', 'predict', { rows, ids: ['x', 'y'] })
    assert.equal(answer.version, 1)
    assert.deepEqual(answer.ids, ['x', 'y'])
    const expected = 1 / (1 + Math.exp(-0.5))
    assert.ok(Math.abs((answer.predictions[0] ?? 0) - expected) < 1e-6)
    assert.equal((await getEndpoint(ctx, { project, endpoint: 'first' })).champion, 1)
    const { items } = await listRecords(ctx, project, {
      subject: `rollout:${id}`,
      order: 'oldest',
      limit: 50,
    })
    assert.deepEqual(
      items.map(({ verb }) => verb),
      [
        'rollout.started',
        'rollout.prepared',
        'rollout.loaded',
        'rollout.warmed',
        'rollout.promoted',
      ],
    )
    assert.deepEqual(items.at(-1)?.outputs, ['endpoint:first'])
  })

  test('a version that is as good gets its shares and is promoted by its live results', async () => {
    const { ctx } = world
    await served('alike', { steps: [0.2, 0.5], minimumRows: 500, tolerance: 0.1 })
    await registerLogistic(ctx, 'alike', alike)
    const { id } = await startRollout(ctx, { project, endpoint: 'alike', version: 2 })
    assert.equal((await atStep(ctx, id, 0)).share, 0.2)
    const alikeRows = { endpoint: 'alike', id, rows: 12_000 }
    const second = await serveUntil(ctx, { ...alikeRows, step: 1 })
    assert.equal(second.share, 0.5, second.reason)
    const rollout = await serveUntil(ctx, alikeRows)
    assert.equal(rollout.state, 'promoted', rollout.reason)
    const [test0] = rollout.transitions.filter(({ to }) => to === 'promoted')
    assert.ok(JSON.stringify(test0?.evidence).includes('"verdict":"better-or-equal"'))
    assert.equal((await getEndpoint(ctx, { project, endpoint: 'alike' })).champion, 2)
    const { items } = await listLooks(ctx, { project, rollout: id })
    const decided = items.filter(({ verdict }) => verdict === 'better-or-equal')
    assert.deepEqual(
      decided.map(({ step }) => step),
      [0, 1],
    )
  })

  test('a version with worse live results is taken back by itself', async () => {
    const { ctx } = world
    await served('worse', { steps: [0.2], minimumRows: 500, tolerance: 0.02 })
    await registerLogistic(ctx, 'worse', bad)
    const { id } = await startRollout(ctx, { project, endpoint: 'worse', version: 2 })
    await atStep(ctx, id, 0)
    const rollout = await serveUntil(ctx, { endpoint: 'worse', id, rows: 8000 })
    assert.equal(rollout.state, 'rolled-back', rollout.reason)
    assert.equal(rollout.test?.verdict, 'worse')
    assert.ok((rollout.test?.lower ?? 0) > 0)
    const { items } = await listLooks(ctx, { project, rollout: id })
    const { at: _at, ...last } = items.at(-1) ?? assert.fail('There was no look.')
    const { at: _when, ...decided } = rollout.test ?? assert.fail('There was no test.')
    assert.deepEqual(nearly(last), nearly(decided))
    assert.ok(items.slice(0, -1).every(({ verdict }) => verdict === 'continue'))
    const after = await post<Answer>('worse', 'predict', { rows: [{ a: 1, b: 1, c: 1 }] })
    assert.equal(after.version, 1)
  })

  test('a version that does not predict as it did in training gets no traffic', async () => {
    const { ctx } = world
    await served('parity')
    await registerLogistic(ctx, 'parity', { ...alike, sampleError: 1e-4 })
    const { id } = await startRollout(ctx, { project, endpoint: 'parity', version: 2 })
    const rollout = await ended(ctx, id)
    assert.equal(rollout.state, 'failed')
    assert.match(rollout.reason, /Parity is broken: 200 training rows/)
    assert.equal(
      rollout.transitions.some(({ to }) => to === 'canary'),
      false,
    )
    const { variants } = await getEndpoint(ctx, { project, endpoint: 'parity' })
    assert.deepEqual(
      variants.map(({ version, share }) => [version, share]),
      [[1, 1]],
    )
  })

  test('of two releases at once one is told which one is under way; of two promotions one wins', async () => {
    const { ctx } = world
    await served('twice', { steps: [0.1] })
    await registerLogistic(ctx, 'twice', alike)
    await registerLogistic(ctx, 'twice', alike)
    const start = (version: number) => startRollout(ctx, { project, endpoint: 'twice', version })
    const started = await Promise.allSettled([start(2), start(3)])
    assert.deepEqual(started.map(({ status }) => status).toSorted(), ['fulfilled', 'rejected'])
    const refused = started.find((s) => s.status === 'rejected')
    assert.match(String(refused?.reason?.public), /release of twice@[23] to twice is under way/)
    const winner = started.find((s) => s.status === 'fulfilled')?.value.id ?? ''
    await atStep(ctx, winner, 0)
    const promote = () =>
      promoteRollout(ctx, { project, endpoint: 'twice', reason: 'it looks good' })
    const promoted = await Promise.allSettled([promote(), promote()])
    assert.deepEqual(promoted.map(({ status }) => status).toSorted(), ['fulfilled', 'rejected'])
    const lost = promoted.find((s) => s.status === 'rejected')
    assert.equal(lost?.reason?.code, 'conflict')
  })

  test('a version that passes its gate during a release waits for it to end', async () => {
    const { ctx } = world
    await served('queue', { steps: [0.1] })
    await registerLogistic(ctx, 'queue', alike)
    await registerLogistic(ctx, 'queue', alike)
    const release = (version: number) =>
      releaseVersion(ctx, { project, model: 'queue', version, reason: 'its gate passed' })
    const [first] = await release(2)
    assert.deepEqual(await release(3), [])
    assert.deepEqual(await release(2), [])
    await atStep(ctx, first ?? '', 0)
    await rollBack(ctx, { project, endpoint: 'queue', reason: 'for the test' })
    const next = await until('the next release', async () => {
      const { rollout } = await getEndpoint(ctx, { project, endpoint: 'queue' })
      return rollout ?? undefined
    })
    assert.equal(next.version, 3)
  })

  test('no request fails while versions are switched, and the champion before can be had back', async () => {
    const { ctx } = world
    await served('switch')
    await registerLogistic(ctx, 'switch', alike)
    let stop = false
    let answered = 0
    const versions = new Set<number | null>()
    const load = Array.from({ length: 16 }, async () => {
      while (!stop) {
        const answer = await post<Answer>('switch', 'predict', { rows: [{ a: 1, b: 1, c: 1 }] })
        versions.add(answer.version)
        answered++
      }
    })
    const { id } = await startRollout(ctx, {
      project,
      endpoint: 'switch',
      version: 2,
      immediate: true,
    })
    assert.equal((await ended(ctx, id)).state, 'promoted')
    await until('version 2', async () => versions.has(2))
    const back = await rollBack(ctx, { project, endpoint: 'switch' })
    assert.equal((await ended(ctx, back.id)).state, 'promoted')
    versions.clear()
    await until('version 1', async () => versions.has(1))
    stop = true
    await Promise.all(load)
    assert.ok(answered > 100)
    assert.equal((await getEndpoint(ctx, { project, endpoint: 'switch' })).champion, 1)
  })
}
