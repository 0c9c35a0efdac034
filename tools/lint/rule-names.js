// @ts-check
import { pathInRepository } from './rule.js'

/** @import { RuleContext, Visitor } from './rule.js' */

/** Words that say nothing: what lies behind them has a noun of its own. */
const EMPTY_WORDS = [
  'utils',
  'util',
  'helpers',
  'helper',
  'common',
  'shared',
  'manager',
  'misc',
  'types',
]
const KEBAB = /^[a-z0-9]+(-[a-z0-9]+)*$/

/** Files and folders are kebab-case nouns and verbs, and none is called `utils`. */
export default {
  /** @param {RuleContext} context @returns {Visitor} */
  create(context) {
    const parts = pathInRepository(context.filename).split('/')
    return {
      Program(node) {
        for (const part of parts) {
          const message = problemOf(part)
          if (message !== undefined) return context.report({ node, message })
        }
      },
    }
  },
}

/** @param {string} part a folder's name, or a file's with its suffixes */
function problemOf(part) {
  const [name = '', ...suffixes] = part.replace(/^\./, '').split('.')
  if (![name, ...suffixes].every((word) => KEBAB.test(word))) {
    return `'${part}' is not in kebab-case: lower-case words joined by '-'.`
  }
  const last = name.split('-').at(-1) ?? ''
  if (!EMPTY_WORDS.includes(last)) return undefined
  return `'${part}': '${last}' says nothing about what is inside. Name it after the noun or verb it holds.`
}
