import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { openServer } from '../opened-server.contract.ts'
import type { DemoReport } from './report.ts'

const run = promisify(execFile)
const gyre = fileURLToPath(new URL('../../../bin/gyre.js', import.meta.url))
const directory = await mkdtemp(join(tmpdir(), 'gyre-demo-'))
const data = join(directory, 'store')

after(() => rm(directory, { recursive: true, force: true }))

async function tell(...args: string[]): Promise<DemoReport> {
  const command = [gyre, 'demo', '--json', '--data', data, '--port', '0', ...args]
  const { stdout } = await run(process.execPath, command, { cwd: directory })
  return JSON.parse(stdout) as DemoReport
}

test('the loop closes on half a year of flights, and the record tells it', async (t) => {
  const report = await tell()

  await t.test('every kind of turn was taken, and no request failed', () => {
    assert.equal(report.closed, true)
    assert.equal(report.weeks, 26)
    assert.equal(report.commits, 26)
    assert.equal(report.refusedBatches, 1)
    assert.equal(report.failedRequests, 0)
    // Decisions follow data and event time, so that any machine tells the same.
    assert.equal(report.trainings, 9)
    assert.equal(report.gateRefusals, 6)
    // The first model, and the one that an alarm about its age led to; the broken one was taken back.
    assert.equal(report.promotions, 2)
    assert.equal(report.rollbacks, 1)
    assert.equal(report.alarms, 13)
    assert.equal(report.predictions, 635_396)
    assert.equal(report.labels, report.predictions)
    assert.notEqual(report.endpoint.champion, null)
  })

  await t.test('a second time it only reports', async () => {
    const { seconds, ...again } = await tell()
    const { seconds: before, ...first } = report
    assert.equal(seconds, before)
    assert.deepEqual(
      { ...again, endpoint: { ...again.endpoint, url: '' } },
      { ...first, endpoint: { ...first.endpoint, url: '' } },
    )
  })

  await t.test('the journal is whole', async () => {
    await run(process.execPath, [gyre, 'doctor', '--journal', '--data', data])
  })

  await t.test('why goes back to the row counts and the commit', async () => {
    const opened = await openServer({ data })
    try {
      const args = [gyre, 'why', 'endpoint:late-flights', '--project', 'flights']
      const environment = { ...process.env, GYRE_URL: opened.url }
      const { stdout } = await run(process.execPath, args, { env: environment })
      for (const told of [/was promoted/, /passed the gate/, /was committed with [\d,]+ rows/]) {
        assert.match(stdout, told)
      }
      assert.match(stdout, /at commit|and commit/)
      const params = { project: 'flights' }
      const { items } = await opened.client().journal.turns({ params, query: { limit: 50 } })
      const begun = items.map(({ steps }) => steps[0]?.verb)
      assert.ok(
        !begun.includes('version.evaluated'),
        'also a model that was judged again has a cause',
      )
    } finally {
      await opened.server.close()
    }
  })
})
