import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { runGyre } from '../app/faults/server-process.contract.ts'
import { openServer } from '../app/opened-server.contract.ts'

const page = join(import.meta.dirname, '../../docs/operate/runs-as-tables.md')

test('the commands of the page on runs as tables', async (t) => {
  const server = await openServer()
  t.after(() => server.close())
  const params = { project: 'default' }
  const client = server.client()
  for (const [i, depth] of ['4', '8'].entries()) {
    const body = { experiment: 'Default', name: `run-${i}`, parameters: { depth } }
    const { id } = await client.runs.createRun({ params, body })
    const metrics = [{ key: 'loss', value: 1 - i / 4, step: 0, timestamp: 1 }]
    await client.runs.logToRun({ params: { ...params, run: id }, body: { metrics } })
  }
  const commands = (await readFile(page, 'utf8'))
    .split('\n')
    .filter((line) => line.startsWith('gyre '))
    .map((line) =>
      [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, word]) => quoted ?? word ?? ''),
    )
  assert.equal(commands.length, 4)
  const answers: string[] = []
  for (const [, ...args] of commands) {
    const ended = await runGyre({
      args: [...args, '--url', server.url],
      directory: server.directory,
    })
    assert.equal(ended.code, 0, ended.err)
    answers.push(ended.out)
  }
  assert.match(answers[0] ?? '', /name\s+loss\nrun-1\s+0.75\nrun-0\s+1\n/)
  assert.match(answers[1] ?? '', /8\s+0.75/)
  const csv = await readFile(join(server.directory, 'runs.csv'), 'utf8')
  assert.equal(csv.split('\r\n').length, 4)
  const parquet = await readFile(join(server.directory, 'points.parquet'))
  assert.equal(parquet.subarray(0, 4).toString(), 'PAR1')
})
