import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createRandom } from '#science/random'
import { openServedWorld, type ServedWorld } from '../deployments/served-world.contract.ts'
import { compareColumn, declareMonitor, evaluateMonitor, getMonitor, listWindows } from './index.ts'
import {
  firstMonday,
  liveWeek,
  serveSimulated,
  trainingDays,
  usual,
} from './simulated-traffic.contract.ts'

let world: ServedWorld

const project = 'default'
const weekMs = 7 * 86_400_000

async function monitored(name: string, seed: number, how = usual): Promise<void> {
  await serveSimulated(world, name, seed, how)
  const settings = { endpoint: name, performance: { metric: 'auc' as const, maximumDrop: 0.01 } }
  await declareMonitor(world.ctx, { project, monitor: name, settings })
}

/** Monitors on a store of any engine. */
export function testMonitors(open: () => Promise<{ databaseUrl?: string }>): void {
  before(async () => {
    world = await openServedWorld({ ...(await open()), jobs: ['rollout.advance'] })
  })
  after(() => world.close())

  test('a week of the usual is evaluated once its labels are there, and is no alarm', async () => {
    const { ctx } = world
    await monitored('usual', 1)
    await liveWeek(world, 'usual', createRandom(2), 0, 400, usual)
    const { windows } = await evaluateMonitor(ctx, { project, monitor: 'usual' })
    const [window] = windows
    assert.equal(windows.length, 1)
    assert.equal(window?.start, firstMonday)
    assert.equal(window?.end, firstMonday + weekMs)
    assert.equal(window?.rows, 2800)
    assert.equal(window?.labelled, 2800)
    assert.equal(window?.alarms, 0)
    assert.deepEqual((await evaluateMonitor(ctx, { project, monitor: 'usual' })).windows, [])
    const monitor = await getMonitor(ctx, { project, monitor: 'usual' })
    assert.equal(monitor.windows, 1)
    assert.equal(monitor.waiting, null)
    const start = String(firstMonday)
    const column = await compareColumn(ctx, { project, monitor: 'usual', start, column: 'a' })
    assert.equal(column.reference.rows, 400 * trainingDays)
    assert.equal(
      column.current.counts.reduce((sum, count) => sum + count, 0),
      2800,
    )
  })

  test('a shifted feature and a model that lost its signal are alarms, with their sizes', async () => {
    const { ctx } = world
    await monitored('changed', 3)
    const random = createRandom(4)
    await liveWeek(world, 'changed', random, 0, 400, usual)
    await liveWeek(world, 'changed', random, 1, 400, { ...usual, shift: 1.5 })
    await liveWeek(world, 'changed', random, 2, 400, { ...usual, signal: 0.2 })
    const { windows } = await evaluateMonitor(ctx, { project, monitor: 'changed' })
    const alarming = windows.map(({ checks }) =>
      checks
        .filter(({ verdict }) => verdict === 'alarm')
        .map(({ kind, column }) => `${kind} ${column}`),
    )
    assert.deepEqual(alarming[0], [])
    assert.ok(alarming[1]?.includes('input-drift a'))
    assert.deepEqual(alarming[2], ['performance auc'])
  })

  test('the measured rate of false alarms is at most the nominal one, also of days that are alike', async () => {
    const { ctx } = world
    let windows = 0
    let alarms = 0
    for (let seed = 10; seed < 14; seed++) {
      const name = `same-${seed}`
      const how = { ...usual, memory: seed % 2 === 0 ? 0 : 0.9 }
      await monitored(name, seed, how)
      const random = createRandom(seed + 100)
      for (let week = 0; week < 12; week++) {
        await liveWeek(world, name, random, week, 150, how)
      }
      await evaluateMonitor(ctx, { project, monitor: name })
      const { items } = await listWindows(ctx, { project, monitor: name, limit: 100 })
      windows += items.length
      alarms += items.filter((item) => item.alarms > 0).length
    }
    assert.equal(windows, 48)
    assert.equal(alarms, 0)
  })
}
