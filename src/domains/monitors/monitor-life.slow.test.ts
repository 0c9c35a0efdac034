import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createRandom } from '#science/random'
import { postLabels } from '../deployments/index.ts'
import { openServedWorld, type ServedWorld } from '../deployments/served-world.contract.ts'
import {
  compareColumn,
  declareMonitor,
  evaluateMonitor,
  getMonitor,
  getWindow,
  listWindows,
} from './index.ts'
import { firstMonday, liveWeek, serveSimulated, usual } from './simulated-traffic.contract.ts'

let world: ServedWorld
before(async () => {
  world = await openServedWorld({ jobs: ['rollout.advance'] })
})
after(() => world.close())

const project = 'default'
const dayMs = 86_400_000
const weekMs = 7 * dayMs

/** An endpoint with so many usual weeks, fully labelled, and a monitor of the same name. */
async function watched(name: string, weeks: number, window = '7d'): Promise<void> {
  await serveSimulated(world, name, 1)
  const random = createRandom(2)
  for (let week = 0; week < weeks; week++) await liveWeek(world, name, random, week, 100, usual)
  const settings = { endpoint: name, window }
  await declareMonitor(world.ctx, { project, monitor: name, settings })
}

async function spans(monitor: string): Promise<[number, number][]> {
  const { items } = await listWindows(world.ctx, { project, monitor, limit: 500 })
  return items.map(({ start, end }): [number, number] => [start, end]).toReversed()
}

function weeksFrom(first: number, count: number): [number, number][] {
  return Array.from({ length: count }, (_, i): [number, number] => {
    const start = firstMonday + (first + i) * weekMs
    return [start, start + weekMs]
  })
}

test('several that evaluate at the same time evaluate each window once, oldest first', async () => {
  await watched('crowded', 4)
  const input = { project, monitor: 'crowded' }
  const all = await Promise.all([1, 2, 3].map(() => evaluateMonitor(world.ctx, input)))
  const evaluated = all.flatMap(({ windows }) => windows.map(({ start }) => start))
  assert.deepEqual(
    evaluated.toSorted((a, b) => a - b),
    weeksFrom(0, 4).map(([start]) => start),
  )
  assert.deepEqual(await spans('crowded'), weeksFrom(0, 4))
})

test('settings that change meanwhile leave no window out', async () => {
  await watched('changing', 3)
  const input = { project, monitor: 'changing' }
  const change = (minimumSize: number) =>
    declareMonitor(world.ctx, {
      ...input,
      settings: { endpoint: 'changing', drift: { distance: 'jensen-shannon', minimumSize } },
    })
  await Promise.all([
    evaluateMonitor(world.ctx, input),
    change(0.2).then(() => change(0.3)),
    evaluateMonitor(world.ctx, input),
  ])
  await evaluateMonitor(world.ctx, input)
  assert.deepEqual(await spans('changing'), weeksFrom(0, 3))
})

test('windows that get longer begin after those that were judged', async () => {
  await watched('longer', 4, '1d')
  const input = { project, monitor: 'longer' }
  await evaluateMonitor(world.ctx, input)
  const days = await spans('longer')
  assert.equal(days.length, 28)
  // Of the fortnight from 22 January on, half is judged already.
  await declareMonitor(world.ctx, { ...input, settings: { endpoint: 'longer', window: '14d' } })
  for (const week of [4, 5, 6])
    await liveWeek(world, 'longer', createRandom(week), week, 100, usual)
  const { windows } = await evaluateMonitor(world.ctx, input)
  assert.deepEqual(
    windows.map(({ start, end }) => [start, end]),
    [[firstMonday + 5 * weekMs, firstMonday + 7 * weekMs]],
  )
})

