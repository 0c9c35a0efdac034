// @ts-check
// Puts the program and what it imports into a few files of JavaScript: it starts in half the time that
// some hundred modules of TypeScript take, and rests in two thirds of the memory.
//
//   node tools/bundle.js FOLDER      builds into a folder
import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Native code, and data: they stay packages. */
const PACKAGES = [/^@duckdb\//, /^onnxruntime-/, /^pg-native$/, /^vega-datasets/]
/** A server that still runs from an older bundle may yet load a part of it. */
const KEPT_MS = 24 * 3_600_000

const self = fileURLToPath(import.meta.url)
if (process.argv[1] === self) await bundle(process.argv[2] ?? '')

/**
 * Builds the bundle of a checkout, for `bin/launch.js`.
 *
 * @param {string} root
 * @param {string} node the path of the Node that runs the build
 */
export function buildCheckout(root, node) {
  const folder = join(root, '.cache/bundle')
  const startedAt = Date.now()
  const name = String(startedAt)
  mkdirSync(folder, { recursive: true })
  buildBundle(node, join(folder, name))
  const draft = join(folder, `current.${process.pid}`)
  writeFileSync(draft, JSON.stringify({ name, startedAt }))
  renameSync(draft, join(folder, 'current.json'))
  for (const old of readdirSync(folder)) {
    if (!/^\d+$/.test(old) || old === name || Date.now() - Number(old) < KEPT_MS) continue
    rmSync(join(folder, old), { recursive: true, force: true })
  }
}

/**
 * @param {string} node
 * @param {string} folder
 */
export function buildBundle(node, folder) {
  execFileSync(node, [self, folder], { stdio: ['ignore', 2, 2] })
}

/** @param {string} folder */
async function bundle(folder) {
  if (folder === '') throw new Error('Say where to: node tools/bundle.js FOLDER')
  const { rolldown } = await import('rolldown')
  const build = await rolldown({
    input: entries(),
    platform: 'node',
    external: PACKAGES,
    resolve: { conditionNames: ['gyre-source', 'node'] },
    logLevel: 'warn',
  })
  // Flat: modules find threads and the program itself beside them.
  await build.write({
    dir: folder,
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: '[name]-[hash].js',
  })
  await build.close()
}

/** The program, and what it starts as threads, by their names. */
function entries() {
  const source = fileURLToPath(new URL('../src', import.meta.url))
  const threads = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('-thread.ts'),
  )
  const files = ['cli/main.ts', ...threads].map((file) => join(source, file))
  return Object.fromEntries(files.map((file) => [basename(file, '.ts'), file]))
}
