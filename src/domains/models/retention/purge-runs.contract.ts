import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type OpenedPlatform, openPlatform } from '#app/platform'
import { asSystem, type Context } from '#domains/access/index'
import { readRecordsAfter, verifyChain } from '#domains/journal/index'
import {
  createRun,
  deleteExperiment,
  deleteRun,
  forkRun,
  getRun,
  listArtifacts,
  logToRun,
  restoreRun,
  sealRunMetrics,
  uploadArtifact,
} from '#domains/runs/index'
import { createModel, deleteVersion, purgeUnregisteredRuns, registerSource } from '../index.ts'

const hourMs = 3_600_000

/** What taking runs away promises, on whichever database. */
export function testPurge(place: () => Promise<{ databaseUrl?: string }>): void {
  const project = 'lab'
  let directory: string
  let opened: OpenedPlatform
  let ctx: Context

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'gyre-purge-'))
    opened = await openPlatform({ dataDirectory: directory, ...(await place()) })
    ctx = asSystem(opened.platform, 'test')
  })
  after(async () => {
    await opened.close()
    await rm(directory, { recursive: true })
  })

  async function makeRun(own: string, experiment = 'training'): Promise<string> {
    const { id } = await createRun(ctx, { project, experiment })
    const files = { 'model/MLmodel': 'flavors: {}', 'model/own.bin': own.padEnd(100), shared: 's' }
    for (const [path, text] of Object.entries(files)) {
      await uploadArtifact(ctx, { project, run: id, path, content: Buffer.from(text) })
    }
    await logToRun(ctx, {
      project,
      run: id,
      parameters: { depth: '1' },
      tags: { team: 'a' },
      metrics: Array.from({ length: 600 }, (_, step) => ({
        key: 'loss',
        value: 1 / (step + 1),
        step,
        timestamp: step,
      })),
    })
    return id
  }

  const purge = (more: Partial<Parameters<typeof purgeUnregisteredRuns>[1]> = {}) =>
    purgeUnregisteredRuns(ctx, {
      project,
      dryRun: false,
      deletedBefore: ctx.clock() + hourMs,
      ...more,
    })

  test('a deleted run goes with its points and files, and what that frees is told', async () => {
    const kept = await makeRun('kept')
    const gone = await makeRun('gone')
    await sealRunMetrics(ctx, { project, run: gone })
    await deleteRun(ctx, { project, run: gone })
    const planned = await purge({ dryRun: true })
    assert.deepEqual(
      planned.purged.map(({ run, files, sizeBytes }) => [run, files, sizeBytes]),
      [[gone, 3, 112]],
    )
    assert.deepEqual(planned.freed, { blobs: 1, sizeBytes: 100 })
    assert.deepEqual([planned.shared.blobs, planned.shared.sizeBytes], [2, 12])
    assert.equal((await getRun(ctx, { project, run: gone })).state, 'deleted')
    const done = await purge()
    assert.deepEqual({ ...done, dryRun: true }, planned)
    await assert.rejects(getRun(ctx, { project, run: gone }), { code: 'not_found' })
    assert.equal((await getRun(ctx, { project, run: kept })).metricSummaries[0]?.count, 600)
    assert.equal((await listArtifacts(ctx, { project, run: kept, path: '' })).items.length, 2)
    assert.deepEqual((await purge()).purged, [])
    const records = await readRecordsAfter(ctx, 0, 10_000)
    assert.ok(
      records.some(({ verb, subject }) => verb === 'run.purged' && subject === `run:${gone}`),
    )
    assert.equal((await verifyChain(ctx)).intact, true)
  })

  test('a run that made a version of a model stays, until the version goes', async () => {
    const run = await makeRun('registered')
    await createModel(ctx, { project, model: 'm' })
    await registerSource(ctx, { project, model: 'm', source: `runs:/${run}/model`, run })
    await deleteRun(ctx, { project, run })
    const found = await purge()
    assert.deepEqual(found.purged, [])
    assert.deepEqual(
      found.kept.map(({ run: id, reason }) => [id, reason]),
      [[run, 'm@1 was made by it.']],
    )
    await deleteVersion(ctx, { project, model: 'm', version: 1 })
    assert.equal((await purge()).purged.length, 1)
  })

  test('a run whose points another one continues stays, until that one is gone', async () => {
    const source = await makeRun('source')
    await sealRunMetrics(ctx, { project, run: source })
    const { id: fork } = await forkRun(ctx, { project, run: source, step: 400 })
    await deleteRun(ctx, { project, run: source })
    const found = await purge()
    assert.deepEqual(found.purged, [])
    assert.match(found.kept[0]?.reason ?? '', new RegExp(`The run ${fork} shares its points`))
    await deleteRun(ctx, { project, run: fork })
    await purge()
    await purge()
    for (const run of [source, fork]) {
      await assert.rejects(getRun(ctx, { project, run }), { code: 'not_found' })
    }
  })

  test('only what was deleted long enough ago, or is named, goes', async () => {
    const young = await makeRun('young')
    await deleteRun(ctx, { project, run: young })
    assert.deepEqual((await purge({ deletedBefore: ctx.clock() - hourMs })).purged, [])
    const active = await makeRun('active')
    await assert.rejects(purge({ runs: [active] }), {
      code: 'refused',
      message: new RegExp(`gyre runs delete ${active}`),
    })
    await assert.rejects(purge({ runs: ['nothing'] }), { code: 'not_found' })
    const other = await makeRun('other')
    await deleteRun(ctx, { project, run: other })
    assert.deepEqual(
      (await purge({ runs: [other] })).purged.map(({ run }) => run),
      [other],
    )
    await restoreRun(ctx, { project, run: young })
    assert.deepEqual((await purge()).purged, [])
  })

  test('runs that went with their experiment go when that is old enough', async () => {
    await makeRun('x', 'old experiment')
    await deleteExperiment(ctx, { project, experiment: { name: 'old experiment' } })
    const early = await purge({ deletedBefore: ctx.clock() - hourMs })
    assert.deepEqual(early.purged, [])
    assert.equal((await purge()).purged.length, 1)
  })
}
