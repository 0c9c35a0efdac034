import assert from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { faultRandom } from '../faults/seed.contract.ts'
import { runGyre, spawnGyre } from '../faults/server-process.contract.ts'
import { withFrames } from '../training/frames.ts'
import type { DemoReport } from './report.ts'
import { readTraffic, weekOnDisk } from './weeks.ts'

const directory = await mkdtemp(join(tmpdir(), 'gyre-killed-demo-'))
const data = join(directory, 'store')
const weeks = 6
const trafficShare = 0.05
/** The first model is trained at the end of the fourth. */
const servedWeeks = [5, 6]
const kills = 4

after(() => rm(directory, { recursive: true, force: true }))

function start(): ChildProcess {
  const told = ['--weeks', String(weeks), '--traffic', String(trafficShare)]
  return spawnGyre({ args: ['demo', '--json', '--data', data, '--port', '0', ...told] })
}

/** Kills what runs, without a word: sometimes the demo only, sometimes the server with it. */
async function kill(demo: ChildProcess, withServer: boolean): Promise<void> {
  const exited = demo.exitCode === null ? once(demo, 'exit') : undefined
  demo.kill('SIGKILL')
  await exited
  if (withServer) await killServer()
}

async function killServer(): Promise<void> {
  const file = await readFile(join(data, 'server.json'), 'utf8').catch(() => undefined)
  if (file === undefined) return
  try {
    process.kill((JSON.parse(file) as { pid: number }).pid, 'SIGKILL')
  } catch (thrown) {
    assert.equal((thrown as NodeJS.ErrnoException).code, 'ESRCH')
  }
}

function flightsAsked(): Promise<number> {
  return withFrames(async (session) => {
    let asked = 0
    for (const week of servedWeeks) {
      const path = await weekOnDisk(session, week, directory)
      asked += (await readTraffic(session, week, path, trafficShare)).ids.length
    }
    return asked
  })
}

test('the demo goes on wherever it was killed, and tells each week once', async (t) => {
  const random = faultRandom((message) => t.diagnostic(message))
  for (let i = 0; i < kills; i++) {
    const demo = start()
    await sleep(1500 + random.next() * 8000)
    await kill(demo, random.next() < 0.5)
  }
  const demo = start()
  assert.ok(demo.stdout !== null)
  // What it says on the way is not asked for here.
  demo.stderr?.resume()
  const report = JSON.parse(await text(demo.stdout)) as DemoReport
  await killServer()
  assert.equal(report.weeks, weeks)
  assert.equal(report.commits, weeks)
  assert.ok(report.trainings >= 1 && report.promotions === 1)
  // Each flight has one label. What was asked twice, since nobody knew whether it was answered and
  // kept, has two predictions; a week is over only when its predictions are in files.
  assert.equal(report.labels, await flightsAsked())
  assert.ok(report.labels <= report.predictions, JSON.stringify(report))
  const doctor = await runGyre({ args: ['doctor', '--data', data] })
  assert.equal(doctor.code, 0, doctor.out)
})
