import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type OpenedPlatform, openPlatform } from '#app/platform'
import { asSystem, type Context } from '#domains/access/index'
import {
  abortUpload,
  completeUpload,
  createExperiment,
  createRun,
  createUpload,
  deleteExperiment,
  deleteFiles,
  deleteRun,
  deleteRunTag,
  getExperiment,
  getFile,
  getLoggedRun,
  getRun,
  listArtifacts,
  listFiles,
  logInputs,
  logOutputs,
  logToRun,
  putFile,
  putPart,
  recordModel,
  restoreExperiment,
  sampleMetric,
  searchDatasets,
  searchExperiments,
  searchLoggedRuns,
  updateExperiment,
  updateRunInfo,
  uploadArtifact,
} from './index.ts'

/** What the room promises to clients that track by MLflow's protocol, on either database. */
export function testTracking(place: () => Promise<{ databaseUrl?: string }>): void {
  const project = 'lab'
  let directory: string
  let opened: OpenedPlatform
  let ctx: Context

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'gyre-tracking-'))
    opened = await openPlatform({ dataDirectory: directory, ...(await place()) })
    ctx = asSystem(opened.platform, 'test')
  })
  after(async () => {
    await opened.close()
    await rm(directory, { recursive: true })
  })

  async function newRun(input: Partial<Parameters<typeof createRun>[1]> = {}): Promise<string> {
    return (await createRun(ctx, { project, experiment: 'Default', ...input })).id
  }

  async function textOf(file: { content: AsyncIterable<Uint8Array> }): Promise<string> {
    const chunks: Uint8Array[] = []
    for await (const chunk of file.content) chunks.push(chunk)
    return Buffer.concat(chunks).toString()
  }

  test('an id is no name, and a name is no id', async () => {
    const first = await createExperiment(ctx, { project, name: 'first' })
    const confusing = await createExperiment(ctx, { project, name: first.id })
    const byId = await getExperiment(ctx, { project, experiment: { id: first.id } })
    const byName = await getExperiment(ctx, { project, experiment: { name: first.id } })
    assert.deepEqual([byId.id, byName.id], [first.id, confusing.id])
    for (const experiment of [{ id: 'first' }, { id: '999' }, { name: '999' }]) {
      await assert.rejects(getExperiment(ctx, { project, experiment }), { code: 'not_found' })
    }
    await assert.rejects(newRun({ experiment: { name: 'not made by a run' } }), {
      code: 'not_found',
    })
  })

  test('experiments are searched in their own language', async () => {
    const names = ['apple', 'Apricot', 'banana']
    for (const name of names) {
      await createExperiment(ctx, { project: 'fruit', name, tags: { size: String(name.length) } })
    }
    await updateExperiment(ctx, { project: 'fruit', experiment: 'banana', description: 'yellow' })
    const find = async (filter: string, orderBy: string[] = ['name']) =>
      (
        await searchExperiments(ctx, {
          project: 'fruit',
          filter,
          orderBy,
          state: 'active',
          limit: 9,
        })
      ).items.map(({ name }) => name)
    assert.deepEqual(await find(''), ['Apricot', 'Default', 'apple', 'banana'])
    assert.deepEqual(await find("name LIKE 'ap%'"), ['apple'])
    assert.deepEqual(await find("name ilike 'ap%'"), ['Apricot', 'apple'])
    assert.deepEqual(await find("tags.size = '6' and name != 'x'"), ['banana'])
    assert.deepEqual(await find('tags.size IS NULL'), ['Default'])
    assert.deepEqual(await find("tags.`mlflow.note.content` = 'yellow'"), ['banana'])
    assert.deepEqual(await find("experiment_id IN ('1', '3')"), ['apple', 'banana'])
    assert.deepEqual(await find('creation_time > 0', ['experiment_id DESC']), [
      'banana',
      'Apricot',
      'apple',
    ])
    for (const wrong of ['colour = 1', "name > 'a'", "metrics.a = '1'", "creation_time = 'x'"]) {
      await assert.rejects(find(wrong), { code: 'invalid' }, wrong)
    }
    await assert.rejects(find('', ['colour']), { code: 'invalid' })
  })

  test('runs go and come back with their experiment', async () => {
    const { id: experiment } = await createExperiment(ctx, { project, name: 'short-lived' })
    const [gone, kept] = [await newRun({ experiment }), await newRun({ experiment })]
    await deleteRun(ctx, { project, run: gone })
    await deleteExperiment(ctx, { project, experiment })
    const states = async () =>
      Promise.all([gone, kept].map(async (run) => (await getRun(ctx, { project, run })).state))
    assert.deepEqual(await states(), ['deleted', 'deleted'])
    await assert.rejects(logToRun(ctx, { project, run: kept, tags: { a: 'b' } }), {
      code: 'conflict',
    })
    await restoreExperiment(ctx, { project, experiment })
    assert.deepEqual(await states(), ['deleted', 'active'])
  })

  test('what MLflow has as tags is kept once', async () => {
    const run = await newRun({
      tags: {
        'mlflow.runName': 'from a tag',
        'mlflow.note.content': 'noted',
        'mlflow.parentRunId': 'p',
        'mlflow.source.git.commit': 'abc',
        own: '1',
      },
    })
    const described = await getRun(ctx, { project, run })
    assert.deepEqual(
      [described.name, described.description, described.parent, described.environment.gitCommit],
      ['from a tag', 'noted', 'p', 'abc'],
    )
    assert.deepEqual(described.tags, { 'mlflow.source.git.commit': 'abc', own: '1' })
    await logToRun(ctx, { project, run, tags: { 'mlflow.runName': 'renamed', own: '2' } })
    const tags = Object.fromEntries((await getLoggedRun(ctx, { project, run })).tags)
    assert.deepEqual(tags, {
      'mlflow.runName': 'renamed',
      'mlflow.note.content': 'noted',
      'mlflow.parentRunId': 'p',
      'mlflow.source.git.commit': 'abc',
      own: '2',
    })
    const found = (filter: string, orderBy: string[] = []) =>
      searchLoggedRuns(ctx, {
        project,
        filter,
        orderBy,
        language: 'mlflow',
        state: 'all',
        limit: 9,
      })
    for (const filter of [
      "tags.`mlflow.runName` = 'renamed'",
      "tags.`mlflow.note.content` LIKE 'not%'",
      "tags.`mlflow.parentRunId` = 'p' and tags.own IS NOT NULL",
    ]) {
      const { items } = await found(filter, ['tags.`mlflow.runName` DESC'])
      assert.deepEqual(
        items.map((item) => item.id),
        [run],
        filter,
      )
    }
    for (const key of ['mlflow.note.content', 'mlflow.parentRunId', 'own']) {
      await deleteRunTag(ctx, { project, run, key })
    }
    await assert.rejects(deleteRunTag(ctx, { project, run, key: 'own' }), { code: 'not_found' })
    const left = await getLoggedRun(ctx, { project, run })
    assert.deepEqual(
      left.tags.map(([key]) => key),
      ['mlflow.runName', 'mlflow.source.git.commit'],
    )
  })

  test('a run is what its client says it is', async () => {
    const run = await newRun({ user: 'ada', name: 'n' })
    for (const status of ['scheduled', 'killed', 'finished', 'failed', 'running'] as const) {
      const { status: now, endedAt } = await updateRunInfo(ctx, { project, run, status })
      assert.deepEqual([now, endedAt === null], [status, status.match(/^(sch|run)/) !== null])
    }
    const renamed = await updateRunInfo(ctx, { project, run, name: 'm', endedAt: 12 })
    assert.deepEqual([renamed.name, renamed.endedAt, renamed.user], ['m', 12, 'ada'])
    await deleteRun(ctx, { project, run })
    await assert.rejects(updateRunInfo(ctx, { project, run, status: 'failed' }), {
      code: 'conflict',
    })
  })

  test('inputs and outputs are remembered once', async () => {
    const { id: experiment } = await createExperiment(ctx, { project, name: 'with data' })
    const run = await newRun({ experiment })
    const dataset = {
      name: 'wine',
      digest: 'd1',
      sourceType: 'http',
      source: '{"url":"x"}',
      schema: null,
      profile: '{}',
    }
    const tags = [{ key: 'mlflow.data.context', value: 'training' }]
    await logInputs(ctx, {
      project,
      run,
      datasets: [
        { dataset, tags },
        { dataset: { ...dataset, source: 'other' }, tags: [] },
      ],
      models: ['m-1'],
    })
    await logInputs(ctx, { project, run, datasets: [{ dataset, tags: [] }], models: ['m-1'] })
    await logOutputs(ctx, { project, run, models: [{ model: 'm-2', step: 3 }] })
    const logged = await getLoggedRun(ctx, { project, run })
    assert.deepEqual(logged.datasets, [{ dataset, tags }])
    assert.deepEqual(logged.modelInputs, ['m-1'])
    assert.deepEqual(logged.modelOutputs, [{ model: 'm-2', step: 3 }])
    const summary = { experiment, name: 'wine', digest: 'd1', context: 'training' }
    assert.deepEqual(await searchDatasets(ctx, { project, experiments: [Number(experiment)] }), [
      summary,
    ])
    const find = async (filter: string) =>
      (await searchLoggedRuns(ctx, { project, filter, language: 'mlflow', state: 'all', limit: 9 }))
        .items.length
    assert.equal(await find("dataset.name = 'wine' and datasets.context LIKE 'train%'"), 1)
    assert.equal(await find("dataset.digest IN ('d2')"), 0)
    assert.equal(await find(`attributes.artifact_uri LIKE '%/${run}/artifacts'`), 1)
  })

  test('models that a run logged are a list in a tag', async () => {
    const run = await newRun()
    await recordModel(ctx, { project, run, model: { artifact_path: 'a' } })
    await recordModel(ctx, { project, run, model: { artifact_path: 'b' } })
    const { tags } = await getRun(ctx, { project, run })
    const history = JSON.parse(tags['mlflow.log-model.history'] ?? '') as unknown
    assert.deepEqual(history, [{ artifact_path: 'a' }, { artifact_path: 'b' }])
  })

  test('a sample is evenly taken and keeps the last point', async () => {
    const run = await newRun()
    const metrics = Array.from({ length: 10 }, (_, step) => ({
      key: 'loss',
      value: step === 9 ? ('NaN' as const) : step,
      step,
      timestamp: 1,
    }))
    await logToRun(ctx, { project, run, metrics })
    const sample = async (count: number, from?: number, to?: number) =>
      Array.from(
        (await sampleMetric(ctx, { project, runs: [run], key: 'loss', count, from, to }))[0]?.points
          .steps ?? [],
      )
    // What MLflow 3.17.2 answers.
    assert.deepEqual(await sample(5), [0, 2, 4, 6, 9])
    assert.deepEqual(await sample(1), [9])
    assert.deepEqual(await sample(3), [0, 4, 9])
    assert.deepEqual(await sample(20), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    assert.deepEqual(await sample(2, 3, 6), [3, 6])
    assert.deepEqual(await sample(5, 30, 60), [])
  })

  test('files of a project are one tree, in which a run has a directory', async () => {
    const run = await newRun()
    const root = `0/${run}/artifacts`
    const put = (path: string, text: string) =>
      putFile(ctx, { project, path, content: Buffer.from(text) })
    await put(`${root}/model/a.txt`, 'a')
    await put(`${root}/b.txt`, 'b')
    await uploadArtifact(ctx, { project, run, path: 'c.txt', content: Buffer.from('c') })
    const ofRun = await listArtifacts(ctx, { project, run, path: '' })
    assert.deepEqual(
      ofRun.items.map((item) => item.path),
      ['model', 'b.txt', 'c.txt'],
    )
    const ofTree = await listFiles(ctx, { project, path: root })
    assert.deepEqual(
      ofTree.items.map((item) => item.path),
      ['model', 'b.txt', 'c.txt'].map((name) => `${root}/${name}`),
    )
    assert.equal(await textOf(await getFile(ctx, { project, path: `${root}/c.txt` })), 'c')
    for (const path of [`${root}/b.txt/below`, `${root}/model`]) {
      await assert.rejects(put(path, 'x'), { code: 'invalid' }, path)
    }
    assert.deepEqual(await deleteFiles(ctx, { project, path: `${root}/model` }), { removed: 1 })
    assert.deepEqual((await listFiles(ctx, { project, path: `${root}/model` })).items, [])
    await put(`${root}/model`, 'now a file')
    await assert.rejects(deleteFiles(ctx, { project, path: `${root}/nothing` }), {
      code: 'not_found',
    })
    // An empty directory is none, up to the root.
    await deleteFiles(ctx, { project, path: `0/${run}` })
    const { items } = await listFiles(ctx, { project, path: '0' })
    assert.ok(!items.some((item) => item.path === `0/${run}`))
  })

  test('files of a run whose experiment has a place of its own are there', async () => {
    const artifactLocation = 'mlflow-artifacts:/shared/place'
    const experiment = await createExperiment(ctx, { project, name: 'placed', artifactLocation })
    const run = await newRun({ experiment: experiment.id })
    await uploadArtifact(ctx, { project, run, path: 'x.txt', content: Buffer.from('x') })
    const { artifactUri } = await getLoggedRun(ctx, { project, run })
    assert.equal(artifactUri, `${artifactLocation}/${run}/artifacts`)
    const { items } = await listFiles(ctx, { project, path: `shared/place/${run}/artifacts` })
    assert.equal(items.length, 1)
  })

  test('a file arrives in parts, in any order and some of them twice', async () => {
    const path = 'big/file.bin'
    const { id: upload, secret } = await createUpload(ctx, { project, path, parts: 3 })
    const send = (number: number, text: string, given = secret) =>
      putPart(opened.platform, { upload, secret: given, number, content: Buffer.from(text) })
    await assert.rejects(send(1, 'a', 'wrong'), { code: 'unauthenticated' })
    await assert.rejects(send(4, 'a'), { code: 'invalid' })
    await send(3, 'three')
    await send(1, 'lost on the way')
    const { md5 } = await send(1, 'one ')
    const complete = (parts = new Map<number, string>()) =>
      completeUpload(ctx, { project, path, upload, parts })
    await assert.rejects(complete(), { code: 'invalid', message: /Part 2 .* is missing/ })
    await send(2, 'two ')
    await assert.rejects(complete(new Map([[1, '0'.repeat(32)]])), { code: 'invalid' })
    await complete(new Map([[1, md5]]))
    await complete()
    assert.equal(await textOf(await getFile(ctx, { project, path })), 'one two three')
    await assert.rejects(send(1, 'late'), { code: 'conflict' })
    const second = await createUpload(ctx, { project, path, parts: 1 })
    await abortUpload(ctx, { project, path, upload: second.id })
    await assert.rejects(
      completeUpload(ctx, { project, path, upload: second.id, parts: new Map() }),
      { code: 'not_found' },
    )
  })

  test('names that objects have of their own are names like any other', async () => {
    const name = '__proto__'
    const run = await newRun({ tags: { ['__proto__']: 't' }, parameters: { ['__proto__']: 'p' } })
    await logToRun(ctx, { project, run, metrics: [{ key: name, value: 1, step: 0 }] })
    const { tags, parameters, metrics } = await getRun(ctx, { project, run })
    assert.deepEqual(
      [tags, parameters, metrics].map((object) => Object.entries(object)),
      [[[name, 't']], [[name, 'p']], [[name, 1]]],
    )
    const changed = await updateExperiment(ctx, {
      project,
      experiment: (await createExperiment(ctx, { project, name })).id,
      tags: { ['__proto__']: 'e' },
    })
    assert.deepEqual(Object.entries(changed.tags), [[name, 'e']])
  })

  test('viewers of a project change nothing in it', async () => {
    const run = await newRun()
    const viewer: Context = {
      ...ctx,
      principal: { kind: 'token', name: 'token:v', grants: [{ project, role: 'viewer' }] },
    }
    const content = Buffer.from('x')
    const attempts: (() => Promise<unknown>)[] = [
      () => putFile(viewer, { project, path: 'x', content }),
      () => deleteFiles(viewer, { project, path: 'x' }),
      () => createUpload(viewer, { project, path: 'x', parts: 1 }),
      () => updateRunInfo(viewer, { project, run, status: 'failed' }),
      () => deleteRunTag(viewer, { project, run, key: 'a' }),
      () => logInputs(viewer, { project, run, datasets: [], models: [] }),
      () => logOutputs(viewer, { project, run, models: [] }),
      () => recordModel(viewer, { project, run, model: {} }),
      () => searchExperiments(viewer, { ...ofOther, filter: '', orderBy: [], limit: 1 }),
      () => listFiles(viewer, { project: 'other', path: '' }),
      () => getFile(viewer, { project: 'other', path: 'x' }),
      () => getLoggedRun(viewer, { project: 'other', run }),
    ]
    for (const attempt of attempts) {
      await assert.rejects(attempt, { code: 'forbidden' }, String(attempt))
    }
  })

  const ofOther = { project: 'other', state: 'all' } as const
}
