// @ts-check
// Brings a checkout into a state in which it runs: the locked packages, the built page, the bundle. Runs on
// Node 20 without any package, does nothing when there is nothing to do.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { findNode, freshBundle } from '../bin/launch.js'
import { alone } from './alone.js'
import { buildCheckout } from './bundle.js'
import { buildPage, isPageFresh } from './page.js'

export const root = fileURLToPath(new URL('..', import.meta.url))

/**
 * Installs and builds what is missing; ends the process with a line that says why when it cannot.
 *
 * @param {{ built?: boolean }} [parts] `built: false` installs only, and builds neither page nor bundle
 * @returns {string} the path of the Node that runs everything else
 */
export function setUp({ built = true } = {}) {
  try {
    return prepare(built)
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    return process.exit(1)
  }
}

/** @param {boolean} built */
function prepare(built) {
  const isBundled = () => freshBundle(root) !== undefined
  const isReady = () => isInstalled() && (!built || (isPageFresh(root) && isBundled()))
  if (!isReady()) {
    alone(root, () => {
      if (!isInstalled()) install()
      if (built && !isPageFresh(root)) buildWebPage()
      if (built && !isBundled()) bundle()
    })
  }
  return neededNode()
}

function install() {
  step('Installing packages (npm ci)')
  const [npm, ...first] = npmCommand()
  execFileSync(npm ?? 'npm', [...first, 'ci', '--loglevel=error'], { cwd: root, stdio: 'inherit' })
  if (!isInstalled()) throw new Error('npm ci did not install what package-lock.json asks for.')
}

function buildWebPage() {
  step('Building the page')
  buildPage(root, neededNode())
}

function bundle() {
  step('Bundling the program')
  buildCheckout(root, neededNode())
}

/** The npm that started us, else the one on the PATH. */
function npmCommand() {
  const running = process.env['npm_execpath']
  return running?.endsWith('npm-cli.js') === true ? [process.execPath, running] : ['npm']
}

function neededNode() {
  const node = findNode()
  if (node === undefined) {
    throw new Error(
      'Gyre needs Node 24: on Linux x64 npm ci installs it, elsewhere see nodejs.org.',
    )
  }
  return node
}

/**
 * Whether node_modules holds what the lock file says. npm writes what it installed into a lock file
 * of its own as its last act, so a broken-off installation has none.
 */
function isInstalled() {
  const installed = lockedPackages('node_modules/.package-lock.json')
  if (installed === undefined) return false
  return Object.entries(lockedPackages('package-lock.json') ?? {}).every(
    ([path, { version, optional }]) => {
      if (path === '' || (optional === true && installed[path] === undefined)) return true
      return installed[path]?.version === version && existsSync(`${root}${path}`)
    },
  )
}

/**
 * @param {string} file
 * @returns {Record<string, { version?: string, optional?: boolean }> | undefined}
 */
function lockedPackages(file) {
  if (!existsSync(`${root}${file}`)) return undefined
  return JSON.parse(readFileSync(`${root}${file}`, 'utf8')).packages
}

/** @param {string} text */
function step(text) {
  process.stderr.write(`${text} …\n`)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(setUp())
