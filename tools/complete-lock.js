// @ts-check
// Completes package-lock.json after `npm install`. npm leaves out optional packages of platforms that
// the registry at hand does not have, and then its own `npm ci` (npm 11) refuses the file: "Missing:
// … from lock file". Addresses of a registry are removed: the reader's own registry serves the same
// bytes, as the integrity proves.
//
//   node tools/complete-lock.js            writes
//   node tools/complete-lock.js --check    only says whether there is something to do
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/**
 * @typedef {{ version?: string, resolved?: string, dev?: boolean, optional?: boolean,
 *   optionalDependencies?: Record<string, string> }} Entry
 * @typedef {{ packages: Record<string, Entry> }} Lock
 */

const OSES = ['android', 'darwin', 'freebsd', 'linux', 'openharmony', 'win32']
const CPUS = ['x64', 'arm64', 'arm', 'ia32', 'ppc64', 'riscv64', 's390x']

const file = fileURLToPath(new URL('../package-lock.json', import.meta.url))
const before = readFileSync(file, 'utf8')
const lock = /** @type {Lock} */ (JSON.parse(before))
complete(lock)
const after = `${JSON.stringify(lock, null, 2)}\n`

if (after === before) console.log('package-lock.json is complete.')
else if (process.argv.includes('--check')) {
  console.error('package-lock.json is incomplete: run node tools/complete-lock.js')
  process.exitCode = 1
} else {
  writeFileSync(file, after)
  console.log('package-lock.json completed.')
}

/** @param {Lock} lock */
function complete(lock) {
  const { packages } = lock
  for (const [path, entry] of Object.entries(packages)) {
    if (entry.resolved?.startsWith('http') === true) delete entry.resolved
    for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
      if (path !== '' && !isLocked(packages, path, name)) {
        packages[`node_modules/${name}`] = platformEntry(name, version, entry)
      }
    }
  }
  const sorted = Object.entries(packages).toSorted(([a], [b]) => a.localeCompare(b, 'en'))
  lock.packages = Object.fromEntries(sorted)
}

/**
 * Whether the package at a path finds a dependency as Node would: beside itself or further up.
 *
 * @param {Record<string, Entry>} packages
 * @param {string} path
 * @param {string} name
 */
function isLocked(packages, path, name) {
  for (let folder = path; ;) {
    if (`${folder === '' ? '' : `${folder}/`}node_modules/${name}` in packages) return true
    if (folder === '') return false
    const end = folder.lastIndexOf('/node_modules/')
    folder = end === -1 ? '' : folder.slice(0, end)
  }
}

/**
 * What npm would have written, but for the integrity, which only the registry knows.
 *
 * @param {string} name whose last words tell the platform, as in `@x/binding-linux-arm64-musl`
 * @param {string} version
 * @param {Entry} parent
 */
function platformEntry(name, version, parent) {
  if (!/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version)) {
    throw new Error(
      `${name}@${version} is missing from package-lock.json and names no one version.`,
    )
  }
  const words = name.split(/[/-]/)
  const os = words.find((word) => OSES.includes(word))
  const cpu = words.find((word) => CPUS.includes(word))
  const abi = words.at(-1) ?? ''
  const libc = abi.startsWith('musl') ? 'musl' : abi.startsWith('gnu') ? 'glibc' : undefined
  return {
    version,
    ...(cpu === undefined ? {} : { cpu: [cpu] }),
    ...(parent.dev === true ? { dev: true } : {}),
    ...(libc === undefined ? {} : { libc: [libc] }),
    optional: true,
    ...(os === undefined ? {} : { os: [os] }),
  }
}
