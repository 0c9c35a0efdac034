import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type OpenedPlatform, openPlatform } from '#app/platform'
import { asSystem, type Context } from '#domains/access/index'
import { GyreError } from '#kernel/errors'
import {
  createExperiment,
  getExperiment,
  getLoggedRun,
  importExperiment,
  type ImportedExperiment,
  type ImportedRun,
  importRun,
  listImported,
  logToRun,
} from './index.ts'

/** What bringing another server's history promises, on whichever database `place` names. */
export function testImports(place: () => Promise<{ databaseUrl?: string }>): void {
  let directory: string
  let opened: OpenedPlatform
  let ctx: Context

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'gyre-imports-'))
    opened = await openPlatform({ dataDirectory: directory, ...(await place()) })
    ctx = asSystem(opened.platform, 'test')
  })
  after(async () => {
    await opened.close()
    await rm(directory, { recursive: true })
  })

  const experiment = (project: string, more: Partial<ImportedExperiment> = {}) =>
    importExperiment(ctx, {
      project,
      number: 7,
      name: 'old',
      tags: { a: 'b' },
      state: 'active',
      artifactLocation: '',
      createdAt: 1000,
      updatedAt: 2000,
      source: 'test',
      ...more,
    })

  const run = (project: string, more: Partial<ImportedRun> = {}) =>
    importRun(ctx, {
      project,
      id: 'a'.repeat(32),
      experiment: 7,
      name: 'first',
      user: 'ada',
      status: 'failed',
      state: 'deleted',
      startedAt: 1500,
      endedAt: 1600,
      artifactUri: '',
      parameters: { p: 'x'.repeat(8000) },
      tags: { 'mlflow.runName': 'first', t: 'v' },
      source: 'test',
      ...more,
    })

  const refusedWith = (code: string) => (thrown: unknown) =>
    thrown instanceof GyreError && thrown.code === code

  test('an experiment keeps its number and times, and is the same when it comes again', async () => {
    const project = 'same'
    assert.deepEqual(await experiment(project), { number: 7 })
    assert.deepEqual(await experiment(project, { tags: { c: 'd' } }), { number: 7 })
    const found = await getExperiment(ctx, { project, experiment: '7' })
    assert.deepEqual(
      [found.name, found.tags, found.createdAt, found.updatedAt],
      ['old', { a: 'b', c: 'd' }, 1000, 2000],
    )
  })

  test('a number or a name that is taken is somebody else’s', async () => {
    const project = 'taken'
    const { id } = await createExperiment(ctx, { project, name: 'mine' })
    assert.equal(id, '1')
    assert.deepEqual(await experiment(project, { number: 1 }), { number: 2 })
    assert.deepEqual(await experiment(project, { number: 9, name: 'mine' }), { number: 1 })
    assert.deepEqual(await experiment(project, { number: 0, name: 'Default' }), { number: 0 })
    assert.deepEqual(await experiment(project, { number: 0, name: 'other' }), { number: 3 })
    const far = { number: Number.MAX_SAFE_INTEGER, name: 'far' }
    assert.deepEqual(await experiment(project, far), { number: 4 }, 'others must follow it')
  })

  test('a run takes points until it is said to be whole, and is deleted only then', async () => {
    const project = 'runs'
    await experiment(project)
    await run(project)
    const id = 'a'.repeat(32)
    const metrics = [{ key: 'm', value: 'NaN' as const, step: 1, timestamp: 5 }]
    await logToRun(ctx, { project, run: id, metrics })
    assert.deepEqual((await listImported(ctx, { project, kind: 'run' })).items, [])
    await run(project, { fingerprint: 'f' })
    const found = await getLoggedRun(ctx, { project, run: id })
    assert.deepEqual(
      [found.state, found.status, found.user, found.startedAt, found.endedAt, found.name],
      ['deleted', 'failed', 'ada', 1500, 1600, 'first'],
    )
    assert.equal(found.parameters[0]?.[1].length, 8000)
    assert.equal(found.metrics.length, 1)
    const { items } = await listImported(ctx, { project, kind: 'run' })
    assert.deepEqual(items, [{ kind: 'run', sourceId: id, targetId: id, fingerprint: 'f' }])
    await run(project)
    assert.equal((await getLoggedRun(ctx, { project, run: id })).state, 'active')
    await assert.rejects(run(project, { parameters: { p: 'y' } }), refusedWith('invalid'))
    await experiment('another')
    await assert.rejects(run('another'), refusedWith('already_exists'))
    await assert.rejects(run(project, { experiment: 99 }), refusedWith('not_found'))
    await assert.rejects(run(project, { id: 'nonsense' }), refusedWith('invalid'))
  })
}
