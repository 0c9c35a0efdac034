import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { promisify } from 'node:util'
import { freshSchema, postgresUrl } from '#adapters/sql/fresh-schema.contract'
import type { ImportReport } from '#app/mlflow-import/report'
import { runGyre } from '../../src/app/faults/server-process.contract.ts'
import { type OpenedServer, openServer } from '../../src/app/opened-server.contract.ts'
import { freePort, type MlflowServer, mlflowPython, startMlflowServer } from './python.contract.ts'

const run = promisify(execFile)
const python = await mlflowPython()
const skip = python === undefined ? 'no Python with mlflow' : false
const page = join(import.meta.dirname, '../../docs/operate/migrate-from-mlflow.md')

describe('importing what the real client left on a real MLflow server', { skip }, () => {
  let directory: string
  let peer: MlflowServer
  let theirs: unknown

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'gyre-import-'))
    const server = { python: python ?? '', directory, port: await freePort() }
    peer = await startMlflowServer(server)
    await talk('fill.py', peer.url)
    theirs = JSON.parse(await talk('dump.py', peer.url))
  })
  after(async () => {
    peer?.kill()
    await rm(directory, { recursive: true, force: true })
  })

  it('from its database, with the commands of the page: a client reads the same', async () => {
    const ours = await openServer()
    try {
      const commands = await commandsOfPage()
      assert.equal(commands.length, 2)
      const [dry, real] = commands.map((command) => command.replace('ARTIFACTS', 'artifacts'))
      const planned = await importWith(ours, dry ?? '', directory)
      assert.equal(planned.counts['runs']?.brought, 0)
      assert.equal(await projectIsEmpty(ours), true)
      const report = await importWith(ours, real ?? '', directory)
      checkReport(report)
      assert.deepEqual(JSON.parse(await talk('dump.py', ours.url)), theirs)
      assert.deepEqual(planned.counts['runs']?.found, report.counts['runs']?.found)
      const again = await importWith(ours, real ?? '', directory)
      assert.equal(again.counts['runs']?.present, report.counts['runs']?.found)
      assert.equal(again.counts['files'], undefined)
      assert.deepEqual(JSON.parse(await talk('dump.py', ours.url)), theirs)
    } finally {
      await ours.close()
    }
  })

  it('from the running server, into PostgreSQL where there is one', async (t) => {
    const place = postgresUrl === undefined ? undefined : await freshSchema()
    t.after(() => place?.drop())
    const ours = await openServer(place === undefined ? {} : { databaseUrl: place.url })
    try {
      const report = await importWith(ours, `gyre import mlflow ${peer.url}`, directory)
      checkReport(report)
      assert.deepEqual(JSON.parse(await talk('dump.py', ours.url)), theirs)
    } finally {
      await ours.close()
    }
  })
})

describe(
  'importing what the real client left on an MLflow server with PostgreSQL',
  {
    skip: skip || (postgresUrl === undefined && 'GYRE_TEST_POSTGRES_URL is not set.'),
  },
  () => {
    it('from its database: a client reads the same', async (t) => {
      const directory = await mkdtemp(join(tmpdir(), 'gyre-import-'))
      const place = await freshSchema()
      const options = {
        python: python ?? '',
        directory,
        port: await freePort(),
        backend: place.url.replace(/^postgres(ql)?:/, 'postgresql+psycopg2:'),
      }
      const peer = await startMlflowServer(options)
      t.after(async () => {
        peer.kill()
        await place.drop()
        await rm(directory, { recursive: true, force: true })
      })
      await talk('fill.py', peer.url)
      const theirs: unknown = JSON.parse(await talk('dump.py', peer.url))
      const ours = await openServer()
      t.after(() => ours.close())
      const command = `gyre import mlflow ${place.url} --artifacts artifacts`
      checkReport(await importWith(ours, command, directory))
      assert.deepEqual(JSON.parse(await talk('dump.py', ours.url)), theirs)
      const again = await importWith(ours, command, directory)
      assert.equal(again.counts['files'], undefined)
    })
  },
)

async function talk(script: string, url: string): Promise<string> {
  const env = { ...process.env, MLFLOW_TRACKING_URI: url, GIT_PYTHON_REFRESH: 'quiet' }
  const file = join(import.meta.dirname, script)
  return (await run(python ?? '', [file], { env, maxBuffer: 1 << 26 })).stdout
}

/** The commands that the page on migrating shows. */
async function commandsOfPage(): Promise<string[]> {
  const text = await readFile(page, 'utf8')
  return text.split('\n').filter((line) => line.startsWith('gyre import mlflow sqlite:'))
}

async function importWith(
  server: OpenedServer,
  command: string,
  directory: string,
): Promise<ImportReport> {
  const args = command.split(' ').slice(1)
  const ended = await runGyre({
    args: [...args, '--json', '--url', server.url],
    directory,
  })
  assert.equal(ended.code, 0, ended.err)
  return JSON.parse(ended.out) as ImportReport
}

async function projectIsEmpty(server: OpenedServer): Promise<boolean> {
  const client = server.client()
  const { total } = await client.runs.searchRuns({ params: { project: 'default' }, body: {} })
  return total === 0
}

/** Everything was brought, and nothing is missing but what the report says. */
function checkReport({ counts, leftOut }: ImportReport): void {
  for (const [kind, { found, brought, failed }] of Object.entries(counts)) {
    assert.deepEqual([brought, failed], [found, 0], kind)
  }
  assert.ok((counts['metric points']?.found ?? 0) > 250)
  assert.equal(counts['registered models']?.found, 2)
  assert.deepEqual([counts['traces']?.found, counts['spans']?.found], [2, 3])
  assert.deepEqual(leftOut, [])
}
