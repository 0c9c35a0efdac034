import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type OpenedPlatform, openPlatform } from '#app/platform'
import type { Subject } from '#kernel/subjects'
import { asSystem, type Context } from '#domains/access/index'
import { commitVersion, declareDataset, uploadBlob } from '#domains/data/index'
import type { JournalRecord } from '#domains/journal/index'
import {
  cancelExecution,
  declarePipeline,
  declareTrigger,
  finishExecution,
  fireDueSchedules,
  fireTrigger,
  getExecution,
  getPipeline,
  listExecutions,
  listTriggers,
  matchTriggers,
  recordSkipped,
  parseTriggersDeclaration,
  readStageLog,
  removeTrigger,
  reportExecution,
  reportStage,
  startExecution,
} from './index.ts'

/** What the room promises, on whichever database `place` names. */
export function testPipelines(place: () => Promise<{ databaseUrl?: string }>): void {
  const project = 'lab'
  let directory: string
  let opened: OpenedPlatform
  let ctx: Context

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'gyre-pipelines-'))
    opened = await openPlatform({ dataDirectory: directory, ...(await place()) })
    ctx = asSystem(opened.platform, 'test')
    await declarePipeline(ctx, {
      project,
      pipeline: 'late',
      directory: '/tmp/late/',
      file: 'dvc.yaml',
    })
  })
  after(async () => {
    await opened.close()
    await rm(directory, { recursive: true })
  })

  test('a pipeline is declared once, in an absolute directory', async () => {
    const known = await getPipeline(ctx, { project, pipeline: 'late' })
    assert.equal(known.directory, '/tmp/late')
    const again = await declarePipeline(ctx, {
      project,
      pipeline: 'late',
      directory: '/tmp/late',
      file: 'dvc.yaml',
    })
    assert.equal(again.updatedAt, known.updatedAt)
    const bad = (change: object) =>
      declarePipeline(ctx, { project, pipeline: 'x', directory: '/a', file: 'dvc.yaml', ...change })
    await assert.rejects(bad({ directory: 'relative' }), { code: 'invalid' })
    await assert.rejects(bad({ file: '../dvc.yaml' }), { code: 'invalid' })
    await assert.rejects(bad({ pipeline: 'a/b' }), { code: 'invalid' })
  })

  test('an execution is queued with its job, and can be cancelled before it starts', async () => {
    const queued = await startExecution(ctx, { project, pipeline: 'late', parameters: { a: 1 } })
    assert.equal(queued.state, 'queued')
    const jobs = await ctx.queue.list({ kind: 'pipeline.execute' })
    assert.ok(jobs.some((job) => (job.payload as { execution: string }).execution === queued.id))
    const cancelled = await cancelExecution(ctx, { project, execution: queued.id, reason: 'no' })
    assert.deepEqual([cancelled.state, cancelled.reason], ['cancelled', 'no'])
    await assert.rejects(
      finishExecution(ctx, { project, execution: queued.id, state: 'failed', reason: 'x' }),
      { code: 'conflict' },
    )
    await assert.rejects(startExecution(ctx, { project, pipeline: 'nope' }), { code: 'not_found' })
  })

  async function openReport() {
    const { id } = await reportExecution(ctx, {
      project,
      pipeline: 'late',
      stages: [
        { stage: 'a', after: [], reason: '' },
        { stage: 'b', after: ['a'], reason: 'It comes after a.' },
      ],
    })
    return id
  }

  test('a reported execution shows its stages and their output', async () => {
    const execution = await openReport()
    const at = { project, execution }
    await reportStage(ctx, {
      ...at,
      stage: 'a',
      state: 'running',
      reason: 'It has not run before.',
    })
    await reportStage(ctx, { ...at, stage: 'a', log: { offset: 0, text: 'one\n' } })
    await reportStage(ctx, { ...at, stage: 'a', log: { offset: 4, text: 'zwö\n' } })
    // A retry that overlaps what is known adds only what is new.
    await reportStage(ctx, { ...at, stage: 'a', log: { offset: 4, text: 'zwö\nthree\n' } })
    await assert.rejects(reportStage(ctx, { ...at, stage: 'a', log: { offset: 99, text: 'x' } }), {
      code: 'invalid',
    })
    const read = (offset: number, limit = 1000) =>
      readStageLog(ctx, { ...at, stage: 'a', offset, limit })
    assert.deepEqual(await read(0), { text: 'one\nzwö\nthree\n', nextOffset: 14, complete: false })
    assert.deepEqual(await read(5, 4), { text: 'wö\nt', nextOffset: 9, complete: false })
    assert.deepEqual(await read(14), { text: '', nextOffset: 14, complete: false })
    await reportStage(ctx, {
      ...at,
      stage: 'a',
      state: 'succeeded',
      exitCode: 0,
      peakMemoryBytes: 5,
    })
    assert.equal((await read(14)).complete, true)
    await finishExecution(ctx, { ...at, state: 'failed', reason: 'Stage b failed.' })
    const ended = await getExecution(ctx, at)
    assert.deepEqual(
      ended.stages.map(({ stage, state, logLength }) => ({ stage, state, logLength })),
      [
        { stage: 'a', state: 'succeeded', logLength: 14 },
        { stage: 'b', state: 'blocked', logLength: 0 },
      ],
    )
    await assert.rejects(reportStage(ctx, { ...at, stage: 'b', state: 'running' }), {
      code: 'conflict',
    })
    await assert.rejects(
      read(0).then(() => readStageLog(ctx, { ...at, stage: 'z', offset: 0, limit: 1 })),
      {
        code: 'not_found',
      },
    )
  })

  test('executions are listed newest first, by pipeline and state', async () => {
    const execution = await openReport()
    const page = await listExecutions(ctx, { project, pipeline: 'late', limit: 1 })
    assert.equal(page.items[0]?.id, execution)
    const next = await listExecutions(ctx, { project, limit: 100, pageToken: page.nextPageToken })
    assert.ok(next.items.length > 0 && !next.items.some((item) => item.id === execution))
    const running = await listExecutions(ctx, { project, state: 'running', limit: 10 })
    assert.deepEqual(
      running.items.map((item) => item.id),
      [execution],
    )
    await assert.rejects(listExecutions(ctx, { project, limit: 1, pageToken: "'" }), {
      code: 'invalid',
    })
  })

  test('a trigger fires once per key', async () => {
    await declareTrigger(ctx, {
      project,
      trigger: 'hand',
      declaration: { on: 'manual', run: 'late' },
    })
    const inputs: Subject[] = ['alarm:x']
    const fire = () =>
      fireTrigger(ctx, { project, trigger: 'hand', key: '17', reason: 'why', inputs })
    const [first, second] = await Promise.all([fire(), fire()])
    assert.notEqual(first.fired, second.fired)
    assert.equal(first.execution, second.execution)
    const execution = await getExecution(ctx, { project, execution: first.execution })
    assert.equal(execution.cause, 'trigger:hand')
    assert.notEqual(
      (await fireTrigger(ctx, { project, trigger: 'hand' })).execution,
      first.execution,
    )
    await declareTrigger(ctx, {
      project,
      trigger: 'hand',
      declaration: { on: 'manual', run: 'late' },
      enabled: false,
    })
    await assert.rejects(fireTrigger(ctx, { project, trigger: 'hand' }), { code: 'invalid' })
    await removeTrigger(ctx, { project, trigger: 'hand' })
    await assert.rejects(fireTrigger(ctx, { project, trigger: 'hand' }), { code: 'not_found' })
  })

  function record(change: Partial<JournalRecord>): JournalRecord {
    return {
      seq: 5,
      at: 0,
      actor: 'x',
      verb: 'data.committed',
      subject: 'data:flights@8',
      project: 'match',
      inputs: [],
      outputs: [],
      detail: {},
      prevHash: '',
      hash: '',
      ...change,
    }
  }

  test('records are matched with the triggers that they fire', async () => {
    const declare = (
      trigger: string,
      declaration: Parameters<typeof declareTrigger>[1]['declaration'],
    ) => declareTrigger(ctx, { project: 'match', trigger, declaration })
    await declare('data', { on: 'data', dataset: 'flights', every: 4, run: 'late' })
    await declare('alarm', { on: 'alarm', monitor: 'weekly', every: 2, run: 'late' })
    const matched = async (change: Partial<JournalRecord>) =>
      (await matchTriggers(ctx, record(change)))
        .filter(({ fires }) => fires)
        .map(({ trigger, key }) => `${trigger} ${key}`)
    assert.deepEqual(await matched({}), ['data 5'])
    assert.deepEqual(await matched({ subject: 'data:flights@9' }), [])
    assert.deepEqual(await matched({ subject: 'data:other@8' }), [])
    const alarm = { verb: 'alarm.raised', subject: 'alarm:a' } as const
    assert.deepEqual(await matched({ ...alarm, inputs: ['monitor:weekly'] }), ['alarm 5'])
    assert.deepEqual(await matched({ ...alarm, detail: { monitor: 'weekly' } }), ['alarm 5'])
    assert.deepEqual(await matched({ ...alarm, inputs: ['monitor:daily'] }), [])
    const nth = (ordinal: number) => matched({ ...alarm, detail: { monitor: 'weekly', ordinal } })
    assert.deepEqual(await Promise.all([1, 2, 3].map(nth)), [['alarm 5'], [], ['alarm 5']])
    assert.deepEqual(await matched({ verb: 'run.created' }), [])
  })

  test('a trigger that does not fire says why, once', async () => {
    const skipped = async (change: Partial<JournalRecord>) => {
      const matches = await matchTriggers(ctx, record(change))
      return matches.filter(({ fires }) => !fires)
    }
    const [data] = await skipped({ subject: 'data:flights@9' })
    assert.match(data?.reason ?? '', /Version 9 .* every 4 versions: next on version 12\./)
    const detail = { monitor: 'weekly', ordinal: 2 }
    const second = record({ verb: 'alarm.raised', subject: 'alarm:a', detail })
    const [alarm] = await skipped(second)
    assert.match(alarm?.reason ?? '', /alarm 2 of its incident; .* next on alarm 3\./)
    const declaration = { on: 'data', dataset: 'flights', every: 4, run: 'late' } as const
    const trigger = { project: 'match', trigger: 'data', declaration, enabled: false }
    await declareTrigger(ctx, trigger)
    const [disabled] = await skipped({})
    assert.equal(disabled?.reason, 'It is disabled.')
    const caused = { ...ctx, cause: 5 }
    await recordSkipped(caused, record({}), await skipped({}))
    await recordSkipped(caused, record({}), await skipped({}))
    const db = ctx.tables.read<{ journal: { verb: string; subject: string; project: string } }>()
    const records = await db
      .selectFrom('journal')
      .select('subject')
      .where('verb', '=', 'trigger.skipped')
      .where('project', '=', 'match')
      .execute()
    assert.deepEqual(
      records.map((row) => row.subject),
      ['trigger:data'],
    )
  })

  test('a schedule fires when it is due, once for all that was missed', async () => {
    const p = 'timed'
    let now = Date.UTC(2001, 0, 1, 2, 59)
    const at: Context = { ...ctx, clock: () => now }
    await declarePipeline(at, {
      project: p,
      pipeline: 'late',
      directory: '/tmp/late',
      file: 'dvc.yaml',
    })
    await declareTrigger(at, {
      project: p,
      trigger: 'nightly',
      declaration: { on: 'schedule', cron: '0 3 * * *', run: 'late' },
    })
    const executions = async () =>
      (await listExecutions(ctx, { project: p, limit: 10 })).items.length
    await fireDueSchedules(at)
    assert.equal(await executions(), 0)
    now = Date.UTC(2001, 0, 1, 3, 0)
    await fireDueSchedules(at)
    await fireDueSchedules(at)
    assert.equal(await executions(), 1)
    now = Date.UTC(2001, 0, 20, 12)
    assert.equal(await fireDueSchedules(at), Date.UTC(2001, 0, 21, 3))
    assert.equal(await executions(), 2)
    const [trigger] = (await listTriggers(ctx, { project: p })).items
    assert.equal(trigger?.nextAt, Date.UTC(2001, 0, 21, 3))
  })

  test('a schedule by the event times of a data set fires when they pass it, not this clock', async () => {
    const p = 'replayed'
    const days = (...dates: string[]) => dates.map((date) => `${date} 12:00:00`)
    const dataset = { project: p, dataset: 'flights' }
    const definition = { description: '', path: null, knownAt: null, expectations: [] }
    await declareDataset(ctx, { ...dataset, ...definition, timestamp: 'date' })
    const version = async (...dates: string[]) => {
      const text = `date\n${days(...dates).join('\n')}\n`
      const sha256 = ctx.digest(text)
      const stored = await uploadBlob(ctx, { project: p, sha256, content: Buffer.from(text) })
      const files = [{ path: 'all.csv', ...stored }]
      const { version: number } = await commitVersion(ctx, { ...dataset, files, message: '' })
      return record({ project: p, subject: `data:flights@${number}` })
    }
    const declaration = {
      on: 'schedule',
      cron: '0 0 1 * *',
      dataset: 'flights',
      run: 'late',
    } as const
    const trigger = await declareTrigger(ctx, { project: p, trigger: 'monthly', declaration })
    assert.equal(trigger.nextAt, null, 'this clock does not move it')
    const first = await version('2001-01-20')
    const second = await version('2001-01-20', '2001-01-31')
    const third = await version('2001-01-20', '2001-03-02')
    const [begun] = await matchTriggers(ctx, first)
    assert.equal(begun?.fires, false)
    const [early] = await matchTriggers(ctx, second)
    assert.equal(early?.fires, false)
    assert.match(early?.reason ?? '', /until 2001-01-31T12:00.* next at 2001-02-01T00:00/)
    const [due] = await matchTriggers(ctx, third)
    assert.equal(due?.fires, true)
    assert.match(due?.reason ?? '', /was due at 2001-02-01T00:00/)
    assert.deepEqual(await matchTriggers(ctx, { ...third, subject: 'data:other@1' }), [])
  })

  test('a declaration of triggers says what is wrong, and where', () => {
    const wrong: [unknown, RegExp][] = [
      [
        { t: { on: 'moon', run: 'x' } },
        /triggers\.t: "on" is not "moon"\. A trigger fires on alarm, data/,
      ],
      [{ t: { run: 'x' } }, /"on" is missing/],
      [{ t: { on: 'schedule', cron: 'soon', run: 'x' } }, /"soon" is not a cron expression/],
      [{ t: { on: 'schedule', cron: '61 * * * *', run: 'x' } }, /not a cron expression/],
      [{ t: { on: 'data', dataset: 'f', every: 0, run: 'x' } }, /every/],
      [{ t: { on: 'alarm', run: 'x' } }, /monitor/],
      [{ t: { on: 'manual', run: 'x', extra: 1 } }, /extra/],
      [[], /must be a mapping/],
    ]
    for (const [section, message] of wrong) {
      assert.throws(() => parseTriggersDeclaration(section), { code: 'invalid', message })
    }
  })
}
