// @ts-check
import { isTest, pathInRepository } from './rule.js'

/** @import { Node, RuleContext, Visitor } from './rule.js' */

/** @typedef {{ verb: Node, name: string, commit?: Node, authorized: boolean }} Verb */

/**
 * A verb asks first: an exported function of a room that commits calls `authorize…` before,
 * and unconditionally.
 */
export default {
  /** @param {RuleContext} context @returns {Visitor} */
  create(context) {
    const path = pathInRepository(context.filename)
    if (isTest(path) || !path.startsWith('src/domains/')) return {}
    /** @type {Verb[]} */
    const verbs = []

    /** @param {Node} node */
    const enter = (node) => {
      const name = exportedName(node)
      if (name !== undefined) verbs.push({ verb: node, name, authorized: false })
    }
    /** @param {Node} node */
    const leave = (node) => {
      const verb = verbs.at(-1)
      if (verb?.verb !== node) return
      verbs.pop()
      if (verb.commit === undefined || verb.authorized) return
      const message = `${verb.name} commits but does not authorize first. Call authorize(ctx, …) on its first line: who may do this to what?`
      context.report({ node: verb.commit, message })
    }
    return {
      FunctionDeclaration: enter,
      'FunctionDeclaration:exit': leave,
      ArrowFunctionExpression: enter,
      'ArrowFunctionExpression:exit': leave,
      FunctionExpression: enter,
      'FunctionExpression:exit': leave,
      CallExpression(node) {
        const verb = verbs.at(-1)
        const name = node['callee'].type === 'Identifier' ? node['callee'].name : ''
        if (verb === undefined || verb.commit !== undefined) return
        if (name === 'commit') verb.commit = node
        else if (/^authorize([A-Z]|$)/.test(name) && isUnconditional(node, verb.verb))
          verb.authorized = true
      },
    }
  },
}

/** @param {Node} node a function; gives its name when the module exports it where it stands */
function exportedName(node) {
  if (node.type === 'FunctionDeclaration') {
    return node.parent?.type === 'ExportNamedDeclaration' ? node['id']?.name : undefined
  }
  const declarator = node.parent
  const exported = declarator?.parent?.parent?.type === 'ExportNamedDeclaration'
  return declarator?.type === 'VariableDeclarator' && exported ? declarator['id'].name : undefined
}

const STRAIGHT = [
  'ExpressionStatement',
  'AwaitExpression',
  'VariableDeclarator',
  'VariableDeclaration',
  'BlockStatement',
]

/** @param {Node} call @param {Node} verb */
function isUnconditional(call, verb) {
  for (let node = call.parent; node !== undefined && node !== verb; node = node.parent) {
    if (!STRAIGHT.includes(node.type) || (node.type === 'BlockStatement' && node.parent !== verb))
      return false
  }
  return true
}
