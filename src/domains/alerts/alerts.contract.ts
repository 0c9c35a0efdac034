import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type OpenedPlatform, openPlatform } from '#app/platform'
import { asSystem, type Context, createProject } from '#domains/access/index'
import { type JournalRecord, listRecords } from '#domains/journal/index'
import {
  acknowledgeIncident,
  countIncidents,
  followRecord,
  getIncident,
  listIncidents,
  raiseAlarm,
  resolveIncident,
} from './index.ts'

let opened: OpenedPlatform
let ctx: Context
let directory: string

const drift = {
  source: 'monitor:weekly',
  kind: 'input-drift',
  severity: 'warning' as const,
  text: 'a feature moved',
}

function record(seq: number, verb: string, subject: string, detail: object): JournalRecord {
  return {
    seq,
    at: 0,
    actor: 'test',
    verb,
    subject: subject as JournalRecord['subject'],
    project: 'two',
    inputs: [],
    outputs: [],
    detail: detail as JournalRecord['detail'],
    prevHash: '',
    hash: '',
  }
}

/** Alarms and incidents on a store of any engine. */
export function testAlerts(open: () => Promise<{ databaseUrl?: string }>): void {
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'gyre-alerts-'))
    opened = await openPlatform({ dataDirectory: directory, ...(await open()) })
    ctx = asSystem(opened.platform, 'test')
    for (const name of ['one', 'two', 'three']) await createProject(ctx, { name, description: '' })
  })
  after(async () => {
    await opened.close()
    await rm(directory, { recursive: true, force: true })
  })

  test('alarms of one cause join one incident, until it is resolved', async () => {
    const project = 'one'
    const first = await raiseAlarm(ctx, { project, ...drift })
    const [second, third] = await Promise.all([
      raiseAlarm(ctx, { project, ...drift, severity: 'critical' }),
      raiseAlarm(ctx, { project, ...drift, kind: 'performance' }),
    ])
    assert.equal(second?.incident, first.incident)
    assert.notEqual(third?.incident, first.incident)
    const incident = await getIncident(ctx, { project, incident: first.incident })
    assert.equal(incident.alarms, 2)
    assert.equal(incident.severity, 'critical')
    assert.deepEqual(
      incident.history.map(({ id }) => id),
      [second?.id, first.id],
    )
    const acknowledged = await acknowledgeIncident(ctx, {
      project,
      incident: first.incident,
      note: 'I look at it',
    })
    assert.equal(acknowledged.state, 'acknowledged')
    assert.equal(acknowledged.acknowledgedBy, 'system:test')
    const again = await raiseAlarm(ctx, { project, ...drift })
    assert.equal(again.incident, first.incident)
    await resolveIncident(ctx, {
      project,
      incident: first.incident,
      note: 'the sensor was replaced',
    })
    await assert.rejects(resolveIncident(ctx, { project, incident: first.incident, note: '' }), {
      code: 'conflict',
    })
    const next = await raiseAlarm(ctx, { project, ...drift })
    assert.notEqual(next.incident, first.incident)
    const counts = await countIncidents(ctx, { project })
    assert.deepEqual(counts, { open: 2, acknowledged: 0, resolved: 1, warning: 2, critical: 0 })
    const { items } = await listRecords(ctx, project, {
      subject: `incident:${first.incident}`,
      order: 'oldest',
      limit: 50,
    })
    assert.deepEqual(
      items.map(({ verb }) => verb),
      [
        'incident.opened',
        'alarm.raised',
        'alarm.raised',
        'incident.acknowledged',
        'alarm.raised',
        'incident.resolved',
      ],
    )
  })

  test('records raise alarms once and resolve incidents whose condition ended', async () => {
    const project = 'two'
    const span = { start: Date.UTC(2001, 0, 1), end: Date.UTC(2001, 0, 8), reference: 1 }
    const alarm = { kind: 'input-drift', severity: 'warning', text: 'a moved' }
    const bad = record(7, 'window.evaluated', 'monitor:weekly', {
      ...span,
      alarms: [alarm],
      checks: [
        { kind: 'input-drift', column: 'a', verdict: 'alarm' },
        { kind: 'performance', column: 'auc', verdict: 'ok' },
      ],
    })
    await followRecord({ ...ctx, cause: 7 }, bad)
    await followRecord({ ...ctx, cause: 7 }, bad)
    const [incident] = (await listIncidents(ctx, { project, limit: 10 })).items
    assert.equal(incident?.alarms, 1)
    assert.equal(incident?.kind, 'input-drift')
    assert.ok(incident?.evidence.includes('record:7'))
    const undecided = record(8, 'window.evaluated', 'monitor:weekly', {
      ...span,
      alarms: [],
      checks: [{ kind: 'input-drift', column: 'a', verdict: 'undecided' }],
    })
    await followRecord({ ...ctx, cause: 8 }, undecided)
    assert.equal((await countIncidents(ctx, { project })).open, 1)
    const good = record(9, 'window.evaluated', 'monitor:weekly', {
      ...span,
      alarms: [],
      checks: [{ kind: 'input-drift', column: 'a', verdict: 'ok' }],
    })
    await followRecord({ ...ctx, cause: 9 }, good)
    const resolved = await getIncident(ctx, { project, incident: incident?.id ?? '' })
    assert.equal(resolved.state, 'resolved')
    assert.match(
      resolved.note ?? '',
      /^It ended with record 9: the window from 2001-01-01T00:00 to/,
    )
  })

  test('failures of pipelines, releases and data are trouble, and their success ends it', async () => {
    const project = 'two'
    const story: [string, string, object][] = [
      ['execution.failed', 'execution:e1', { pipeline: 'late', reason: 'exit code 1' }],
      ['rollout.rolled-back', 'rollout:r1', { endpoint: 'late', reason: 'it is worse' }],
      ['data.refused', 'data:flights@9', { summary: '3 expectations failed' }],
    ]
    let seq = 20
    for (const [verb, subject, detail] of story) {
      await followRecord(ctx, record(seq++, verb, subject, detail))
    }
    const open = (await listIncidents(ctx, { project, state: 'unresolved', limit: 10 })).items
    assert.deepEqual(open.map(({ source, kind }) => [source, kind]).toReversed(), [
      ['pipeline:late', 'execution-failed'],
      ['endpoint:late', 'release-rolled-back'],
      ['data:flights', 'data-refused'],
    ])
    const texts = open.map(({ text }) => text).join(' ')
    for (const part of ['exit code 1', 'it is worse', '3 expectations failed']) {
      assert.ok(texts.includes(part), texts)
    }
    const ends: [string, string, object][] = [
      ['execution.succeeded', 'execution:e2', { pipeline: 'late' }],
      ['rollout.promoted', 'rollout:r2', { endpoint: 'late' }],
      ['data.committed', 'data:flights@10', {}],
    ]
    for (const [verb, subject, detail] of ends) {
      await followRecord(ctx, record(seq++, verb, subject, detail))
    }
    assert.equal((await countIncidents(ctx, { project })).open, 0)
  })

  test('lists come in pages, and what is not there or not valid says so', async () => {
    const project = 'three'
    for (let i = 0; i < 5; i++) await raiseAlarm(ctx, { project, ...drift, source: `run:${i}` })
    const first = await listIncidents(ctx, { project, limit: 3 })
    assert.equal(first.items.length, 3)
    const rest = await listIncidents(ctx, { project, limit: 3, pageToken: first.nextPageToken })
    assert.equal(rest.items.length, 2)
    assert.equal(rest.nextPageToken, undefined)
    const foreign = { project, limit: 3, pageToken: "'; drop table incidents" }
    await assert.rejects(listIncidents(ctx, foreign), { code: 'invalid' })
    await assert.rejects(getIncident(ctx, { project, incident: 'nope' }), { code: 'not_found' })
    await assert.rejects(raiseAlarm(ctx, { project, ...drift, source: 'the moon' }), {
      code: 'invalid',
    })
    await assert.rejects(raiseAlarm(ctx, { project, ...drift, kind: 'Ünsinn\n' }), {
      code: 'invalid',
    })
  })
}
