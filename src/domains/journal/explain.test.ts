import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { type OpenedPlatform, openPlatform } from '#app/platform'
import type { JsonObject } from '#kernel/json'
import type { Subject } from '#kernel/subjects'
import { asSystem, type Context } from '#domains/access/index'
import { commit } from './commit.ts'
import { explain } from './explain.ts'
import { lineage } from './lineage.ts'
import { listRecords } from './list-records.ts'
import { listTurns } from './list-turns.ts'
import { readRecordsAfter } from './subscription.ts'

interface Step {
  verb: string
  subject: Subject
  inputs?: Subject[]
  outputs?: Subject[]
  detail?: JsonObject
  /** The step that caused it. */
  cause?: number
}

/** One turn of the loop as the rooms record it. Numbers are those of the records. */
const turn: Step[] = [
  /* 1 */ { verb: 'data.committed', subject: 'data:flights@8', detail: { rows: 115_482 } },
  /* 2 */ {
    verb: 'alarm.raised',
    subject: 'alarm:a1',
    inputs: ['monitor:weekly', 'data:flights@8'],
  },
  /* 3 */ { verb: 'trigger.fired', subject: 'trigger:on-alarm', inputs: ['alarm:a1'], cause: 2 },
  /* 4 */ {
    verb: 'execution.queued',
    subject: 'execution:e1',
    inputs: ['trigger:on-alarm'],
    cause: 3,
  },
  /* 5 */ { verb: 'execution.started', subject: 'execution:e1', inputs: ['commit:abc'], cause: 4 },
  /* 6 */ {
    verb: 'run.created',
    subject: 'run:r1',
    inputs: ['execution:e1', 'data:flights@8', 'commit:abc'],
  },
  /* 7 */ { verb: 'run.finished', subject: 'run:r1' },
  /* 8 */ { verb: 'version.registered', subject: 'model:late@2', inputs: ['run:r1'] },
  /* 9 */ {
    verb: 'gate.passed',
    subject: 'model:late@2',
    inputs: ['data:flights@7', 'model:late@1'],
    cause: 8,
  },
  /* 10 */ {
    verb: 'rollout.started',
    subject: 'rollout:o1',
    inputs: ['model:late@2'],
    outputs: ['endpoint:late'],
    cause: 9,
  },
  /* 11 */ {
    verb: 'rollout.promoted',
    subject: 'rollout:o1',
    inputs: ['model:late@2'],
    outputs: ['endpoint:late'],
    cause: 10,
  },
  /* 12 */ { verb: 'project.noted', subject: 'project:p' },
]

