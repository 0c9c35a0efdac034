import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type OpenedPlatform, openPlatform } from '#app/platform'
import { asSystem, type Context } from '#domains/access/index'
import {
  createExperiment,
  createRun,
  deleteExperiment,
  deleteRun,
  downloadArtifact,
  finishRun,
  getExperiment,
  getMetricHistory,
  getRun,
  groupRuns,
  linkToRun,
  listArtifacts,
  listExperiments,
  listRunColumns,
  logToRun,
  readCharts,
  restoreExperiment,
  restoreRun,
  resumeRun,
  searchRuns,
  updateExperiment,
  updateRun,
  uploadArtifact,
} from './index.ts'
import { comparePoints } from '#science/series/points'

/** What the room promises, on whichever database `place` names. */
export function testRuns(place: () => Promise<{ databaseUrl?: string }>): void {
  const project = 'lab'
  let directory: string
  let opened: OpenedPlatform
  let ctx: Context

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'gyre-runs-'))
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

  function search(filter: string, orderBy?: string[]) {
    return searchRuns(ctx, { project, filter, orderBy, state: 'active', limit: 100 })
  }

  test('Default exists before anything was logged, with id 0', async () => {
    const { items } = await listExperiments(ctx, { project: 'empty', state: 'active', limit: 10 })
    assert.deepEqual(
      items.map(({ id, name }) => ({ id, name })),
      [{ id: '0', name: 'Default' }],
    )
    assert.equal((await getExperiment(ctx, { project: 'empty', experiment: '0' })).name, 'Default')
  })

  test('experiments are made, renamed, tagged, deleted and restored', async () => {
    const made = await createExperiment(ctx, { project, name: 'trees / 2001', tags: { a: '1' } })
    assert.equal(made.id, '1')
    await assert.rejects(createExperiment(ctx, { project, name: 'trees / 2001' }), {
      code: 'already_exists',
    })
    const renamed = await updateExperiment(ctx, {
      project,
      experiment: '1',
      name: 'trees',
      tags: { a: null, b: '2' },
    })
    assert.deepEqual([renamed.name, renamed.tags], ['trees', { b: '2' }])
    const id = await newRun({ experiment: 'trees' })
    await deleteExperiment(ctx, { project, experiment: 'trees' })
    assert.ok(!(await search('')).items.some((run) => run.id === id))
    await assert.rejects(newRun({ experiment: 'trees' }), { code: 'conflict' })
    await restoreExperiment(ctx, { project, experiment: 'trees' })
    assert.ok((await search('')).items.some((run) => run.id === id))
    await assert.rejects(deleteExperiment(ctx, { project, experiment: '0' }), { code: 'conflict' })
    await assert.rejects(newRun({ experiment: '99' }), { code: 'not_found' })
  })

  test('a run goes through its life', async () => {
    const id = await newRun({
      name: 'first',
      parameters: { depth: '6' },
      tags: { team: 'a' },
      inputs: ['data:flights@12'],
      environment: { gitCommit: 'abc', packages: { x: '1' } },
    })
    assert.match(id, /^[0-9a-f]{32}$/)
    const run = await getRun(ctx, { project, run: id })
    assert.equal(run.status, 'running')
    assert.deepEqual(run.inputs, ['data:flights@12'])
    assert.deepEqual(run.environment, { gitCommit: 'abc', packages: { x: '1' } })
    await linkToRun(ctx, { project, run: id, outputs: ['model:late@3'] })
    const ended = await finishRun(ctx, { project, run: id, status: 'finished' })
    assert.equal(ended.status, 'finished')
    assert.deepEqual(ended.outputs, ['model:late@3'])
    const again = await finishRun(ctx, { project, run: id, status: 'finished' })
    assert.equal(again.endedAt, ended.endedAt)
    await assert.rejects(finishRun(ctx, { project, run: id, status: 'failed' }), {
      code: 'conflict',
    })
    assert.equal((await resumeRun(ctx, { project, run: id })).status, 'running')
    const failed = await finishRun(ctx, { project, run: id, status: 'failed', reason: 'no disk' })
    assert.equal(failed.reason, 'no disk')
    const changed = await updateRun(ctx, {
      project,
      run: id,
      name: 'renamed',
      tags: { team: null },
    })
    assert.deepEqual([changed.name, changed.tags], ['renamed', {}])
  })

  test('a retried creation is the same run; ids of other projects are taken', async () => {
    const id = 'a'.repeat(32)
    await newRun({ id, name: 'once' })
    assert.equal(
      (await createRun(ctx, { project, experiment: 'Default', id, name: 'x' })).name,
      'once',
    )
    await assert.rejects(createRun(ctx, { project: 'other', experiment: 'Default', id }), {
      code: 'already_exists',
    })
    await assert.rejects(newRun({ id: 'nope' }), { code: 'invalid' })
    await assert.rejects(newRun({ parent: 'b'.repeat(32) }), { code: 'invalid' })
    await assert.rejects(newRun({ inputs: ['nothing'] }), { code: 'invalid' })
  })

  test('parameters never change; a refused batch leaves nothing', async () => {
    const run = await newRun()
    await logToRun(ctx, { project, run, parameters: { lr: '0.1' } })
    await logToRun(ctx, { project, run, parameters: { lr: '0.1', depth: '3' } })
    await assert.rejects(
      logToRun(ctx, {
        project,
        run,
        metrics: [{ key: 'm', value: 1, step: 0 }],
        parameters: { lr: '0.2', other: '1' },
        tags: { t: '1' },
      }),
      { code: 'invalid' },
    )
    const { parameters, metrics, tags } = await getRun(ctx, { project, run })
    assert.deepEqual(
      { parameters, metrics, tags },
      {
        parameters: { lr: '0.1', depth: '3' },
        metrics: {},
        tags: {},
      },
    )
    const tooLong = { parameters: { p: 'x'.repeat(6001) } }
    await assert.rejects(logToRun(ctx, { project, run, ...tooLong }), { code: 'invalid' })
  })

  test('points are a set; summaries follow them', async () => {
    const run = await newRun()
    const metrics = [
      { key: 'loss', value: 3, step: 1, timestamp: 10 },
      { key: 'loss', value: 1, step: 2, timestamp: 20 },
      { key: 'loss', value: 2, step: 3, timestamp: 30 },
    ]
    assert.deepEqual(await logToRun(ctx, { project, run, metrics }), { accepted: 3 })
    assert.deepEqual(await logToRun(ctx, { project, run, metrics }), { accepted: 0 })
    const late = [{ key: 'loss', value: 9, step: 0, timestamp: 99 }]
    assert.deepEqual(await logToRun(ctx, { project, run, metrics: [...metrics, ...late] }), {
      accepted: 1,
    })
    const [summary] = (await getRun(ctx, { project, run })).metricSummaries
    assert.deepEqual(summary, {
      key: 'loss',
      value: 2,
      step: 3,
      timestamp: 30,
      first: 9,
      minimum: 1,
      maximum: 9,
      count: 4,
    })
  })

  test('NaN and infinities come back as they went in', async () => {
    const run = await newRun()
    const values = [1, 'NaN', 'Infinity', '-Infinity', -0.5] as const
    await logToRun(ctx, {
      project,
      run,
      metrics: values.map((value, step) => ({ key: 'v', value, step, timestamp: 5 })),
    })
    await logToRun(ctx, {
      project,
      run,
      metrics: [{ key: 'n', value: 'NaN', step: 0, timestamp: 1 }],
    })
    const history = await getMetricHistory(ctx, { project, run, key: 'v', limit: 10 })
    assert.deepEqual(
      history.items.map((point) => point.value),
      [...values],
    )
    const { metricSummaries } = await getRun(ctx, { project, run })
    assert.deepEqual(
      metricSummaries.map(({ key, value, minimum, maximum }) => ({ key, value, minimum, maximum })),
      [
        { key: 'n', value: 'NaN', minimum: 'NaN', maximum: 'NaN' },
        { key: 'v', value: -0.5, minimum: '-Infinity', maximum: 'Infinity' },
      ],
    )
    await assert.rejects(
      logToRun(ctx, { project, run, metrics: [{ key: 'v', value: 1, step: 2 ** 60 }] }),
      { code: 'invalid' },
    )
  })

  test('the order of points is that of the store, NaN as 0', () => {
    const point = (step: number, timestamp: number, value: number) => ({ step, timestamp, value })
    assert.ok(comparePoints(point(1, 9, 9), point(2, 0, 0)) < 0)
    assert.ok(comparePoints(point(1, 1, Infinity), point(1, 2, -Infinity)) < 0)
    assert.ok(comparePoints(point(1, 1, -1), point(1, 1, Number.NaN)) < 0)
    assert.ok(comparePoints(point(1, 1, Number.NaN), point(1, 1, 1)) < 0)
    assert.equal(comparePoints(point(1, 1, Infinity), point(1, 1, Infinity)), 0)
  })

  test('a chart has at most its points and keeps the true extremes', async () => {
    const run = await newRun()
    const metrics = Array.from({ length: 10_000 }, (_, step) => ({
      key: 'wave',
      value: Math.sin(step / 500) + (step === 7777 ? 100 : step === 3 ? -100 : 0),
      step,
      timestamp: step,
    }))
    await logToRun(ctx, { project, run, metrics })
    const { series } = await readCharts(ctx, {
      project,
      runs: [run],
      keys: ['wave', 'no'],
      points: 100,
    })
    assert.equal(series.length, 1)
    const [chart] = series
    assert.ok(chart !== undefined && chart.steps.length <= 100)
    assert.equal(chart.total, 10_000)
    assert.equal(
      chart.counts.reduce((a, b) => a + b, 0),
      10_000,
    )
    assert.equal(Math.max(...chart.maximums.map(Number)), metrics[7777]?.value)
    assert.equal(Math.min(...chart.minimums.map(Number)), metrics[3]?.value)
    assert.deepEqual(chart.steps.at(-1), 9999)
    const part = await readCharts(ctx, {
      project,
      runs: [run],
      keys: ['wave'],
      points: 50,
      from: 10,
      to: 19,
    })
    assert.deepEqual(part.series[0]?.steps, [10, 11, 12, 13, 14, 15, 16, 17, 18, 19])
    await assert.rejects(
      readCharts(ctx, { project, runs: ['f'.repeat(32)], keys: ['wave'], points: 10 }),
      { code: 'not_found' },
    )
  })

  test('searching compares, orders, pages and groups', async () => {
    const search0 = { filter: '', state: 'active', statistic: 'last', limit: 10 } as const
    const p = 'search'
    const ids: string[] = []
    for (let i = 0; i < 12; i++) {
      const { id } = await createRun(ctx, {
        project: p,
        experiment: i < 6 ? 'a' : 'b',
        name: `run_${i}`,
        startedAt: 1000 + i,
        parameters: { learner: i % 2 === 0 ? 'trees' : 'logistic' },
        tags: i % 3 === 0 ? { note: 'Über_50%' } : {},
      })
      ids.push(id)
      if (i !== 11) {
        const value = i === 10 ? ('NaN' as const) : i / 10
        await logToRun(ctx, { project: p, run: id, metrics: [{ key: 'auc', value, step: 0 }] })
      }
    }
    const find = async (filter: string, orderBy?: string[], limit = 100) =>
      searchRuns(ctx, { project: p, filter, orderBy, state: 'active', limit })
    const names = async (filter: string, orderBy?: string[]) =>
      (await find(filter, orderBy)).items.map((run) => Number(run.name.slice(4)))
    assert.deepEqual(await names("metrics.auc > 0.6 and params.learner = 'trees'"), [8])
    assert.deepEqual(await names('metrics.auc is null'), [11])
    assert.deepEqual(await names('metrics.auc != 0.5 and start_time >= 1009'), [10, 9])
    assert.deepEqual(
      await names("name in ('run_1', 'run_2') and params.learner is not null"),
      [2, 1],
    )
    assert.deepEqual(
      await names("status != 'FINISHED' and end_time is null and created < 1001"),
      [0],
    )
    await assert.rejects(
      searchRuns(ctx, {
        project: p,
        filter: 'metrics.auc is null',
        language: 'mlflow',
        state: 'active',
        limit: 5,
      }),
      /only supported for tags and params/,
    )
    assert.deepEqual(await names("tags.note like 'Über_50%'"), [9, 6, 3, 0])
    assert.deepEqual(await names("tags.note like '_ber\\_50%'"), [])
    assert.deepEqual(await names("tags.note ilike 'Über%'"), [9, 6, 3, 0])
    assert.deepEqual(await names("attributes.status = 'RUNNING' and start_time <= 1001"), [1, 0])
    assert.deepEqual(await names(`run_id in ('${ids[2]}', '${ids[4]}')`), [4, 2])
    assert.deepEqual((await names('', ['metrics.auc desc'])).slice(0, 3), [9, 8, 7])
    assert.deepEqual((await names('', ['metrics.auc'])).slice(-2), [10, 11])
    assert.deepEqual((await names('', ['params.learner', 'start_time'])).slice(0, 2), [1, 3])
    assert.deepEqual(
      await names("tags.mlflow.runName LIKE 'run_1%'", ['tags.`mlflow.runName`']),
      [1, 10, 11],
    )
    assert.deepEqual(await names('tags.`mlflow.note.content` IS NOT NULL'), [])
    assert.deepEqual(await names(`artifact_uri LIKE '%/${ids[3]}/artifacts'`), [3])
    assert.deepEqual(await names("dataset.name = 'nothing'"), [])
    await assert.rejects(find('', ['dataset.name']), { code: 'invalid' })
    const grouped = await groupRuns(ctx, {
      project: p,
      filter: '',
      state: 'active',
      by: ['params.learner', 'tags.note'],
      metrics: ['auc', 'none'],
      statistic: 'maximum',
      limit: 3,
    })
    assert.equal(grouped.total, 4)
    assert.deepEqual(
      grouped.groups.map(({ values, runs }) => [...values, runs]),
      [
        ['logistic', null, 4],
        ['trees', null, 4],
        ['logistic', 'Über_50%', 2],
      ],
    )
    const [auc, none] = grouped.groups[0]?.metrics ?? []
    // Runs 1, 5 and 7; run 11 logged nothing.
    assert.deepEqual([auc?.count, auc?.minimum, auc?.maximum], [3, 0.1, 0.7])
    assert.ok(Math.abs((auc?.mean ?? 0) - 1.3 / 3) < 1e-12)
    assert.ok(Math.abs((auc?.standardDeviation ?? 0) - 0.305505046330389) < 1e-12)
    assert.deepEqual([none?.count, none?.mean, none?.standardDeviation], [0, null, null])
    await assert.rejects(
      groupRuns(ctx, { ...search0, project: p, by: ['metrics.auc'], metrics: [] }),
      { code: 'invalid' },
    )
    const inPages = async (orderBy: string[]) => {
      const found: number[] = []
      let token: string | undefined
      do {
        const page = await searchRuns(ctx, {
          project: p,
          filter: 'start_time >= 1004',
          orderBy,
          state: 'active',
          limit: 3,
          pageToken: token,
        })
        assert.equal(page.total, 8)
        found.push(...page.items.map((run) => Number(run.name.slice(4))))
        token = page.nextPageToken
      } while (token !== undefined)
      return found
    }
    assert.deepEqual(await inPages(['metrics.auc desc']), [9, 8, 7, 6, 5, 4, 10, 11])
    assert.deepEqual(await inPages(['metrics.auc']), [4, 5, 6, 7, 8, 9, 10, 11])
    assert.deepEqual(await inPages(['metrics.none', 'start_time']), [4, 5, 6, 7, 8, 9, 10, 11])
    assert.deepEqual(
      await inPages(['params.learner desc', 'metrics.auc desc']),
      [8, 6, 4, 10, 9, 7, 5, 11],
    )
    assert.deepEqual(
      await names('metrics.auc > 0.3 and metrics.auc < 0.8 and tags.note is null', [
        'metrics.auc desc',
      ]),
      [7, 5, 4],
    )
    const seen: string[] = []
    let pageToken: string | undefined
    do {
      const page = await searchRuns(ctx, {
        project: p,
        filter: '',
        experiments: ['a', '2'],
        state: 'active',
        limit: 5,
        pageToken,
      })
      assert.equal(page.total, 12)
      seen.push(...page.items.map((run) => run.id))
      pageToken = page.nextPageToken
    } while (pageToken !== undefined)
    assert.deepEqual(seen, ids.toReversed())
    assert.deepEqual(await listRunColumns(ctx, { project: p }), {
      metrics: ['auc'],
      parameters: ['learner'],
      tags: ['note'],
    })
    for (const wrong of [
      "metrics.auc > 'x'",
      'params.learner = 3',
      "attributes.nothing = 'x'",
      "metrics.auc like 'a'",
    ]) {
      await assert.rejects(find(wrong), { code: 'invalid' }, wrong)
    }
    await assert.rejects(find('', ['metrics']), { code: 'invalid' })
    await assert.rejects(
      searchRuns(ctx, { project: p, filter: '', state: 'active', limit: 5, pageToken: 'x' }),
      { code: 'invalid' },
    )
  })

  test('artifacts are a tree of files', async () => {
    const run = await newRun()
    const put = (path: string, text: string) =>
      uploadArtifact(ctx, { project, run, path, content: Buffer.from(text) })
    await put('model/model.onnx', 'bytes')
    await put('model/deep/x.txt', 'x')
    await put('notes.md', 'one')
    await put('notes.md', 'two')
    const list = async (path: string) =>
      (await listArtifacts(ctx, { project, run, path })).items.map((e) => [e.path, e.isDirectory])
    assert.deepEqual(await list(''), [
      ['model', true],
      ['notes.md', false],
    ])
    assert.deepEqual(await list('model'), [
      ['model/deep', true],
      ['model/model.onnx', false],
    ])
    const { content, sizeBytes } = await downloadArtifact(ctx, { project, run, path: 'notes.md' })
    let text = ''
    for await (const chunk of content) text += Buffer.from(chunk).toString()
    assert.deepEqual([text, sizeBytes], ['two', 3])
    await assert.rejects(put('notes.md/inside', 'x'), { code: 'invalid' })
    await assert.rejects(put('model', 'x'), { code: 'invalid' })
    for (const path of ['../x', '/etc/passwd', 'a//b', 'a\\b', '', 'a/./b']) {
      await assert.rejects(put(path, 'x'), { code: 'invalid' }, path)
    }
    await assert.rejects(
      uploadArtifact(ctx, {
        project,
        run,
        path: 'y',
        content: Buffer.from('x'),
        sha256: 'a'.repeat(64),
      }),
      { code: 'invalid' },
    )
    await assert.rejects(downloadArtifact(ctx, { project, run, path: 'nope' }), {
      code: 'not_found',
    })
  })

  test('a deleted run takes nothing until it is restored', async () => {
    const run = await newRun()
    await deleteRun(ctx, { project, run })
    await deleteRun(ctx, { project, run })
    const metrics = [{ key: 'm', value: 1, step: 0 }]
    await assert.rejects(logToRun(ctx, { project, run, metrics }), { code: 'conflict' })
    await assert.rejects(finishRun(ctx, { project, run, status: 'finished' }), { code: 'conflict' })
    assert.ok(!(await search('')).items.some((item) => item.id === run))
    await restoreRun(ctx, { project, run })
    assert.deepEqual(await logToRun(ctx, { project, run, metrics }), { accepted: 1 })
  })

  test('runs of another project are not seen, and viewers do not write', async () => {
    const run = await newRun()
    await assert.rejects(getRun(ctx, { project: 'other', run }), { code: 'not_found' })
    const viewer: Context = {
      ...ctx,
      principal: { kind: 'token', name: 'token:x', grants: [{ project, role: 'viewer' }] },
    }
    assert.equal((await getRun(viewer, { project, run })).id, run)
    await assert.rejects(logToRun(viewer, { project, run, tags: { a: 'b' } }), {
      code: 'forbidden',
    })
    await assert.rejects(getRun(viewer, { project: 'other', run }), { code: 'forbidden' })
  })
}
