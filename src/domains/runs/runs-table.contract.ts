import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type OpenedPlatform, openPlatform } from '#app/platform'
import { asSystem, type Context } from '#domains/access/index'
import { createRun, logToRun, type MetricNumber, searchRuns } from './index.ts'

const project = 'table'
const depths = ['2', '2', '2', '4', '4', undefined]
const losses: MetricNumber[][] = [[3, 1], [5, 2], [4, 6], [8, 7, 9], ['NaN'], [0.5]]

/** What the table of runs can ask for, on whichever database `place` names. */
export function testRunsTable(place: () => Promise<{ databaseUrl?: string }>): void {
  let directory: string
  let opened: OpenedPlatform
  let ctx: Context

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'gyre-table-'))
    opened = await openPlatform({ dataDirectory: directory, ...(await place()) })
    ctx = asSystem(opened.platform, 'test')
    for (const [index, depth] of depths.entries()) {
      const { id: run } = await createRun(ctx, {
        project,
        experiment: index < 4 ? 'Default' : 'other',
        name: `run ${index}`,
        ...(depth === undefined ? {} : { parameters: { depth, 'a.b c': 'x' } }),
        tags: { team: index % 2 === 0 ? 'even' : 'odd' },
      })
      const values = losses[index] ?? []
      const metrics = values.map((value, step) => ({ key: 'loss', value, step }))
      await logToRun(ctx, {
        project,
        run,
        metrics: [...metrics, { key: 'k.x', value: 1, step: 0 }],
      })
    }
  })
  after(async () => {
    await opened.close()
    await rm(directory, { recursive: true })
  })

  const search = (more: Partial<Parameters<typeof searchRuns>[1]>) =>
    searchRuns(ctx, { project, filter: '', state: 'active', limit: 100, ...more })
  const names = async (more: Partial<Parameters<typeof searchRuns>[1]>) =>
    (await search(more)).items.map(({ name }) => name.slice(4))

  test('runs are found and ordered by the extremes of a metric', async () => {
    assert.deepEqual(await names({ orderBy: ['max.loss desc'] }), ['3', '2', '1', '0', '5', '4'])
    assert.deepEqual(await names({ orderBy: ['min.loss'] }), ['5', '0', '1', '2', '3', '4'])
    const found = await names({ filter: 'min.loss < 2.5 and max.loss > 1', orderBy: ['min.loss'] })
    assert.deepEqual(found, ['0', '1'])
    assert.deepEqual(await names({ filter: 'max.loss = 9' }), ['3'])
    await assert.rejects(search({ filter: "max.loss = 'x'" }), { code: 'invalid' })
  })

  test('only the columns that are asked for are given', async () => {
    const columns = ['max.loss', 'min.loss', 'params.a.b c', 'tags.team']
    const { items } = await search({ columns, orderBy: ['max.loss desc'] })
    assert.deepEqual(items[0]?.metrics, {})
    assert.deepEqual(items[0]?.maximums, { loss: 9 })
    assert.deepEqual(items[0]?.minimums, { loss: 7 })
    assert.deepEqual(items[0]?.parameters, { 'a.b c': 'x' })
    assert.deepEqual(items[0]?.tags, { team: 'odd' })
    assert.deepEqual(items.at(-1)?.maximums, { loss: 'NaN' })
    const latest = await search({ columns: ['metrics.k.x'], limit: 1 })
    assert.deepEqual(latest.items[0]?.metrics, { 'k.x': 1 })
    assert.deepEqual(latest.items[0]?.parameters, {})
    for (const wrong of ['loss', 'mean.loss', 'metrics.', '']) {
      await assert.rejects(search({ columns: [wrong] }), { code: 'invalid' }, wrong)
    }
  })
}
