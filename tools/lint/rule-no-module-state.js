// @ts-check
import { isTest, pathInRepository } from './rule.js'

/** @import { Node, RuleContext, Visitor } from './rule.js' */

/** Two servers fit in one process: what changes lives in the Context, never in a module. */
export default {
  /** @param {RuleContext} context @returns {Visitor} */
  create(context) {
    const path = pathInRepository(context.filename)
    if (isTest(path) || !/^(web\/)?src\//.test(path)) return {}
    return {
      VariableDeclaration(node) {
        if (!isTopLevel(node)) return
        const message = stateIn(node)
        if (message !== undefined) context.report({ node, message })
      },
    }
  },
}

/** @param {Node} node */
function isTopLevel({ parent }) {
  const statement = parent?.type === 'ExportNamedDeclaration' ? parent.parent : parent
  return statement?.type === 'Program'
}

/** @param {Node} node */
function stateIn(node) {
  const instead =
    'Keep it in what app builds and hands in (the Context), so that two servers fit in one process.'
  if (node['kind'] === 'let' || node['kind'] === 'var')
    return `A top-level '${node['kind']}' is module state. ${instead}`
  const collection = node['declarations'].map(emptyCollection).find(Boolean)
  return collection === undefined
    ? undefined
    : `An empty top-level ${collection} is module state. ${instead}`
}

/** @param {Node} declaration */
function emptyCollection(declaration) {
  const value = declaration['init']
  if (value?.type !== 'NewExpression' || value['arguments'].length > 0) return undefined
  const name = value['callee'].name
  return name === 'Map' || name === 'Set' ? name : undefined
}
