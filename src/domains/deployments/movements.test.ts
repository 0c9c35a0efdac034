import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import {
  declareEndpoint,
  type DeploymentsTables,
  listMovements,
  postLabels,
  startRollout,
} from './index.ts'
import {
  openServedWorld,
  registerLogistic,
  type ServedWorld,
  until,
} from './served-world.contract.ts'

const project = 'default'
const good = { features: ['a'], coefficients: [1], intercept: 0 }
let world: ServedWorld

before(async () => {
  world = await openServedWorld({ jobs: ['rollout.advance'] })
  const { ctx } = world
  await registerLogistic(ctx, 'm', good)
  await declareEndpoint(ctx, { project, endpoint: 'm', model: 'm' })
})
after(() => world.close())

test('a release moves until every gateway serves it', async () => {
  const { ctx } = world
  assert.deepEqual(await listMovements(ctx, { project }), [])
  await startRollout(ctx, { project, endpoint: 'm', version: 1 })
  const [moving] = await listMovements(ctx, { project })
  assert.match(moving ?? '', /^The release of m@1 to m is preparing\./)
  await until('rest', async () => (await listMovements(ctx, { project })).length === 0)
  const { ids } = await world.serving.score(ctx, {
    project,
    endpoint: 'm',
    columns: { a: [1] },
    ids: ['x'],
  })
  assert.deepEqual(ids, ['x'])
})

test('a gateway that has yet to follow a change is told', async () => {
  const { ctx } = world
  const write = (share: number) =>
    ctx.tables.write<DeploymentsTables, void>(async (tx) => {
      await tx.updateTable('endpoint_variants').set({ share }).execute()
    })
  await write(0.5)
  const told = await listMovements(ctx, { project })
  await write(1)
  assert.match(told[0] ?? '', /^Gateway \S+ has yet to serve/)
  await until('rest', async () => (await listMovements(ctx, { project })).length === 0)
})

test('labels that took long to be stored are looked at all the same', async () => {
  let now = world.ctx.clock()
  // Each look at this clock is half a second later, as on a machine with too much to do.
  const ctx = { ...world.ctx, clock: () => (now += 500) }
  await postLabels(ctx, { project, endpoint: 'm', ids: ['x'], labels: [1] }, () =>
    world.serving.flush(project, 'm'),
  )
  const jobs = await ctx.queue.list({ kind: 'labels.judge' })
  assert.equal(jobs.length, 2, 'one for all labels of that moment, and one of its own')
  assert.deepEqual(new Set(jobs.map(({ payload }) => JSON.stringify(payload))).size, 1)
})
