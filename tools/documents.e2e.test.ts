import assert from 'node:assert/strict'
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, describe, it } from 'node:test'
import { promisify } from 'node:util'

const run = promisify(execFile)
const root = join(import.meta.dirname, '..')

/** The commands of the first block of code after a heading, as a reader would type them. */
function commandsUnder(file: string, heading: string): string[] {
  const text = readFileSync(join(root, file), 'utf8')
  const [, after = ''] = text.split(`${heading}\n`)
  const block = /```\n([\s\S]*?)```/.exec(after)?.[1] ?? ''
  const commands = block.split('\n').filter((line) => line.startsWith('gyre '))
  assert.ok(commands.length > 0, `${file} has no commands under ${heading}`)
  return commands
}

interface Served {
  url: string
  /** What it says, now or soon: the first group of a pattern. */
  says(pattern: RegExp): Promise<string>
  stop(): Promise<void>
}

/** A place where somebody works, with `gyre` on the path and nothing else of ours. */
class Desk {
  readonly folder = mkdtempSync(join(tmpdir(), 'gyre-reader-'))
  readonly work = join(this.folder, 'work')
  readonly #servers: ChildProcess[] = []
  readonly #environment: NodeJS.ProcessEnv

  constructor(environment: Record<string, string> = {}) {
    const bin = join(this.folder, 'bin')
    for (const made of [bin, this.work]) mkdirSync(made)
    const script = join(bin, 'gyre')
    writeFileSync(script, `#!/bin/sh\nexec "${process.execPath}" "${root}/bin/gyre.js" "$@"\n`)
    chmodSync(script, 0o755)
    const path = [bin, process.env['PATH']].join(delimiter)
    const home = { HOME: this.folder, XDG_CONFIG_HOME: this.folder, GYRE_PORT: '0' }
    this.#environment = { ...process.env, ...home, PATH: path, ...environment }
  }

