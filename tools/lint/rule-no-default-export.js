// @ts-check
import { pathInRepository } from './rule.js'

/** @import { Node, RuleContext, Visitor } from './rule.js' */

/** Configuration files and lint rules are read by tools that ask for a default export. */
const ASKED_FOR = /\.config\.[jt]s$|-reporter\.js$|^tools\/lint\/(gyre|rule-[a-z-]+)\.js$/

/** Things keep their one name: no default exports. */
export default {
  /** @param {RuleContext} context @returns {Visitor} */
  create(context) {
    if (ASKED_FOR.test(pathInRepository(context.filename))) return {}
    const message =
      'Export it by its name: a default export is called differently by every importer.'
    /** @param {Node} node */
    const report = (node) => context.report({ node, message })
    return {
      ExportDefaultDeclaration: report,
      ExportSpecifier(node) {
        if (node['exported'].name === 'default') report(node)
      },
    }
  },
}
