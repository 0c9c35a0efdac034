// @ts-check
import { isTest, pathInRepository } from './rule.js'

/** @import { RuleContext, Visitor } from './rule.js' */

const MESSAGE =
  'Name the columns: what a query reads must not change when a migration adds a column to the table.'
const SELECT_STAR = /\bselect\s+(distinct\s+)?([a-z_][a-z0-9_]*\.)?\*/i

/** Rooms name the columns they read. */
export default {
  /** @param {RuleContext} context @returns {Visitor} */
  create(context) {
    const path = pathInRepository(context.filename)
    if (isTest(path) || !path.startsWith('src/domains/')) return {}
    return {
      CallExpression(node) {
        const callee = node['callee']
        if (callee.type === 'MemberExpression' && callee['property'].name === 'selectAll') {
          context.report({ node: callee['property'], message: MESSAGE })
        }
      },
      Literal(node) {
        if (typeof node['value'] === 'string' && SELECT_STAR.test(node['value'])) {
          context.report({ node, message: MESSAGE })
        }
      },
      TemplateElement(node) {
        if (SELECT_STAR.test(node['value'].raw)) context.report({ node, message: MESSAGE })
      },
    }
  },
}
