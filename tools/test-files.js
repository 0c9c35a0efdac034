// @ts-check
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './setup.js'

/** Where tests stand: beside what they test. */
const PLACES = ['src', 'web', 'tools', 'examples', 'tests', 'bench', 'compat']

/** Node's arguments for running tests from the sources. */
export const testArguments = [
  '--conditions=gyre-source',
  '--disable-warning=ExperimentalWarning',
  '--test',
]

/** As bin/gyre.js starts the product. */
export const testEnvironment = {
  UV_THREADPOOL_SIZE: '16',
  NODE_COMPILE_CACHE: join(root, '.cache/compiled'),
}

/**
 * `x.test.ts` is a unit test; `x.pg.test.ts` needs Postgres, `x.e2e.test.ts` starts the whole product,
 * `x.fault.test.ts` kills it, `x.slow.test.ts` takes its time.
 *
 * @param {'unit' | 'all'} kind
 * @returns {string[]} paths from the root of the repository
 */
export function testFiles(kind) {
  const files = PLACES.flatMap(testsIn).sort()
  return kind === 'all'
    ? files
    : files.filter((file) => !/\.(pg|e2e|fault|slow)\.test\.ts$/.test(file))
}

/** @param {string} place */
function testsIn(place) {
  const folder = join(root, place)
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.ts') && !file.includes('node_modules'))
    .map((file) => `${place}/${file}`)
}
