import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { subject } from '#kernel/subjects'
import type { BlobTables } from '#ports/blobs/blob-tables'
import { type OpenedPlatform, openPlatform } from '#app/platform'
import { asSystem, type Context } from '#domains/access/index'
import { commit } from '#domains/journal/index'
import {
  collectGarbage,
  commitVersion,
  declareDataset,
  describeHistory,
  describeStore,
  describeUsage,
  expireVersions,
  explainBlob,
  explainRetention,
  holdDataset,
  listFiles,
  listHolds,
  missingBlobs,
  openRemote,
  releaseHold,
  removeObjects,
  setRetention,
  storeObject,
  uploadBlob,
} from '../index.ts'

const dayMs = 86_400_000

/** What the room gives up and what it keeps, on whichever database `place` names. */
export function testDataUpkeep(place: () => Promise<{ databaseUrl?: string }>): void {
  const project = 'p'
  let directory: string
  let opened: OpenedPlatform
  let ctx: Context

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'gyre-upkeep-'))
    opened = await openPlatform({ dataDirectory: directory, ...(await place()) })
    ctx = asSystem(opened.platform, 'test')
  })
  after(async () => {
    await opened.close()
    await rm(directory, { recursive: true })
  })

  async function upload(text: string) {
    const content = new TextEncoder().encode(text)
    return uploadBlob(ctx, { project, sha256: ctx.digest(content), content })
  }

  async function commitText(dataset: string, text: string): Promise<string> {
    const stat = await upload(text)
    const files = [{ path: 'notes.txt', ...stat }]
    await commitVersion(ctx, { project, dataset, files, message: '' })
    return stat.sha256
  }

  async function declare(dataset: string): Promise<void> {
    const declared = { description: '', path: null, timestamp: null, knownAt: null }
    await declareDataset(ctx, { project, dataset, ...declared, expectations: [] })
  }

  /** As if so many days had passed since anything was put. */
  async function age(days: number): Promise<void> {
    await ctx.tables.write<BlobTables, void>(async (tx) => {
      const past = days * dayMs
      await tx
        .updateTable('blob_places')
        .set((eb) => ({
          touched_at: eb('touched_at', '-', past),
          quarantined_at: eb('quarantined_at', '-', past),
        }))
        .execute()
      await tx
        .updateTable('blob_objects')
        .set((eb) => ({
          written_at: eb('written_at', '-', past),
          doomed_at: eb('doomed_at', '-', past),
        }))
        .execute()
    })
  }

  async function collectTwice(): Promise<void> {
    await age(2)
    await collectGarbage(ctx, { dryRun: false })
    await age(8)
    await collectGarbage(ctx, { dryRun: false })
  }

  describe('garbage', () => {
    it('is what no version and no remote names, and it goes after quarantine', async () => {
      await declare('kept')
      const kept = await commitText('kept', 'named by a version')
      const loose = await upload('only uploaded')
      const remote = { repo: 'r', project }
      await openRemote(ctx, remote)
      const content = new TextEncoder().encode('pushed by dvc')
      const pushed = await storeObject(ctx, { remote, path: 'plain', content })
      const young = await collectGarbage(ctx, { dryRun: true })
      assert.ok(young.young.blobs > 0 && young.deleted.blobs === 0)
      await age(2)
      const dry = await collectGarbage(ctx, { dryRun: true })
      const keepers = dry.keptBy.map(({ by }) => by).toSorted()
      assert.deepEqual(keepers, ['DVC remotes', 'versions of data sets'])
      assert.equal(
        dry.keptBy.reduce((sum, { blobs }) => sum + blobs, 0),
        dry.kept.blobs,
      )
      assert.ok(dry.largest.some(({ sha256 }) => sha256 === loose.sha256))
      await collectTwice()
      assert.equal(await ctx.blobs.has(loose.sha256), false)
      assert.deepEqual(await missingBlobs(ctx, { project, items: [loose.sha256, kept] }), [
        loose.sha256,
      ])
      assert.ok((await ctx.blobs.has(kept)) && (await ctx.blobs.has(pushed.sha256)))
      await removeObjects(ctx, { remote, path: 'plain' })
      await collectTwice()
      assert.equal(await ctx.blobs.has(pushed.sha256), false)
    })

    it('is explained: what keeps a blob, and that nothing does', async () => {
      await declare('explained')
      const sha256 = await commitText('explained', 'why am I here')
      assert.deepEqual((await explainBlob(ctx, { sha256 })).keptBy, [
        'version 1 of data set explained in p',
      ])
      const loose = await upload('nothing keeps me')
      assert.deepEqual((await explainBlob(ctx, { sha256: loose.sha256 })).keptBy, [])
      const stranger: Context = {
        ...ctx,
        principal: { kind: 'token', name: 's', grants: [{ project: 'other', role: 'viewer' }] },
      }
      const seen = await explainBlob(stranger, { sha256 })
      assert.deepEqual([seen.stat, seen.keptBy], [undefined, []])
    })

    it('is not taken from somebody who asked for it a moment ago', async () => {
      const loose = await upload('asked for')
      await age(10)
      await collectGarbage(ctx, { dryRun: false })
      assert.deepEqual(await missingBlobs(ctx, { project, items: [loose.sha256] }), [])
      await age(0.5)
      await collectGarbage(ctx, { dryRun: false, quarantineHours: 0 })
      assert.equal(await ctx.blobs.has(loose.sha256), true)
    })

    it('is not collected at all with a table that nobody declared, or no grace', async () => {
      await assert.rejects(collectGarbage(ctx, { dryRun: false, graceHours: 0 }), {
        code: 'invalid',
      })
      await ctx.tables.write<unknown, void>(async (tx) => {
        await tx.schema.createTable('unknown_things').addColumn('sha256', 'text').execute()
      })
      await assert.rejects(collectGarbage(ctx, { dryRun: false }), { code: 'refused' })
      await ctx.tables.write<unknown, void>(async (tx) => {
        await tx.schema.dropTable('unknown_things').execute()
      })
    })
  })

  describe('retention', () => {
    it('gives up old versions, but not the latest, held ones, or those that something was made of', async () => {
      await declare('aged')
      const digests: string[] = []
      for (let i = 1; i <= 6; i++) digests.push(await commitText('aged', `version ${i}`))
      await setRetention(ctx, { project, dataset: 'aged', keepVersions: 2, keepDays: null })
      const reason = 'a court asked'
      const held = await holdDataset(ctx, { project, dataset: 'aged', version: 2, reason })
      await commit(ctx, async (change) => {
        change.record({
          verb: 'run.finished',
          subject: subject('run', 'r1'),
          project,
          inputs: [subject('data', 'aged', 3)],
        })
      })
      const plan = await explainRetention(ctx, { project, dataset: 'aged' })
      assert.deepEqual(
        plan.versions.map(({ version, because, goes }) => [version, because, goes]),
        [
          [6, 'latest', false],
          [5, 'among the newest', false],
          [4, 'rule', true],
          [3, 'used', false],
          [2, 'held', false],
          [1, 'rule', true],
        ],
      )
      // Each version is one file of nine bytes.
      assert.deepEqual(plan.freed, { blobs: 2, sizeBytes: 18 })
      const history = await describeHistory(ctx, { project, dataset: 'aged', limit: 5 })
      assert.deepEqual(
        history.items.map(({ version, holds }) => [version, holds]),
        [
          [6, []],
          [5, []],
          [4, []],
          [3, []],
          [2, [held.id]],
        ],
      )
      const rules = { keepVersions: null, keepDays: 1 }
      const other = await explainRetention(ctx, { project, dataset: 'aged', rules })
      assert.ok(other.versions.every(({ goes }) => !goes))
      const none = { keepVersions: 0, keepDays: null }
      await assert.rejects(explainRetention(ctx, { project, dataset: 'aged', rules: none }), {
        code: 'invalid',
      })
      const expired = await expireVersions(ctx)
      assert.deepEqual(
        expired.map(({ version }) => version),
        [1, 4],
      )
      const gone = { project, dataset: 'aged', version: '1', limit: 10 }
      await assert.rejects(listFiles(ctx, gone), { code: 'conflict' })
      await collectTwice()
      const there = await Promise.all(digests.map((sha256) => ctx.blobs.has(sha256)))
      assert.deepEqual(there, [false, true, true, false, true, true])
      assert.deepEqual(
        (await listHolds(ctx, { project })).map(({ id }) => id),
        [held.id],
      )
      const after = await explainRetention(ctx, { project, dataset: 'aged' })
      assert.deepEqual(after.versions.at(-1)?.because, 'given up before')
      await releaseHold(ctx, { project, hold: held.id, reason: 'the case is closed' })
      await assert.rejects(releaseHold(ctx, { project, hold: held.id, reason: 'again' }), {
        code: 'not_found',
      })
      assert.deepEqual(
        (await expireVersions(ctx)).map(({ version }) => version),
        [2],
      )
    })

    it('keeps everything of a data set that is held as a whole, and without a rule', async () => {
      await declare('held')
      for (let i = 1; i <= 3; i++) await commitText('held', `held ${i}`)
      assert.deepEqual(await expireVersions(ctx), [])
      await setRetention(ctx, { project, dataset: 'held', keepVersions: 1, keepDays: null })
      await holdDataset(ctx, { project, dataset: 'held', version: null, reason: 'audit' })
      assert.deepEqual(await expireVersions(ctx), [])
      await assert.rejects(
        holdDataset(ctx, { project, dataset: 'held', version: 99, reason: 'x' }),
        { code: 'not_found' },
      )
    })
  })

  describe('usage', () => {
    it('counts once what versions and data sets share', async () => {
      const file = async (path: string, text: string) => ({ path, ...(await upload(text)) })
      const shared = await file('shared.txt', 'in both sets')
      const always = await file('always.txt', 'in each version')
      const commitFiles = (dataset: string, files: (typeof shared)[]) =>
        commitVersion(ctx, { project: 'usage', dataset, files, message: '' })
      for (const dataset of ['left', 'right']) {
        const declared = { description: '', path: null, timestamp: null, knownAt: null }
        await declareDataset(ctx, { project: 'usage', dataset, ...declared, expectations: [] })
      }
      for (const text of ['in both sets', 'in each version', 'one', 'two']) {
        const content = new TextEncoder().encode(text)
        await uploadBlob(ctx, { project: 'usage', sha256: ctx.digest(content), content })
      }
      assert.deepEqual((await describeUsage(ctx, { project: 'usage' })).content.blobs, 0)
      await commitFiles('left', [always, await file('new.txt', 'one')])
      await commitFiles('left', [always, await file('new.txt', 'two')])
      await commitFiles('left', [always, shared])
      await commitFiles('right', [shared])
      const usage = await describeUsage(ctx, { project: 'usage' })
      assert.deepEqual(usage.content, { blobs: 4, sizeBytes: 12 + 15 + 3 + 3 })
      const [left, right] = usage.datasets
      assert.deepEqual(left?.content, { blobs: 4, sizeBytes: 33 })
      assert.deepEqual(left?.own, { blobs: 3, sizeBytes: 21 })
      assert.deepEqual([left?.versions, left?.versionBytes], [3, 18 + 18 + 27])
      assert.deepEqual([right?.content.sizeBytes, right?.own.sizeBytes], [12, 0])
      assert.deepEqual(await describeUsage(ctx, { project: 'usage' }), usage)
    })

    it('says since when every blob is known to be whole', async () => {
      const { checkedSince, damagedBlobs } = await describeStore(ctx)
      assert.ok((checkedSince ?? 0) > 0 && damagedBlobs.length === 0)
    })
  })
}