test('a window whose first days have labels is waited for', async () => {
  const { ctx, serving } = world
  await watched('prompt', 0)
  const input = { project, monitor: 'prompt' }
  const serveDay = async (day: number): Promise<void> => {
    const noon = firstMonday + day * dayMs + dayMs / 2
    const columns = { a: [0, 1], b: [0, 1], c: [0, 1] }
    const ids = [`${day}-0`, `${day}-1`]
    const target = { project, endpoint: 'prompt' }
    await serving.score(ctx, { ...target, columns, ids, at: noon })
    const labels = { ...target, ids, labels: [0, 1], at: noon + dayMs / 2 }
    await postLabels(ctx, labels, () => serving.flush(project, 'prompt'))
  }
  for (let day = 0; day < 6; day++) await serveDay(day)
  assert.deepEqual((await evaluateMonitor(ctx, input)).windows, [])
  assert.match((await getMonitor(ctx, input)).waiting?.text ?? '', /from 2001-01-08T00:00:00Z/)
  await serveDay(6)
  assert.equal((await evaluateMonitor(ctx, input)).windows[0]?.rows, 14)
})

test('event times far off neither hold up the windows nor complete them', async () => {
  await watched('astray', 1, '1d')
  const input = { project, monitor: 'astray' }
  const { ctx, serving } = world
  const columns = { a: [0, 0], b: [0, 0], c: [0, 0] }
  const at = [Date.UTC(1971, 0, 1), Date.UTC(2271, 0, 1)]
  await serving.score(ctx, { project, endpoint: 'astray', columns, ids: ['old', 'new'], at })
  await serving.flush(project, 'astray')
  const { windows } = await evaluateMonitor(ctx, input)
  // One of 1971 and those of the week, but none of the ten thousand in between.
  assert.equal(windows[0]?.start, at[0])
  assert.equal(windows[1]?.start, firstMonday)
  assert.equal(windows.at(-1)?.end, firstMonday + weekMs)
  assert.equal((await getMonitor(ctx, input)).waiting, null)
})

test('a quiet time between two windows is passed over', async () => {
  await watched('seasonal', 1)
  await liveWeek(world, 'seasonal', createRandom(9), 400, 100, usual)
  await evaluateMonitor(world.ctx, { project, monitor: 'seasonal' })
  assert.deepEqual(await spans('seasonal'), [...weeksFrom(0, 1), ...weeksFrom(400, 1)])
})

test('what is not there, or not possible, says so', async () => {
  const { ctx } = world
  await watched('plain', 1)
  const input = { project, monitor: 'plain' }
  await evaluateMonitor(ctx, input)
  const start = String(firstMonday)
  const missing: [() => Promise<unknown>, string, RegExp][] = [
    [() => getMonitor(ctx, { project, monitor: 'nope' }), 'not_found', /monitors list/],
    [() => evaluateMonitor(ctx, { project, monitor: 'nope' }), 'not_found', /nope/],
    [() => getWindow(ctx, { ...input, start: '2001-01-02' }), 'not_found', /2001-01-02/],
    [() => getWindow(ctx, { ...input, start: 'yesterday' }), 'invalid', /not a time/],
    [
      () => compareColumn(ctx, { ...input, start, column: '__proto__' }),
      'not_found',
      /It has a, b, c/,
    ],
    [
      () => listWindows(ctx, { ...input, limit: 5, pageToken: "1' OR 1=1" }),
      'invalid',
      /page token/,
    ],
    [() => evaluateMonitor(ctx, { ...input, until: 'soon' }), 'invalid', /not a time/],
    [
      () => declareMonitor(ctx, { ...input, settings: { endpoint: 'nowhere' } }),
      'not_found',
      /nowhere/,
    ],
    [
      () => declareMonitor(ctx, { ...input, settings: { endpoint: 'plain', window: '90m' } }),
      'invalid',
      /whole hours/,
    ],
    [
      () => declareMonitor(ctx, { project, monitor: '../x', settings: { endpoint: 'plain' } }),
      'invalid',
      /monitor/,
    ],
  ]
  for (const [asked, code, message] of missing) {
    await assert.rejects(asked(), (error: { code: string; message: string }) => {
      assert.equal(error.code, code)
      assert.match(error.message, message)
      return true
    })
  }
})
