// @ts-check
// A private PostgreSQL for the tests: a cluster in a temporary folder, on a free loopback port, gone
// when they are over.
import { execFileSync, spawn } from 'node:child_process'
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const START_TIMEOUT_MS = 30_000

/** @returns {string | undefined} the folder of the newest installed server's programs */
export function findPostgres() {
  const base = '/usr/lib/postgresql'
  if (!existsSync(base)) return undefined
  return readdirSync(base)
    .toSorted((a, b) => Number(b) - Number(a))
    .map((version) => join(base, version, 'bin'))
    .find((bin) => existsSync(join(bin, 'initdb')))
}

/**
 * @param {string} bin
 * @param {{ durable?: boolean }} [options] `durable`: as it would be in earnest, for measurements
 * @returns {Promise<{ url: string, pid: number, stop(): Promise<void> }>}
 */
export async function startPostgres(bin, { durable = false } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'gyre-postgres-'))
  const user = unprivileged()
  if (user !== undefined) chownSync(folder, user.uid, user.gid)
  const data = join(folder, 'data')
  const how = { ...user, cwd: folder, env: { PATH: process.env['PATH'], LC_ALL: 'C' } }
  const init = ['-D', data, '-U', 'gyre', '-A', 'trust', '-E', 'UTF8', '--no-locale', '--no-sync']
  execFileSync(join(bin, 'initdb'), init, { ...how, stdio: ['ignore', 'ignore', 'inherit'] })
  const port = await freePort()
  const server = spawn(join(bin, 'postgres'), settings(data, port, durable), {
    ...how,
    stdio: 'ignore',
  })
  const ended = new Promise((resolve) => server.on('close', resolve))
  const stop = async () => {
    server.kill('SIGINT')
    await ended
    rmSync(folder, { recursive: true, force: true })
  }
  await untilReady(bin, port, stop)
  return { url: `postgres://gyre@127.0.0.1:${port}/postgres`, pid: server.pid ?? 0, stop }
}

/** The server refuses to run as root. */
function unprivileged() {
  if (process.getuid?.() !== 0) return undefined
  const id = (/** @type {string} */ flag, /** @type {string} */ name) =>
    Number(execFileSync('id', [flag, name], { encoding: 'utf8' }))
  return { uid: id('-u', 'nobody'), gid: id('-g', 'nobody') }
}

/**
 * What is lost when the machine stops does not matter in tests.
 *
 * @param {string} data
 * @param {number} port
 * @param {boolean} durable
 */
function settings(data, port, durable) {
  const careless = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }
  const values = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: '200',
    ...(durable ? {} : careless),
  }
  const flags = Object.entries(values).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  return ['-D', data, '-p', String(port), ...flags]
}

/** @returns {Promise<number>} */
function freePort() {
  const server = createServer()
  return new Promise((resolve, reject) => {
    server.on('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      const port = typeof address === 'object' && address !== null ? address.port : 0
      server.close(() => resolve(port))
    })
  })
}

/**
 * @param {string} bin
 * @param {number} port
 * @param {() => Promise<void>} stop
 */
async function untilReady(bin, port, stop) {
  const end = Date.now() + START_TIMEOUT_MS
  while (!isReady(bin, port)) {
    if (Date.now() > end) {
      await stop()
      throw new Error(`PostgreSQL (${bin}) did not start within ${START_TIMEOUT_MS / 1000} s.`)
    }
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/** @param {string} bin @param {number} port */
function isReady(bin, port) {
  try {
    execFileSync(join(bin, 'pg_isready'), ['-h', '127.0.0.1', '-p', String(port)], {
      stdio: 'ignore',
    })
    return true
  } catch {
    return false
  }
}
