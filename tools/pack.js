// @ts-check
// npm run pack: builds, then packs what is published. (Hooks such as prepack do not run here: .npmrc
// switches all scripts off, those of dependencies included.)
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './setup.js'
import './build.js'

for (const file of ['dist/cli/main.js', 'dist/web/index.html']) {
  if (!existsSync(join(root, file))) throw new Error(`The build left out ${file}.`)
}
execFileSync('npm', ['pack', ...process.argv.slice(2)], { cwd: root, stdio: 'inherit' })
