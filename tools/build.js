// @ts-check
// Fills dist/ with what the package ships: the program, and the page.
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildBundle } from './bundle.js'
import { root, setUp } from './setup.js'

if (process.argv[1] === fileURLToPath(import.meta.url)) build()

export function build() {
  const node = setUp()
  removeModules()
  buildBundle(node, join(root, 'dist'))
}

/** Everything in dist/ but the page, so that nothing of a deleted source stays behind. */
function removeModules() {
  const dist = join(root, 'dist')
  if (!existsSync(dist)) return
  for (const name of readdirSync(dist)) {
    if (name !== 'web') rmSync(join(dist, name), { recursive: true })
  }
}
