import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { runGyre } from '../app/faults/server-process.contract.ts'
import { type OpenedServer, openServer } from '../app/opened-server.contract.ts'

/** The commands of docs/operate/models.md, as it has them, without their comments. */
function documented(): string[] {
  const text = readFileSync(join(import.meta.dirname, '../../docs/operate/models.md'), 'utf8')
  return [...text.matchAll(/^gyre .*$/gm)].map(([line]) => line.replace(/ +#.*/, ''))
}

/** Nobody answers there, so that the test of a webhook fails, as it should. */
const failing = ['gyre webhooks test <webhook>']

describe('the commands of the registry', () => {
  let opened: OpenedServer
  let directory: string
  before(async () => {
    opened = await openServer()
    directory = await mkdtemp(join(tmpdir(), 'gyre-models-'))
    const client = opened.client()
    const params = { project: 'default', model: 'late-flights' }
    for (const text of ['one', 'two', 'three']) {
      const body = new TextEncoder().encode(`not really ONNX: ${text}`)
      const { sha256, sizeBytes } = await client.models.uploadModelFile({ params, body })
      const files = [{ path: 'model.onnx', sha256, sizeBytes }]
      const column = { name: 'distance', type: 'number' }
      const signature = { inputs: [column], outputs: [{ name: 'late', type: 'number' }] }
      const version = { files, features: ['distance'], signature }
      await client.models.registerVersion({ params, body: version })
    }
  })
  after(async () => {
    await opened.close()
    await rm(directory, { recursive: true })
  })

  async function type(command: string, expected = 0): Promise<string> {
    const words = command.match(/"[^"]*"|\S+/g) ?? []
    const args = words.slice(1).map((word) => word.replaceAll('"', ''))
    const environment = { GYRE_URL: opened.url, HOME: directory }
    const { code, out, err } = await runGyre({ args, directory, environment })
    assert.equal(code, expected, `${command}: ${out}${err}`)
    return out + err
  }

  it('do what the document says', async () => {
    const told = new Map<string, string>()
    const ids = new Map<string, string>()
    for (const command of documented()) {
      const filled = command
        .replace('<time>', new Date(Date.now() + 1000).toISOString())
        .replaceAll(/<(\w+)>/g, (_, name: string) => ids.get(name) ?? '')
      const said = await type(filled, failing.includes(command) ? 1 : 0)
      told.set(command, said)
      const [, webhook] = /told from now on: (\w+)/.exec(said) ?? []
      if (webhook !== undefined) ids.set('webhook', webhook)
      const [, hold] = /is held: (\w+)/.exec(said) ?? []
      if (hold !== undefined) ids.set('hold', hold)
    }
    const history = told.get('gyre models history late-flights') ?? ''
    const compared = told.get('gyre models compare late-flights 1 2') ?? ''
    assert.match(compared, /model.onnx +changed +20 B +20 B/)
    assert.match(compared, /Code: Of one of the versions, the commit is not recorded/)
    assert.match(history, /beta +2 +local +the trial begins/)
    assert.match(history, /version 2 +None +Staging +local +for the acceptance test/)
    const then = told.get('gyre models history late-flights --at <time>') ?? ''
    assert.match(then, /beta +2 .*the trial begins/)
    assert.match(then, /Staging +2 .*for the acceptance test/)
    assert.match(told.get('gyre models card late-flights 2') ?? '', /^# late-flights v2\n/)
    const declared = told.get('gyre models licence late-flights@2 Apache-2.0') ?? ''
    assert.match(declared, /^Apache-2\.0, declared\./)
    const sums = told.get('gyre models files late-flights@2 --sums') ?? ''
    assert.match(sums, /^[0-9a-f]{64}  model\.onnx\n$/)
    const planned = told.get('gyre models retire late-flights --dry-run') ?? ''
    assert.match(
      planned,
      /Nothing goes\.[^]*late-flights@3 stays\. The alias champion points at it/,
    )
    assert.match(planned, /late-flights@1 stays\. local holds it: needed for the audit/)
    const imported = [...told].find(([command]) => command.includes('models import'))?.[1] ?? ''
    assert.match(imported, /late-flights@2 of default is late-flights-copy@1 here/)
    assert.equal(
      readFileSync(join(directory, 'serving/model.onnx'), 'utf8'),
      'not really ONNX: two',
    )
    const again = await type('gyre models download late-flights@beta -o serving/')
    assert.match(again, /late-flights@2 is in serving\/: 1 files, .*1 were there already/)
    assert.match(told.get('gyre models reviews late-flights@2') ?? '', /approved .*as agreed/)
    assert.match(told.get('gyre webhooks list') ?? '', /pager .*model_version.created/)
    assert.match(told.get('gyre webhooks test <webhook>') ?? '', /It failed: /)
  })

  it('ask before a whole model goes, and name the stages that there are', async () => {
    assert.match(await type('gyre models delete late-flights', 2), /--all-versions/)
    assert.match(await type('gyre models stage late-flights@2 Live', 2), /None, Staging/)
    assert.match(await type('gyre models tag late-flights --set team', 1), /not an assignment/)
    const other = `--sha256 ${'0'.repeat(64)}`
    const refused = `gyre models import late-flights.gyre-model.tar ${other}`
    assert.match(await type(refused, 1), /it is not what was exported/)
  })
})
