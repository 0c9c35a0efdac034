// @ts-check
import { isBuiltin } from 'node:module'
import { forbidden, layerOf } from './layers.js'
import { pathInRepository } from './rule.js'

/** @import { Node, RuleContext, Visitor } from './rule.js' */

/** Imports only along the table in layers.js; a file that it does not cover is an error. */
export default {
  /** @param {RuleContext} context @returns {Visitor} */
  create(context) {
    const path = pathInRepository(context.filename)
    const place = layerOf(path)

    /** @param {Node} node @param {Node | null | undefined} source @param {boolean} typeOnly */
    const check = (node, source, typeOnly) => {
      if (source === null || source === undefined) return
      const specifier = literal(source)
      if (specifier === undefined) return
      const message = forbidden(path, specifier, { typeOnly, isBuiltin })
      if (message !== undefined) context.report({ node, message })
    }

    return {
      Program(node) {
        if ('problem' in place) context.report({ node, message: place.problem })
      },
      ImportDeclaration: (node) => check(node, node['source'], isTypeImport(node)),
      ExportNamedDeclaration: (node) => check(node, node['source'], node['exportKind'] === 'type'),
      ExportAllDeclaration: (node) => check(node, node['source'], node['exportKind'] === 'type'),
      TSImportType: (node) => check(node, node['source'] ?? node['argument'], true),
      ImportExpression(node) {
        check(node, node['source'], false)
        if (literal(node['source']) === undefined && isClosed(place)) {
          context.report({
            node,
            message: 'A computed import() cannot be checked: name the module.',
          })
        }
      },
      CallExpression(node) {
        if (isImportResolve(node['callee'])) check(node, node['arguments'][0], false)
      },
    }
  },
}

/** @param {Node} node */
function literal(node) {
  const inner = node.type === 'TSLiteralType' ? node['literal'] : node
  return inner.type === 'Literal' && typeof inner['value'] === 'string' ? inner['value'] : undefined
}

/** @param {Node} node */
function isTypeImport(node) {
  if (node['importKind'] === 'type') return true
  const specifiers = /** @type {Node[]} */ (node['specifiers'])
  return specifiers.length > 0 && specifiers.every((each) => each['importKind'] === 'type')
}

/** @param {ReturnType<typeof layerOf>} place */
function isClosed(place) {
  return 'layer' in place && place.layer.packages !== 'any'
}

/** @param {Node} callee `import.meta.resolve` names a module as an import does. */
function isImportResolve(callee) {
  return (
    callee.type === 'MemberExpression' &&
    callee['object'].type === 'MetaProperty' &&
    callee['property'].name === 'resolve'
  )
}
