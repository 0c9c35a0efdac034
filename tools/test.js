// @ts-check
// npm test: installs what is missing, checks, then runs every test that this machine can run. Under
// CI=true a skipped test is a failure.
//
//   node tools/test.js            everything
//   node tools/test.js src/a …    only the test files whose path contains one of the words
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findPostgres, startPostgres } from './postgres.js'
import { root, setUp } from './setup.js'
import { testArguments, testEnvironment, testFiles } from './test-files.js'

const TOTAL_MS = 38 * 60_000
const ONE_TEST_MS = 10 * 60_000

const node = setUp()
const words = process.argv.slice(2)
const isCi = process.env['CI'] === 'true'
process.exitCode = await main()

async function main() {
  const checked = words.length > 0 || (await run([join(root, 'tools/check.js'), '--no-unit'])) === 0
  const services = await startServices()
  try {
    const tested = await runTests(services.env)
    return checked && tested ? 0 : 1
  } finally {
    await services.stop()
  }
}

/** What some tests need beyond this repository; tests skip themselves when it is not there. */
async function startServices() {
  const { GYRE_TEST_POSTGRES_URL, GYRE_TEST_CHROMIUM = '/usr/bin/chromium' } = process.env
  const bin = GYRE_TEST_POSTGRES_URL === undefined ? findPostgres() : undefined
  const postgres = bin === undefined ? undefined : await startPostgres(bin)
  const url = GYRE_TEST_POSTGRES_URL ?? postgres?.url
  const chromium = existsSync(GYRE_TEST_CHROMIUM) ? GYRE_TEST_CHROMIUM : undefined
  if (url === undefined) missing('PostgreSQL', 'postgresql')
  if (chromium === undefined) missing('Chromium', 'chromium')
  return {
    env: {
      ...(url === undefined ? {} : { GYRE_TEST_POSTGRES_URL: url }),
      ...(chromium === undefined ? {} : { GYRE_TEST_CHROMIUM: chromium }),
    },
    stop: async () => postgres?.stop(),
  }
}

/** @param {string} name @param {string} debian */
function missing(name, debian) {
  console.log(`No ${name} here: its tests are skipped. On Debian: apt-get install ${debian}`)
}

/**
 * Everything in one run of Node's test runner, whose summary closes the output.
 *
 * @param {Record<string, string>} env
 * @returns {Promise<boolean>} whether all passed, and none was skipped where that matters
 */
async function runTests(env) {
  const folder = mkdtempSync(join(tmpdir(), 'gyre-test-'))
  const list = join(folder, 'skipped')
  const files = testFiles('all').filter(
    (file) => words.length === 0 || words.some((word) => file.includes(word)),
  )
  const code = await run([...testArguments, ...reporters(list), ...files], env)
  const skipped = existsSync(list) ? readFileSync(list, 'utf8').trim() : ''
  rmSync(folder, { recursive: true })
  if (!isCi || skipped === '') return code === 0
  console.error(`Skipped, which is a failure under CI=true:\n${skipped}`)
  return false
}

/** @param {string} list */
function reporters(list) {
  return [
    '--test-concurrency=2',
    `--test-timeout=${ONE_TEST_MS}`,
    '--test-reporter=spec',
    '--test-reporter-destination=stdout',
    `--test-reporter=${join(root, 'tools/skipped-reporter.js')}`,
    `--test-reporter-destination=${list}`,
  ]
}

/**
 * @param {string[]} args
 * @param {Record<string, string>} [env]
 * @returns {Promise<number>}
 */
function run(args, env = {}) {
  const child = spawn(node, args, {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, ...testEnvironment, ...env },
    timeout: TOTAL_MS,
    killSignal: 'SIGKILL',
  })
  const interrupt = () => void child.kill('SIGINT')
  process.on('SIGINT', interrupt)
  process.on('SIGTERM', interrupt)
  return new Promise((resolve) => {
    child.on('close', (code) => {
      process.off('SIGINT', interrupt)
      process.off('SIGTERM', interrupt)
      resolve(code ?? 1)
    })
  })
}
