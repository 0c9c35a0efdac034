// @ts-check
// npm run pack: builds, then packs what is published, from a folder of its own. Arguments go to
// npm pack, such as --pack-destination.
//
// onnxruntime-node is bundled: installed from the registry its install script would fetch CUDA
// libraries from another host, and without that host the whole installation fails. The bundled copy
// has no script, and no Windows binaries.
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from './build.js'
import { root } from './setup.js'

const BUNDLED = ['onnxruntime-node', 'onnxruntime-common']
const PUBLISHED = ['bin', 'dist', 'examples', 'README.md', 'CHANGELOG.md', 'LICENSE']

build()
const stage = join(root, '.cache/package')
rmSync(stage, { recursive: true, force: true })
for (const name of PUBLISHED) {
  const filter = (/** @type {string} */ path) => !path.endsWith('/.gyre')
  cpSync(join(root, name), join(stage, name), { recursive: true, filter })
}
const versions = Object.fromEntries(BUNDLED.map((name) => [name, bundle(name)]))
writeManifest(versions)
const destination = process.argv.some((word) => word.startsWith('--pack-destination'))
  ? []
  : ['--pack-destination', root]
execFileSync('npm', ['pack', ...destination, ...process.argv.slice(2)], {
  cwd: stage,
  stdio: 'inherit',
})

/**
 * @param {string} name
 * @returns {string} its version
 */
function bundle(name) {
  const from = join(root, 'node_modules', name)
  const to = join(stage, 'node_modules', name)
  mkdirSync(to, { recursive: true })
  cpSync(from, to, {
    recursive: true,
    filter: (path) => !/\/(script|win32|node_modules)$/.test(path.slice(from.length)),
  })
  const { scripts, dependencies, devDependencies, ...manifest } = readManifest(from)
  writeFileSync(join(to, 'package.json'), JSON.stringify(manifest, null, 2))
  cpSync(join(root, 'tools/onnxruntime-license.txt'), join(to, 'LICENSE'))
  return manifest.version
}

/** @param {Record<string, string>} bundled versions by name */
function writeManifest(bundled) {
  const { scripts, devDependencies, dependencies, ...manifest } = readManifest(root)
  const published = {
    ...manifest,
    dependencies: { ...dependencies, ...bundled },
    bundleDependencies: Object.keys(bundled),
  }
  writeFileSync(join(stage, 'package.json'), `${JSON.stringify(published, null, 2)}\n`)
}

/** @param {string} folder */
function readManifest(folder) {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
}