  /** What a command prints. It must end with 0. */
  async type(command: string, more: Record<string, string> = {}): Promise<string> {
    const options = { cwd: this.work, env: { ...this.#environment, ...more } }
    const { stdout } = await run('bash', ['-c', command], options)
    return stdout
  }

  /** Starts a server and waits until it is ready. */
  async serve(command: string): Promise<Served> {
    // A shell that becomes the server, so that a signal reaches it.
    const server = spawn('bash', ['-c', `exec ${command}`], {
      cwd: this.work,
      env: this.#environment,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    this.#servers.push(server)
    const ended = once(server, 'exit')
    let said = ''
    const lines = createInterface({ input: server.stdout })
    lines.on('line', (line) => (said += `${line}\n`))
    const says = async (pattern: RegExp): Promise<string> => {
      for (;;) {
        const [, found] = pattern.exec(said) ?? []
        if (found !== undefined) return found
        assert.equal(server.exitCode, null, `The server ended: ${said}`)
        const signal = AbortSignal.timeout(60_000)
        await Promise.race([once(lines, 'line', { signal }), ended])
      }
    }
    const stop = async (): Promise<void> => {
      server.kill('SIGTERM')
      assert.deepEqual(await ended, [0, null])
    }
    return { url: await says(/ready at (http:\S+)/), says, stop }
  }

  async leave(): Promise<void> {
    for (const server of this.#servers.filter(({ exitCode }) => exitCode === null)) {
      server.kill('SIGKILL')
      await once(server, 'exit')
    }
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** Customers who leave the more often the shorter they are here and the more they call. */
function customers(rows: number): string {
  const lines = ['id,tenure,calls,plan_price,churned']
  for (let i = 0; i < rows; i++) {
    const tenure = (i * 7919) % 72
    const calls = (i * 104_729) % 9
    const price = 20 + ((i * 31) % 50)
    const odds = 1.2 - tenure / 20 + calls / 3 + (((i * 15_485_863) % 1000) / 1000 - 0.5) * 4
    lines.push(`${i},${tenure},${calls},${price},${odds > 0 ? 1 : 0}`)
  }
  return `${lines.join('\n')}\n`
}

describe('the loop on your own data, as the README has it', () => {
  const desk = new Desk()
  const commands = commandsUnder('README.md', '## The loop on your own data')
  const told = new Map<string, string>()
  const retraining = 'gyre data commit my && gyre wait'
  const row = { tenure: 3, calls: 7, plan_price: 45 }
  let server: Served
  before(async () => {
    writeFileSync(join(desk.work, 'my.csv'), customers(4000))
    writeFileSync(join(desk.work, 'rows.json'), JSON.stringify([row, { ...row, tenure: 70 }]))
    const [up = '', ...rest] = commands.map((command) => command.replace(/ *#.*/, ''))
    server = await desk.serve(up)
    for (const command of rest) {
      if (command === retraining) writeFileSync(join(desk.work, 'my.csv'), customers(5000))
      told.set(command, await desk.type(command))
    }
  })
  after(async () => {
    await server.stop()
    await desk.leave()
  })

  const said = (command: string): string => told.get(command) ?? assert.fail(`${command} is gone`)

  it('commits the data, trains a model, and the gate says why it may serve', () => {
    assert.match(said('gyre data commit my'), /4,000 rows/)
    assert.match(said('gyre models gate my'), /passed/)
  })

  it('deploys it, and predicts by command and by Open Inference', async () => {
    assert.match(said('gyre deploy my --endpoint my'), /my@1 .*(promoted|champion)/)
    const model = `${server.url}/v2/models/my:my`
    const described = (await (await fetch(model)).json()) as { inputs: { name: string }[] }
    const name = described.inputs[0]?.name
    const data = [row.tenure, row.calls, row.plan_price]
    const inputs = [{ name, shape: [1, data.length], datatype: 'FP32', data }]
    // As with curl: no client of ours.
    const answer = await fetch(`${model}/infer`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ inputs }),
    })
    const told = await answer.text()
    assert.equal(answer.status, 200, told)
    const { outputs } = JSON.parse(told) as { outputs: { data: number[] }[] }
    const [prediction = Number.NaN] = outputs[0]?.data ?? []
    assert.ok(prediction > 0.5 && prediction < 1, String(prediction))
    const [printed] = /\d\.\d+/.exec(said('gyre predict my --rows rows.json')) ?? []
    assert.ok(Math.abs(Number(printed) - prediction) < 1e-3, `${printed} and ${prediction}`)
  })

  it('tells why the model serves', () => {
    assert.match(said('gyre why endpoint:my'), /was promoted[\s\S]*was committed with 4,000 rows/)
    assert.notEqual(said('gyre monitors report my-weekly'), '')
  })

  it('retrains by itself when more data comes, once, and tells what made it', async () => {
    assert.match(said(retraining), /5,000 rows/)
    assert.match(await desk.type('gyre models show my'), /^2 +(passed|refused)/m)
    const why = await desk.type('gyre why model:my@2')
    assert.match(why, /retrain-on-data/)
    assert.match(why, /was committed with 5,000 rows/)
    const executions = await desk.type('gyre pipelines executions --json')
    const { items } = JSON.parse(executions) as { items: { cause: string | null; state: string }[] }
    const caused = items.filter(({ cause }) => cause === 'trigger:retrain-on-data')
    assert.deepEqual(
      caused.map(({ state }) => state),
      ['succeeded'],
    )
  })
})

describe('running a server, as docs/operate has it', () => {
  const password = 'correct horse battery staple'
  const desk = new Desk({ GYRE_PASSWORD: password })
  const srv = join(desk.folder, 'srv')
  const commands = commandsUnder('docs/operate/servers.md', '# Running a server').map((command) =>
    command.replaceAll('/srv/', `${srv}/`).replace('--port 8700', '--port 0'),
  )
  after(() => desk.leave())

  const starting = (start: string): string[] =>
    commands.filter((command) => command.startsWith(start))

  it('serves this machine, and others with tokens and people', async () => {
    const [local = '', open = ''] = starting('gyre serve --data')
    await (await desk.serve(local)).stop()
    const server = await desk.serve(open)
    const token = await server.says(/(gyre_\S+)/)
    const asAdmin = { GYRE_URL: server.url, GYRE_TOKEN: token }
    for (const start of ['gyre token', 'gyre user', 'gyre login']) {
      const found = starting(start)
      assert.ok(found.length > 0, `no command begins with ${start}`)
      for (const command of found) await desk.type(command, asAdmin)
    }
    await server.stop()
  })

  it('is backed up, restored and examined', async () => {
    for (const start of ['gyre backup', 'gyre restore', 'gyre doctor']) {
      const [command = assert.fail(`no command begins with ${start}`)] = starting(start)
      assert.notEqual(await desk.type(command), '')
    }
  })

  const postgres = process.env['GYRE_TEST_POSTGRES_URL']
  it('keeps its tables in PostgreSQL', { skip: postgres === undefined }, async () => {
    const [command = ''] = starting('gyre serve --database-url')
    const schema = `documents_${process.pid}`
    const url = new URL(postgres ?? '')
    await run('psql', [url.href, '-c', `create schema ${schema}`])
    url.searchParams.set('options', `-c search_path=${schema}`)
    const own = command.replace(/postgres:\S+/, `'${url.href.replaceAll('+', '%20')}'`)
    await (await desk.serve(own.replace(/ *#.*/, ''))).stop()
    await run('psql', [postgres ?? '', '-c', `drop schema ${schema} cascade`])
  })
})
