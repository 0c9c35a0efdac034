import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type OpenedPlatform, openPlatform } from '#app/platform'
import { asSystem, type Context } from '#domains/access/index'
import {
  createExperiment,
  createLoggedModel,
  createRun,
  deleteExperiment,
  deleteLoggedModel,
  finalizeLoggedModel,
  getLoggedModel,
  type LogBatch,
  type LoggedModelSearch,
  logToLoggedModel,
  logToRun,
  removeLoggedModelTag,
  searchLoggedModels,
} from './index.ts'

/** What the room promises about logged models, on whichever database. */
export function testLoggedModels(place: () => Promise<{ databaseUrl?: string }>): void {
  const project = 'lab'
  let directory: string
  let opened: OpenedPlatform
  let ctx: Context

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'gyre-logged-'))
    opened = await openPlatform({ dataDirectory: directory, ...(await place()) })
    ctx = asSystem(opened.platform, 'test')
  })
  after(async () => {
    await opened.close()
    await rm(directory, { recursive: true })
  })

  const experimentOf = async (name: string) => (await createExperiment(ctx, { project, name })).id

  /** A run that measured them. */
  const measure = async (experiment: string, metrics: LogBatch['metrics']) => {
    const run = await createRun(ctx, { project, experiment })
    for (let sent = 0; sent < 2; sent++) await logToRun(ctx, { project, run: run.id, metrics })
    return run.id
  }

  test('a logged model begins pending, with a name and a place, and ends as it is told', async () => {
    const experiment = await experimentOf('begins')
    const run = await createRun(ctx, { project, experiment })
    const made = await createLoggedModel(ctx, {
      project,
      experiment,
      sourceRun: run.id,
      modelType: 'agent',
      params: { depth: '3' },
      tags: { team: 'ö' },
    })
    assert.match(made.id, /^m-[0-9a-f]{32}$/)
    assert.match(made.name, /\w+-\w+/)
    assert.equal(
      made.artifactLocation,
      `mlflow-artifacts:/${experiment}/models/${made.id}/artifacts`,
    )
    assert.equal(made.status, 'pending')
    assert.deepEqual([made.params, made.tags], [{ depth: '3' }, { team: 'ö' }])
    const at = { project, model: made.id }
    assert.equal((await finalizeLoggedModel(ctx, { ...at, status: 'ready' })).status, 'ready')
    await assert.rejects(
      finalizeLoggedModel(ctx, { project: 'other', model: made.id, status: 'ready' }),
      {
        code: 'not_found',
      },
    )
    await deleteLoggedModel(ctx, at)
    await deleteLoggedModel(ctx, at)
    await assert.rejects(getLoggedModel(ctx, at), { code: 'not_found' })
    assert.equal((await getLoggedModel(ctx, { ...at, allowDeleted: true })).state, 'deleted')
  })

  test('names, experiments and keys that are wrong are refused', async () => {
    const experiment = await experimentOf('refuses')
    for (const name of ['', 'a/b', 'a:b', 'a.b', 'a%b', 'a"b', "a'b", 'x'.repeat(501)]) {
      await assert.rejects(
        createLoggedModel(ctx, { project, experiment, name }),
        { code: 'invalid' },
        name,
      )
    }
    await assert.rejects(createLoggedModel(ctx, { project, experiment: '999' }), {
      code: 'not_found',
    })
    const params = { [`${'k'.repeat(300)}`]: 'v' }
    await assert.rejects(createLoggedModel(ctx, { project, experiment, params }), {
      code: 'invalid',
    })
    await deleteExperiment(ctx, { project, experiment })
    await assert.rejects(createLoggedModel(ctx, { project, experiment }), { code: 'conflict' })
  })

  test('parameters never change, of tags the last value wins', async () => {
    const experiment = await experimentOf('texts')
    const { id } = await createLoggedModel(ctx, { project, experiment, name: 'texts' })
    const at = { project, model: id }
    await logToLoggedModel(ctx, { ...at, params: { a: '1' }, tags: { t: '1' } })
    await logToLoggedModel(ctx, { ...at, params: { a: '1', b: '2' }, tags: { t: '2' } })
    await assert.rejects(logToLoggedModel(ctx, { ...at, params: { a: '2' }, tags: { t: '3' } }), {
      code: 'invalid',
    })
    const found = await getLoggedModel(ctx, at)
    assert.deepEqual([found.params, found.tags], [{ a: '1', b: '2' }, { t: '2' }])
    await removeLoggedModelTag(ctx, { ...at, key: 't' })
    await assert.rejects(removeLoggedModelTag(ctx, { ...at, key: 't' }), { code: 'not_found' })
  })

  test('metrics that runs measured of it are its own, each once', async () => {
    const experiment = await experimentOf('measured')
    const { id } = await createLoggedModel(ctx, { project, experiment, name: 'measured' })
    const point = { key: 'auc', value: 0.7, timestamp: 5, step: 1, model: id }
    const dataset = { name: 'holdout', digest: 'd1' }
    const late = { ...point, value: 'NaN', timestamp: 9, dataset } as const
    const run = await measure(experiment, [late, point, { ...point, model: `m-${'0'.repeat(32)}` }])
    const { metrics } = await getLoggedModel(ctx, { project, model: id })
    assert.deepEqual(metrics, [
      {
        key: 'auc',
        value: 0.7,
        timestamp: 5,
        step: 1,
        run,
        datasetName: null,
        datasetDigest: null,
      },
      {
        key: 'auc',
        value: 'NaN',
        timestamp: 9,
        step: 1,
        run,
        datasetName: 'holdout',
        datasetDigest: 'd1',
      },
    ])
  })

  test('they are found by what they are and by what was measured, on which data', async () => {
    const experiment = await experimentOf('found')
    const auc = [0.5, 0.9, 0.7]
    const ids: string[] = []
    for (const [i, value] of auc.entries()) {
      const made = await createLoggedModel(ctx, {
        project,
        experiment,
        name: `model-${i}`,
        modelType: i === 0 ? 'agent' : '',
        params: { i: String(i) },
        tags: { team: i < 2 ? 'a' : 'b' },
      })
      ids.push(made.id)
      const base = { key: 'auc', timestamp: 1, step: 0, model: made.id }
      const train = { name: 'train', digest: 'x' }
      await measure(experiment, [
        { ...base, value, dataset: { name: 'holdout', digest: `d${i % 2}` } },
        { ...base, value: 1 - value, timestamp: 2, dataset: train },
      ])
    }
    await finalizeLoggedModel(ctx, { project, model: ids[1]!, status: 'ready' })
    const names = async (search: Partial<LoggedModelSearch>) => {
      const found = await searchLoggedModels(ctx, {
        project,
        experiments: [experiment],
        filter: '',
        limit: 10,
        ...search,
      })
      return found.items.map(({ name }) => name.slice(-1)).join('')
    }
    const named = (field: string, ascending: boolean) => ({ orderBy: [{ field, ascending }] })
    assert.equal(await names(named('creation_time', true)), '012')
    assert.equal(await names({ experiments: [] }), '')
    assert.equal(await names({ filter: "name = 'model-1'" }), '1')
    assert.equal(await names({ filter: "tags.team = 'a' AND params.i != '0'" }), '1')
    assert.equal(await names({ filter: "model_type LIKE 'ag%'" }), '0')
    assert.equal(await names({ filter: "status = 'READY'" }), '1')
    assert.equal(
      await names({ filter: `model_id IN ('${ids[0]}', '${ids[2]}')`, ...named('name', true) }),
      '02',
    )
    assert.equal(await names({ filter: 'metrics.auc > 0.8' }), '1')
    const datasets = [{ name: 'holdout', digest: 'd0' }]
    assert.equal(
      await names({ filter: 'metrics.auc >= 0.5', datasets, ...named('name', true) }),
      '02',
    )
    assert.equal(await names({ datasets, ...named('name', true) }), '02')
    assert.equal(await names({ datasets: [{ name: 'none' }] }), '')
    const onHoldout = { field: 'metrics.auc', ascending: false, dataset: { name: 'holdout' } }
    assert.equal(await names({ orderBy: [onHoldout] }), '120')
    assert.equal(await names({ orderBy: [{ field: 'metrics.auc', ascending: false }] }), '021')
    const missing = {
      field: 'metrics.auc',
      ascending: true,
      dataset: { name: 'holdout', digest: 'd1' },
    }
    assert.equal((await names({ orderBy: [missing] })).slice(0, 1), '1')
    for (const filter of ["metrics.auc = 'a'", 'name > 1', "nothing = 'a'", 'name = 1', 'name']) {
      await assert.rejects(names({ filter }), { code: 'invalid' }, filter)
    }
    for (const field of ['params.i', 'nothing', "name'"]) {
      await assert.rejects(
        names({ orderBy: [{ field, ascending: true }] }),
        { code: 'invalid' },
        field,
      )
    }
    const first = await searchLoggedModels(ctx, {
      project,
      experiments: [experiment],
      filter: '',
      limit: 2,
    })
    const pageToken = first.nextPageToken
    const rest = await searchLoggedModels(ctx, {
      project,
      experiments: [experiment],
      filter: '',
      limit: 2,
      pageToken,
    })
    assert.deepEqual([first.items.length, rest.items.length, rest.nextPageToken], [2, 1, undefined])
    await deleteLoggedModel(ctx, { project, model: ids[1]! })
    assert.equal(await names({ filter: "name = 'model-1'" }), '')
  })
}
