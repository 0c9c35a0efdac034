import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { runGyre } from '../app/faults/server-process.contract.ts'
import { openServer } from '../app/opened-server.contract.ts'

const page = join(import.meta.dirname, '../../docs/operate/fork-and-rewind.md')

test('the commands of the page on continuing runs', async (t) => {
  const server = await openServer()
  t.after(() => server.close())
  const params = { project: 'default' }
  const { runs } = server.client()
  const { id } = await runs.createRun({ params, body: { parameters: { lr: '0.1', depth: '2' } } })
  const place = { params: { ...params, run: id } }
  const metrics = Array.from({ length: 3000 }, (_, step) => {
    return { key: 'loss', value: -step, step, timestamp: step }
  })
  await runs.logToRun({ ...place, body: { metrics } })
  const gyre = async (args: readonly string[]): Promise<string> => {
    const all = [...args, '--url', server.url]
    const ended = await runGyre({ args: all, directory: server.directory })
    assert.equal(ended.code, 0, ended.err)
    return ended.out
  }
  const commands = (await readFile(page, 'utf8'))
    .split('\n')
    .filter((line) => line.startsWith('gyre '))
    .map((line) =>
      [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, word]) =>
        word === 'RUN' ? id : (quoted ?? word ?? ''),
      ),
    )
  const [fork, rewind, undo] = commands.map(([, ...args]) => args) as [string[], string[], string[]]
  const latest = async (): Promise<unknown> => (await runs.getRun(place)).metrics['loss']

  const [forked = ''] = (await gyre(fork)).split('\n')
  const made = await runs.getRun({ params: { ...params, run: forked } })
  assert.deepEqual(
    [made.name, made.parameters, made.metrics],
    ['lower rate', { lr: '0.001', depth: '2' }, { loss: -2000 }],
  )
  assert.match(await gyre(['runs', 'show', forked]), new RegExp(`continues.*${id}.*step 2000`))
  assert.match(await gyre(rewind), /back at step 2000; run [0-9a-f]{32} keeps/)
  assert.equal(await latest(), -2000)
  await gyre(undo)
  assert.equal(await latest(), -2999)
  const wrong = await runGyre({
    args: ['runs', 'rewind', id, '--url', server.url],
    directory: server.directory,
  })
  assert.match(wrong.err, /either --to STEP or --undo/)
})
