import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'

const root = join(import.meta.dirname, '..')
const house = realpathSync(mkdtempSync(join(tmpdir(), 'gyre-launch-')))
after(() => rmSync(house, { recursive: true }))

const MAIN = `
const [word, value] = process.argv.slice(2)
if (word === 'exit') process.exit(Number(value))
if (word === 'die') process.kill(process.pid, 'SIGKILL')
process.on('SIGTERM', () => process.exit(7))
const { UV_THREADPOOL_SIZE, NODE_COMPILE_CACHE } = process.env
const conditions = process.execArgv.includes('--conditions=gyre-source')
console.log(JSON.stringify({ pid: process.pid, cwd: process.cwd(), args: process.argv.slice(2), UV_THREADPOOL_SIZE, NODE_COMPILE_CACHE, conditions }))
if (word === 'stay') setInterval(() => {}, 1000)
`

/** What main printed about itself. */
interface Told {
  pid: number
  cwd: string
  args: string[]
  UV_THREADPOOL_SIZE: string
  NODE_COMPILE_CACHE: string
  conditions: boolean
}

function plant(name: string, main: string): string {
  const folder = join(house, name)
  mkdirSync(join(folder, main, '..'), { recursive: true })
  cpSync(join(root, 'bin'), join(folder, 'bin'), { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
  writeFileSync(join(folder, main), MAIN)
  return join(folder, 'bin/gyre.js')
}

const checkout = plant('checkout', 'src/cli/main.ts')
const installed = plant('installed', 'dist/main.js')
const link = join(house, 'gyre')
symlinkSync(installed, link)

/** A checkout whose bundle was built after what it holds was written. */
function plantBundle(): { checkout: string; folder: string } {
  const launcher = plant('bundled', 'src/cli/main.ts')
  const folder = join(house, 'bundled')
  writeFileSync(join(folder, 'package-lock.json'), '{}')
  writeFileSync(join(folder, 'src/cli/main.test.ts'), '')
  mkdirSync(join(folder, 'tools'))
  writeFileSync(join(folder, 'tools/bundle.js'), '')
  const startedAt = Date.now() + 1000
  mkdirSync(join(folder, '.cache/bundle/one'), { recursive: true })
  writeFileSync(join(folder, '.cache/bundle/one/main.js'), MAIN)
  writeFileSync(
    join(folder, '.cache/bundle/current.json'),
    JSON.stringify({ name: 'one', startedAt }),
  )
  return { checkout: launcher, folder }
}

/** Older Nodes cannot replace themselves. */
const older = ['--import', 'data:text/javascript,process.execve = undefined']

for (const [name, flags] of [
  ['a Node that can replace itself', []],
  ['a Node that cannot', older],
] as const) {
  describe(`the launcher on ${name}`, () => {
    it('runs the sources of a checkout, from any folder', () => {
      const told = tell([...flags, checkout, 'say', 'a b'])
      assert.deepEqual(told.args, ['say', 'a b'])
      assert.equal(told.cwd, house)
      assert.equal(told.conditions, true)
      assert.equal(told.UV_THREADPOOL_SIZE, '16')
      assert.match(told.NODE_COMPILE_CACHE, /gyre/)
    })

    it('runs what a package holds, through the link that npm makes', () => {
      assert.equal(tell([...flags, link, 'say']).conditions, false)
    })

    it('ends as the product ends', () => {
      assert.equal(run([...flags, checkout, 'exit', '3']).status, 3)
      assert.equal(run([...flags, checkout, 'die']).signal, 'SIGKILL')
    })

    it('passes signals on', async () => {
      const { launcher } = await stay([...flags, checkout, 'stay'])
      launcher.kill('SIGTERM')
      assert.deepEqual(await once(launcher, 'exit'), [7, null])
    })

    it('leaves no orphan when it is killed', { timeout: 10_000 }, async () => {
      const { launcher, told } = await stay([...flags, checkout, 'stay'])
      assert.equal(told.pid === launcher.pid, flags.length === 0)
      launcher.kill('SIGKILL')
      // Only once every process that could write to it is gone.
      await once(launcher, 'close')
    })
  })
}

it('the launcher runs the bundle of a checkout until a source changes', async () => {
  const { checkout: launcher, folder } = plantBundle()
  const isBundle = (): boolean => !tell([launcher, 'say']).conditions
  assert.ok(isBundle())
  await new Promise((resolve) => setTimeout(resolve, 1500))
  writeFileSync(join(folder, 'src/cli/main.test.ts'), '// tests are no part of it')
  assert.ok(isBundle())
  const source = join(folder, 'src/cli/main.ts')
  const past = new Date(0)
  utimesSync(source, past, past)
  assert.ok(!isBundle(), 'a time that is set back hides no change')
  rmSync(join(folder, '.cache/bundle/one'), { recursive: true })
  assert.ok(!isBundle())
})

/** As a user has it: what the test runner set for itself is not there. */
const { NODE_COMPILE_CACHE: _cache, UV_THREADPOOL_SIZE: _size, ...environment } = process.env

function run(args: readonly string[]): {
  status: number | null
  signal: string | null
  stdout: string
} {
  return spawnSync(process.execPath, args, { cwd: house, env: environment, encoding: 'utf8' })
}

function tell(args: readonly string[]): Told {
  return JSON.parse(run(args).stdout) as Told
}

/** Starts what stays, and waits until it says that it runs. */
async function stay(args: readonly string[]): Promise<{ launcher: ChildProcess; told: Told }> {
  const launcher = spawn(process.execPath, args, {
    cwd: house,
    env: environment,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [text] = (await once(launcher.stdout, 'data')) as [Buffer]
  return { launcher, told: JSON.parse(text.toString()) as Told }
}
