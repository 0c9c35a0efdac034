// @ts-check
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'

/** Everything that ends up in the page: its own sources, and what they import from the product. */
const SOURCES = ['web', 'src/client', 'src/kernel', 'src/protocols/api', 'package-lock.json']
const STAMP = '.cache/page'

/** @param {string} root */
export function isPageFresh(root) {
  const stamp = join(root, STAMP)
  return (
    existsSync(join(root, 'dist/web/index.html')) &&
    existsSync(stamp) &&
    readFileSync(stamp, 'utf8') === digest(root)
  )
}

/**
 * @param {string} root
 * @param {string} node
 */
export function buildPage(root, node) {
  const built = digest(root)
  rmSync(join(root, STAMP), { force: true })
  const vite = join(root, 'node_modules/vite/bin/vite.js')
  const args = [vite, 'build', '--config', join(root, 'web/vite.config.ts'), '--logLevel', 'warn']
  execFileSync(node, args, { cwd: root, stdio: ['ignore', 2, 2] })
  mkdirSync(join(root, '.cache'), { recursive: true })
  writeFileSync(join(root, STAMP), built)
}

/**
 * The content decides, not the time: a checkout of another branch may be older than the build.
 *
 * @param {string} root
 */
function digest(root) {
  const hash = createHash('sha256')
  for (const file of SOURCES.flatMap((source) => filesIn(root, source))) {
    hash
      .update(`${file}\0`)
      .update(readFileSync(join(root, file)))
      .update('\0')
  }
  return hash.digest('hex')
}

/**
 * @param {string} root
 * @param {string} path
 * @returns {string[]}
 */
function filesIn(root, path) {
  const full = join(root, path)
  if (!existsSync(full)) return []
  if (statSync(full).isFile()) return /\.test\.tsx?$/.test(path) ? [] : [path]
  return readdirSync(full)
    .sort()
    .flatMap((name) => filesIn(root, `${path}/${name}`))
}
