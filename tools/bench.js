// @ts-check
// npm run bench: installs what is missing, then measures. See bench/README.md.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { root, setUp } from './setup.js'

const node = setUp()
const script = join(root, 'bench/run.ts')
const args = ['--conditions=gyre-source', script, ...process.argv.slice(2)]
process.exitCode = spawnSync(node, args, { stdio: 'inherit' }).status ?? 1
