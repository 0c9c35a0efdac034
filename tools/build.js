// @ts-check
// Fills dist/ with what the package ships: compiled modules, their other files, and the page.
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { root, setUp } from './setup.js'

if (process.argv[1] === fileURLToPath(import.meta.url)) build()

export function build() {
  const node = setUp()
  removeModules()
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  execFileSync(node, [tsc, '-p', join(root, 'tsconfig/emit.json')], { stdio: 'inherit' })
  copyOtherFiles()
}

/** Everything in dist/ but the page, so that nothing of a deleted source stays behind. */
function removeModules() {
  const dist = join(root, 'dist')
  if (!existsSync(dist)) return
  for (const name of readdirSync(dist)) {
    if (name !== 'web') rmSync(join(dist, name), { recursive: true })
  }
}

/** What modules read beside themselves: scripts, queries, templates. */
function copyOtherFiles() {
  const source = join(root, 'src')
  for (const file of readdirSync(source, { recursive: true, encoding: 'utf8' })) {
    if (!/\.[a-z]+$/.test(file) || /\.(ts|md)$/.test(file) || /(^|\/)golden\//.test(file)) continue
    cpSync(join(source, file), join(root, 'dist', file))
  }
}