describe('explain', () => {
  let directory: string
  let opened: OpenedPlatform
  let ctx: Context
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'gyre-why-'))
    opened = await openPlatform({ dataDirectory: directory })
    ctx = asSystem(opened.platform, 'test')
    for (const { cause, ...step } of turn) {
      await commit(cause === undefined ? ctx : { ...ctx, cause }, async (change) => {
        change.record({ ...step, project: 'p' })
      })
    }
    await commit(ctx, async (change) => {
      change.record({ verb: 'rollout.promoted', subject: 'endpoint:late', project: 'other' })
    })
  })
  after(async () => {
    await opened.close()
    await rm(directory, { recursive: true })
  })

  it('goes from an endpoint back to the rows, the commit and the alarm', async () => {
    const why = await explain(ctx, 'p', 'endpoint:late', { depth: 30, limit: 100 })
    assert.deepEqual(why.roots, [11])
    assert.deepEqual(
      why.nodes.map(({ seq }) => seq),
      [11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1],
    )
    assert.equal(why.truncated, false)
    assert.match(why.nodes.at(-1)?.sentence ?? '', /115,482 rows/)
  })

  it('lets every record but the first say what it is because of, and only earlier ones', async () => {
    const { nodes } = await explain(ctx, 'p', 'endpoint:late', { depth: 30, limit: 100 })
    for (const { seq, because } of nodes) {
      assert.ok(seq === 1 || because.length > 0, `record ${seq} has no cause`)
      assert.ok(because.every((cause) => cause < seq))
    }
  })

  it('says when depth or number cut the story', async () => {
    const shallow = await explain(ctx, 'p', 'endpoint:late', { depth: 1, limit: 100 })
    assert.equal(shallow.truncated, true)
    assert.ok(shallow.nodes.every(({ seq }) => seq >= 8))
    const short = await explain(ctx, 'p', 'endpoint:late', { depth: 30, limit: 3 })
    assert.equal(short.nodes.length, 3)
    assert.equal(short.truncated, true)
  })

  it('explains a single record, and keeps projects apart', async () => {
    const why = await explain(ctx, 'p', 'record:3', { depth: 30, limit: 100 })
    assert.deepEqual(
      why.nodes.map(({ seq }) => seq),
      [3, 2, 1],
    )
    const other = await explain(ctx, 'other', 'endpoint:late', { depth: 30, limit: 100 })
    assert.deepEqual(other.roots, [13])
  })

  it('has nothing to say of what no record knows, and refuses what is no subject', async () => {
    const why = await explain(ctx, 'p', 'endpoint:unheard-of', { depth: 30, limit: 100 })
    assert.deepEqual([why.roots, why.nodes], [[], []])
    await assert.rejects(explain(ctx, 'p', 'nonsense', { depth: 1, limit: 1 }), { code: 'invalid' })
  })

  it('is refused to who may not see the project', async () => {
    const stranger: Context = { ...ctx, principal: { kind: 'token', name: 'token:x', grants: [] } }
    await assert.rejects(explain(stranger, 'p', 'endpoint:late', { depth: 1, limit: 1 }), {
      code: 'forbidden',
    })
  })

  it('draws the lineage up and down', async () => {
    const up = await lineage(ctx, 'p', 'model:late@2', { direction: 'up', depth: 5, limit: 100 })
    const names = up.nodes.map(({ subject }) => subject)
    assert.ok(names.includes('data:flights@8') && names.includes('commit:abc'))
    assert.ok(!names.includes('endpoint:late'))
    assert.equal(up.nodes.find(({ subject }) => subject === 'run:r1')?.distance, -1)
    const down = await lineage(ctx, 'p', 'data:flights@8', {
      direction: 'down',
      depth: 6,
      limit: 100,
    })
    assert.ok(
      down.nodes.some(({ subject, distance }) => subject === 'endpoint:late' && distance > 0),
    )
    const near = await lineage(ctx, 'p', 'model:late@2', {
      direction: 'both',
      depth: 1,
      limit: 100,
    })
    assert.equal(near.truncated, true)
    assert.ok(near.edges.every(({ source, target }) => source !== target))
  })

  it('tells the last turn from its cause to its outcome', async () => {
    const [last] = await listTurns(ctx, 'p', 5)
    assert.equal(last?.outcome, 'promoted')
    assert.deepEqual(
      last?.steps.map(({ verb }) => verb),
      [
        'data.committed',
        'alarm.raised',
        'trigger.fired',
        'execution.queued',
        'execution.started',
        'run.created',
        'run.finished',
        'version.registered',
        'gate.passed',
        'rollout.started',
        'rollout.promoted',
      ],
    )
  })

  it('lists records by verb, subject, order and page', async () => {
    const seqs = async (filter: Partial<Parameters<typeof listRecords>[2]>) => {
      const page = await listRecords(ctx, 'p', { order: 'oldest', limit: 100, ...filter })
      return page.items.map(({ seq }) => seq)
    }
    assert.deepEqual(await seqs({ verb: 'rollout.' }), [10, 11])
    assert.deepEqual(await seqs({ verb: 'rollout' }), [10, 11])
    assert.deepEqual(await seqs({ verb: 'rollout.started' }), [10])
    assert.deepEqual(await seqs({ subject: 'model:late@2' }), [8, 9, 10, 11])
    assert.deepEqual(await seqs({ after: 3, before: 6 }), [4, 5])
    assert.deepEqual(await seqs({ actor: 'nobody' }), [])
    await assert.rejects(seqs({ verb: "x' or 1=1" }), { code: 'invalid' })
    const first = await listRecords(ctx, 'p', { order: 'newest', limit: 5 })
    const second = await listRecords(ctx, 'p', {
      order: 'newest',
      limit: 100,
      pageToken: first.nextPageToken,
    })
    assert.deepEqual(
      [...first.items, ...second.items].map(({ seq }) => seq),
      [12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1],
    )
    assert.equal(second.nextPageToken, undefined)
    assert.equal((await readRecordsAfter(opened.platform, 0, 100)).length, 13)
  })
})
