// @ts-check
import { existsSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'

/**
 * The little of ESLint's rule interface that the rules here use.
 *
 * @typedef {{ type: string, parent?: Node, [key: string]: any }} Node
 * @typedef {{ filename: string, report(problem: { node: Node, message: string }): void }} RuleContext
 * @typedef {Record<string, (node: Node) => void>} Visitor
 * @typedef {{ create(context: RuleContext): Visitor }} Rule
 */

/** @type {Map<string, string>} */
const roots = new Map()

/**
 * A file's path from the root of its repository, with forward slashes. The root is the nearest
 * folder with an oxlint configuration, so that it does not matter where oxlint was started.
 *
 * @param {string} file
 */
export function pathInRepository(file) {
  return relative(rootOf(dirname(file)), file)
    .split(sep)
    .join('/')
}

/**
 * @param {string} folder
 * @returns {string}
 */
function rootOf(folder) {
  const known = roots.get(folder)
  if (known !== undefined) return known
  const parent = dirname(folder)
  const root =
    existsSync(join(folder, '.oxlintrc.json')) || parent === folder ? folder : rootOf(parent)
  roots.set(folder, root)
  return root
}

/** @param {string} path */
export function isTest(path) {
  return /\.(test|contract)\.tsx?$/.test(path)
}
