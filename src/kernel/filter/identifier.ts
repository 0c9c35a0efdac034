import { invalid } from '../errors.ts'
import type { EntityRule, Grammar, KeyRule } from './grammar.ts'
import { quote, type TokenReader } from './token-reader.ts'
import type { Token } from './tokens.ts'

export interface Identifier<Entity extends string> {
  entity: Entity
  /** As it is called inside. */
  key: string
  /** As it was written. */
  written: string
  rule: KeyRule
}

/** Reads `entity.key` or a key that stands alone. Undefined: there is no name here. */
export function readIdentifier<Entity extends string>(
  reader: TokenReader,
  grammar: Grammar<Entity>,
  use: 'filter' | 'order',
): Identifier<Entity> | undefined {
  const first = nameOf(reader.peek())
  if (first === undefined) return undefined
  reader.next()
  if (!reader.takePunctuation('.')) {
    return resolve(grammar, grammar.plain, first, use)
  }
  const entity = entityOf(grammar, first)
  const parts: string[] = []
  do {
    // An empty key is one that nothing has.
    const token = reader.peek()
    const part = token?.kind === 'quoted' ? token.content : nameOf(token)
    if (part !== undefined) reader.next()
    parts.push(part ?? '')
  } while (reader.takePunctuation('.'))
  return resolve(grammar, entity, parts.join('.'), use)
}

function nameOf(token: Token | undefined): string | undefined {
  if (token?.kind === 'word') return token.text
  return token?.kind === 'quoted' && token.mark !== "'" ? token.content : undefined
}

function entityOf<Entity extends string>(grammar: Grammar<Entity>, name: string): Entity {
  const entities = Object.entries<EntityRule>(grammar.entities)
  const found = entities.find(([entity, rule]) => entity === name || rule.aliases.includes(name))
  if (found !== undefined) return found[0] as Entity
  throw invalid(
    `Invalid entity type ${quote(name)}. Valid values are ` +
      `[${entities.map(([entity]) => `'${entity}'`).join(', ')}]`,
  )
}

function resolve<Entity extends string>(
  grammar: Grammar<Entity>,
  entity: Entity,
  key: string,
  use: 'filter' | 'order',
): Identifier<Entity> {
  const { keys = {}, other } = grammar.entities[entity]
  const known = Object.hasOwn(keys, key) ? keys[key] : undefined
  const rule = known ?? other
  if (rule !== undefined && (rule.only ?? use) === use) {
    return { entity, key: rule.means ?? key, written: key, rule }
  }
  const valid = Object.entries(keys).filter(([, one]) => (one.only ?? use) === use)
  throw invalid(
    `Invalid ${entity} key ${quote(key)} specified. Valid keys are ` +
      `'{${valid.map(([name]) => `'${name}'`).join(', ')}}'`,
  )
}
