import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import {
  acknowledgeIncident,
  alertMetrics,
  getIncident,
  type Incident,
  listIncidents,
} from '#domains/alerts/index'
import {
  openServedWorld,
  type ServedWorld,
  until,
} from '#domains/deployments/served-world.contract'
import { listRecords } from '#domains/journal/index'
import { declareMonitor, getMonitor, monitorMetrics } from '#domains/monitors/index'
import {
  firstMonday,
  liveWeek,
  serveSimulated,
  usual,
} from '#domains/monitors/simulated-traffic.contract'
import { createRandom } from '#science/random'
import { type Loop, startLoop } from './loop.ts'

let world: ServedWorld
let loop: Loop
before(async () => {
  world = await openServedWorld()
  await serveSimulated(world, monitor, 1)
  loop = startLoop(world.platform, 'test')
})
after(async () => {
  await loop.stop()
  await world.close()
})

const project = 'default'
const monitor = 'late'

async function windowsEvaluated(count: number): Promise<void> {
  await until(`evaluation of window ${count}`, async () => {
    const { windows } = await getMonitor(world.ctx, { project, monitor })
    return windows === count
  })
}

function incidentWith(what: string, holds: (incident: Incident) => boolean): Promise<Incident> {
  return until(what, async () => {
    const { items } = await listIncidents(world.ctx, { project, limit: 10 })
    return items.find((item) => item.kind === 'input-drift' && holds(item))
  })
}

test('labels bring windows, windows alarms, alarms one incident, and its end is seen', async () => {
  const { ctx, platform } = world
  await declareMonitor(ctx, { project, monitor, settings: { endpoint: monitor } })
  const random = createRandom(2)
  const shifted = { ...usual, shift: 1.5 }
  await liveWeek(world, monitor, random, 0, 400, usual)
  await windowsEvaluated(1)
  assert.deepEqual((await listIncidents(ctx, { project, limit: 10 })).items, [])

  await liveWeek(world, monitor, random, 1, 400, shifted)
  const opened = await incidentWith('an incident', () => true)
  assert.equal(opened.source, `monitor:${monitor}`)
  assert.equal(opened.state, 'open')
  assert.match(opened.text, /^a is at a distance of 0\.\d+ from the training data/)
  assert.ok(opened.evidence.includes(`endpoint:${monitor}`))
  assert.ok(opened.evidence.includes(`model:${monitor}@1`))
  await acknowledgeIncident(ctx, { project, incident: opened.id, note: 'the sensor is looked at' })

  await liveWeek(world, monitor, random, 2, 400, shifted)
  const joined = await incidentWith('a second alarm', ({ alarms }) => alarms === 2)
  assert.equal(joined.id, opened.id)
  assert.equal(joined.state, 'acknowledged')
  const { history } = await getIncident(ctx, { project, incident: opened.id })
  const [alarm] = history
  assert.ok(alarm !== undefined)
  assert.equal(alarm.detail['start'], firstMonday + 14 * 86_400_000)
  const [finding] = alarm.detail['checks'] as { column: string; size: number; p: number }[]
  assert.equal(finding?.column, 'a')
  assert.ok(finding.size > 0.1 && finding.p < 0.05)

  await liveWeek(world, monitor, random, 3, 400, usual)
  const ended = await incidentWith('its end', ({ state }) => state === 'resolved')
  assert.equal(ended.id, opened.id)
  assert.equal(ended.resolvedBy, 'system:loop')
  assert.match(ended.note ?? '', /^It ended with record \d+: the window from 2001-01-22/)

  await assertRecorded(opened.id)
  const [alarms] = (await alertMetrics(platform)).filter(({ name }) => name === 'alarms_total')
  assert.equal(alarms?.samples.find(({ labels }) => labels['kind'] === 'input-drift')?.value, 2)
  const families = await monitorMetrics(platform)
  const drift = families.find(({ name }) => name === 'drift_size')
  assert.deepEqual(drift?.samples.map(({ labels }) => labels['feature']).toSorted(), [
    'a',
    'b',
    'c',
  ])
  const total = families.find(({ name }) => name === 'monitor_alarms_total')
  assert.equal(total?.kind, 'counter')
  // The feature that moved moved the predictions with it: two kinds in each of two windows.
  assert.deepEqual(
    total.samples.map(({ value }) => value),
    [4],
  )
  for (const name of ['realised_auc', 'realised_log_loss', 'label_ratio'])
    assert.equal(families.find((family) => family.name === name)?.samples.length, 1, name)
})

/** Each record names what it was decided on, once. */
async function assertRecorded(incident: string): Promise<void> {
  const about = { subject: `incident:${incident}`, order: 'oldest' as const, limit: 50 }
  const { items } = await listRecords(world.ctx, project, about)
  assert.deepEqual(
    items.map(({ verb }) => verb),
    [
      'incident.opened',
      'alarm.raised',
      'incident.acknowledged',
      'alarm.raised',
      'incident.resolved',
    ],
  )
  const windows = await listRecords(world.ctx, project, {
    verb: 'window.evaluated',
    order: 'oldest',
    limit: 50,
  })
  const [, first, , last] = windows.items.map(({ seq }) => `record:${seq}`)
  assert.deepEqual(items[1]?.inputs.toSorted(), [
    `endpoint:${monitor}`,
    `model:${monitor}@1`,
    `monitor:${monitor}`,
    first,
  ])
  const inputs = items.at(-1)?.inputs ?? []
  assert.ok(inputs.includes(last as (typeof inputs)[number]))
  assert.equal(new Set(inputs).size, inputs.length)
}
