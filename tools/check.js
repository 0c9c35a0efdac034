// @ts-check
// npm run check: everything that needs neither network nor services, in seconds.
//
//   node tools/check.js              all steps
//   node tools/check.js types lint   only these
//   node tools/check.js --no-unit    all but the unit tests
import { spawn } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { dirname, join } from 'node:path'
import { setUp, root } from './setup.js'
import { testArguments, testEnvironment, testFiles } from './test-files.js'

const TIMEOUT_MS = 180_000
const ONE_TEST_MS = 60_000

const node = setUp({ built: false })
const modules = join(root, 'node_modules')

/**
 * The longest first, so that the shorter ones fill the other processors.
 *
 * @type {[name: string, args: string[]][]}
 */
const STEPS = [
  ['unit', unitTests('1/2')],
  ['unit', unitTests('2/2')],
  ['types', [join(modules, 'typescript/bin/tsc'), '-b']],
  ['lint', [join(modules, 'oxlint/bin/oxlint')]],
  ['knip', [join(modules, 'knip/bin/knip.js'), '--no-progress']],
  ['format', [join(modules, 'oxfmt/bin/oxfmt'), '--check']],
  ['docs', [join(root, 'tools/check-docs.js')]],
  ['lock', [join(root, 'tools/complete-lock.js'), '--check']],
]

for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1))

const words = process.argv.slice(2)
const chosen = STEPS.filter(([name]) => isChosen(name))
const failed = await runAll(chosen)
process.exitCode = failed === 0 ? 0 : 1

/** @param {string} shard which part of the files, as in `1/2` */
function unitTests(shard) {
  return [
    ...testArguments,
    '--test-isolation=none',
    `--test-timeout=${ONE_TEST_MS}`,
    '--test-reporter=dot',
    `--test-shard=${shard}`,
    ...testFiles('unit'),
  ]
}

/** @param {string} name */
function isChosen(name) {
  const only = words.filter((word) => !word.startsWith('--'))
  return only.length > 0 ? only.includes(name) : !words.includes(`--no-${name}`)
}

/**
 * As many at once as there are processors.
 *
 * @param {[name: string, args: string[]][]} steps
 * @returns {Promise<number>} how many failed
 */
async function runAll(steps) {
  const waiting = [...steps]
  let failures = 0
  const worker = async () => {
    for (let step = waiting.shift(); step !== undefined; step = waiting.shift()) {
      if (!(await run(...step))) failures += 1
    }
  }
  await Promise.all(Array.from({ length: availableParallelism() }, worker))
  return failures
}

/**
 * @param {string} name
 * @param {string[]} args
 * @returns {Promise<boolean>} whether it passed
 */
async function run(name, args) {
  const start = performance.now()
  const { code, output } = await outputOf(args)
  const seconds = ((performance.now() - start) / 1000).toFixed(1)
  console.log(`${code === 0 ? 'ok    ' : 'FAILED'} ${name.padEnd(7)}${seconds.padStart(6)} s`)
  if (code !== 0) console.log(`${output.trimEnd()}\n`)
  return code === 0
}

/**
 * @param {string[]} args
 * @returns {Promise<{ code: number | null, output: string }>}
 */
function outputOf(args) {
  const env = {
    ...process.env,
    PATH: `${dirname(node)}:${process.env['PATH']}`,
    ...testEnvironment,
  }
  const child = spawn(node, args, { cwd: root, env, timeout: TIMEOUT_MS, killSignal: 'SIGKILL' })
  const stop = () => void child.kill('SIGKILL')
  process.on('exit', stop)
  let output = ''
  child.stdout.on('data', (text) => void (output += text))
  child.stderr.on('data', (text) => void (output += text))
  return new Promise((resolve) => {
    child.on('close', (code, signal) => {
      process.off('exit', stop)
      if (signal !== null) output += `Ended by ${signal} (steps may take ${TIMEOUT_MS / 1000} s).\n`
      resolve({ code, output })
    })
  })
}
