// @ts-check
import { isTest, pathInRepository } from './rule.js'

/** @import { Node, RuleContext, Visitor } from './rule.js' */

const MESSAGE =
  'Name the columns: what a query reads must not change when a migration adds a column to the table.'
const SELECT_STAR = /\bselect\s+(distinct\s+)?([a-z_][a-z0-9_]*\.)?\*/i
/** A star over a query of the same statement, whose columns have names there. */
const NAMED_BEFORE = /\bas\s+((not\s+)?materialized\s+)?\(\s*select\b/i

/**
 * Rooms name the columns that they read from their tables: in Kysely's builder and in its sql``. Text
 * for the frames port is not meant: there a star stands for the user's columns.
 */
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
      TaggedTemplateExpression(node) {
        const text = node['tag'].name === 'sql' ? textOf(node['quasi']) : ''
        if (SELECT_STAR.test(text) && !NAMED_BEFORE.test(text)) {
          context.report({ node, message: MESSAGE })
        }
      },
    }
  },
}

/** @param {Node} template */
function textOf(template) {
  const parts = /** @type {{ value: { raw: string } }[]} */ (template['quasis'])
  return parts.map(({ value }) => value.raw).join('?')
}
