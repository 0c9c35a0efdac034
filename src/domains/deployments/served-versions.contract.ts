import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type OpenedPlatform, openPlatform } from '#app/platform'
import { asSystem, type Context } from '#domains/access/index'
import { collectGarbage } from '#domains/data/index'
import { readRecordsAfter } from '#domains/journal/index'
import {
  evaluateGate,
  getModelRetention,
  getVersion,
  holdModel,
  listModelHolds,
  listVersions,
  registerVersion,
  releaseModelHold,
  renameModel,
  setAlias,
  setModelRetention,
  setStage,
  uploadModelFile,
} from '#domains/models/index'
import {
  declareEndpoint,
  deleteUnservedModel,
  deleteUnservedVersion,
  retireUnserved,
  startRollout,
} from './index.ts'

const dayMs = 86_400_000

/** What retention promises, on whichever database. */
export function testRetention(place: () => Promise<{ databaseUrl?: string }>): void {
  const project = 'lab'
  let directory: string
  let opened: OpenedPlatform
  let ctx: Context

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'gyre-retention-'))
    opened = await openPlatform({ dataDirectory: directory, ...(await place()) })
    ctx = asSystem(opened.platform, 'test')
  })
  after(async () => {
    await opened.close()
    await rm(directory, { recursive: true })
  })

  /** Versions of which each has a file of its own and one that all have. */
  async function withVersions(model: string, count: number): Promise<void> {
    for (let number = 1; number <= count; number++) {
      const files = []
      for (const [path, text] of [
        ['model.onnx', `${model} ${number}`.padEnd(100)],
        ['shared.txt', 'the same in every model'.padEnd(1000)],
      ] as const) {
        const content = Buffer.from(text)
        files.push({ path, ...(await uploadModelFile(ctx, { project, model, content })) })
      }
      const column = { name: 'x', type: 'number' }
      await registerVersion(ctx, {
        project,
        model,
        learner: 'trees',
        signature: { inputs: [column], outputs: [column] },
        features: ['x'],
        files,
      })
    }
  }

  const numbers = async (model: string) =>
    (await listVersions(ctx, { project, model, limit: 100 })).items.map(({ version }) => version)

  test('without a rule nothing goes', async () => {
    await withVersions('kept', 3)
    const found = await retireUnserved(ctx, { project, model: 'kept', dryRun: false })
    assert.deepEqual(found.retired, [])
    assert.equal((await numbers('kept')).length, 3)
    assert.deepEqual(await getModelRetention(ctx, { project, model: 'kept' }), {
      keepVersions: null,
      keepDays: null,
    })
  })

  test('what nothing keeps goes, after a dry run said so, with the bytes that it frees', async () => {
    const model = 'aged'
    const named = { project, model }
    await withVersions(model, 7)
    await setModelRetention(ctx, { ...named, keepVersions: 2, keepDays: null })
    await setAlias(ctx, { ...named, alias: 'old', version: 1, reason: 'x' })
    await setStage(ctx, { ...named, version: 2, stage: 'Production' })
    await setStage(ctx, { ...named, version: 4, stage: 'Archived' })
    const { id } = await holdModel(ctx, { ...named, version: 3, reason: 'the audit' })
    const planned = await retireUnserved(ctx, { ...named, dryRun: true })
    assert.equal((await numbers(model)).length, 7)
    assert.deepEqual(
      planned.retired.map(({ version, sizeBytes }) => [version, sizeBytes]),
      [
        [5, 1100],
        [4, 1100],
      ],
    )
    assert.deepEqual(planned.freed, { blobs: 2, sizeBytes: 200 })
    assert.deepEqual([planned.shared.blobs, planned.shared.sizeBytes], [1, 1000])
    assert.match(planned.shared.keptBy[0] ?? '', /^version \d of model (aged|kept) in lab$/)
    assert.deepEqual(
      planned.kept.map(({ version, reasons }) => [version, reasons.join(' ')]),
      [
        [7, 'It is the newest.'],
        [6, 'It is one of the newest 2.'],
        [3, 'system:test holds it: the audit'],
        [2, 'It is in Production.'],
        [1, 'The alias old points at it.'],
      ],
    )
    const done = await retireUnserved(ctx, { ...named, dryRun: false })
    assert.deepEqual({ ...done, dryRun: true }, planned)
    assert.deepEqual(await numbers(model), [7, 6, 3, 2, 1])
    const later: Context = { ...ctx, clock: () => Date.now() + 3 * dayMs }
    const collected = await collectGarbage(later, { dryRun: true })
    assert.ok(collected.quarantined.sizeBytes >= 200)
    await releaseModelHold(ctx, { project, hold: id, reason: 'it is over' })
    assert.deepEqual((await listModelHolds(ctx, named)).items, [])
    await retireUnserved(ctx, { ...named, dryRun: false })
    assert.deepEqual(await numbers(model), [7, 6, 2, 1])
    const records = await readRecordsAfter(ctx, 0, 10_000)
    const deleted = records.filter(
      ({ verb, subject }) => verb === 'version.deleted' && subject.startsWith('model:aged'),
    )
    assert.deepEqual(
      deleted.map(({ subject }) => subject),
      ['model:aged@5', 'model:aged@4', 'model:aged@3'],
    )
  })

  test('young versions stay, and both rules must let one go', async () => {
    const model = 'young'
    await withVersions(model, 3)
    await setModelRetention(ctx, { project, model, keepVersions: 1, keepDays: 30 })
    const run = (clock: () => number) =>
      retireUnserved({ ...ctx, clock }, { project, model, dryRun: true })
    assert.deepEqual((await run(ctx.clock)).retired, [])
    const old = await run(() => Date.now() + 31 * dayMs)
    assert.deepEqual(
      old.retired.map(({ version }) => version),
      [2, 1],
    )
    for (const rules of [
      { keepVersions: 0, keepDays: null },
      { keepVersions: null, keepDays: 0 },
    ]) {
      await assert.rejects(setModelRetention(ctx, { project, model, ...rules }), {
        code: 'invalid',
      })
    }
  })

  test('named versions go whatever the rules say, but never what is bound', async () => {
    const model = 'named'
    const named = { project, model }
    await withVersions(model, 3)
    await setAlias(ctx, { ...named, alias: 'live', version: 2, reason: 'x' })
    await assert.rejects(retireUnserved(ctx, { ...named, dryRun: false, versions: [1, 2] }), {
      code: 'refused',
      message: /named@2 stays. The alias live points at it/,
    })
    assert.equal((await numbers(model)).length, 3)
    await retireUnserved(ctx, { ...named, dryRun: false, versions: [1] })
    assert.deepEqual(await numbers(model), [3, 2])
    await assert.rejects(retireUnserved(ctx, { ...named, dryRun: true, versions: [1] }), {
      code: 'not_found',
    })
  })

  test('a hold keeps a version and its model from everybody, under any name', async () => {
    const model = 'held'
    await withVersions(model, 2)
    const { id } = await holdModel(ctx, { project, model, version: 1, reason: 'a lawsuit' })
    await assert.rejects(deleteUnservedVersion(ctx, { project, model, version: 1 }), {
      code: 'refused',
      message: /held@1 is held by system:test: a lawsuit/,
    })
    await deleteUnservedVersion(ctx, { project, model, version: 2 })
    await renameModel(ctx, { project, model, name: 'renamed' })
    await assert.rejects(deleteUnservedModel(ctx, { project, model: 'renamed' }), {
      code: 'refused',
    })
    for (const reason of ['', '  ']) {
      await assert.rejects(holdModel(ctx, { project, model: 'renamed', version: null, reason }), {
        code: 'invalid',
      })
    }
    await releaseModelHold(ctx, { project, hold: id, reason: 'settled' })
    await assert.rejects(releaseModelHold(ctx, { project, hold: id, reason: 'again' }), {
      code: 'not_found',
    })
    await deleteUnservedModel(ctx, { project, model: 'renamed' })
  })

  test('what an endpoint is about to serve stays, for whoever deletes', async () => {
    const model = 'served'
    const named = { project, model }
    await withVersions(model, 3)
    await setModelRetention(ctx, { ...named, keepVersions: 1, keepDays: null })
    await declareEndpoint(ctx, { project, endpoint: 'e', model })
    await evaluateGate(ctx, { ...named, version: 1 })
    await startRollout(ctx, { project, endpoint: 'e', version: 1 })
    const found = await retireUnserved(ctx, { ...named, dryRun: false })
    assert.deepEqual(await numbers(model), [3, 1])
    assert.match(found.kept.at(-1)?.reasons.join(' ') ?? '', /endpoint e serves it \(canary\)/)
    const refusal = { code: 'refused', message: /served@1 cannot be deleted. The endpoint e/ }
    await assert.rejects(deleteUnservedVersion(ctx, { ...named, version: 1 }), refusal)
    await assert.rejects(deleteUnservedModel(ctx, named), refusal)
    assert.equal((await getVersion(ctx, { ...named, version: 1 })).version, 1)
  })

  test('two at once delete each version once', async () => {
    const model = 'raced'
    await withVersions(model, 4)
    await setModelRetention(ctx, { project, model, keepVersions: 1, keepDays: null })
    await Promise.all([1, 2, 3].map(() => retireUnserved(ctx, { project, model, dryRun: false })))
    assert.deepEqual(await numbers(model), [4])
    const records = await readRecordsAfter(ctx, 0, 10_000)
    const deleted = records.filter(
      ({ verb, subject }) => verb === 'version.deleted' && subject.startsWith('model:raced'),
    )
    assert.equal(deleted.length, 3)
  })
}
