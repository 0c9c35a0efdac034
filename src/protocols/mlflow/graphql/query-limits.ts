import {
  type DocumentNode,
  type FieldNode,
  Kind,
  Lexer,
  parse,
  type SelectionSetNode,
  Source,
  TokenKind,
} from 'graphql'

const mostRootFields = 10
const mostAliases = 10
const deepest = 10
const mostSelections = 1000
/** What the library takes for one of MLflow's largest: its time grows with the square of this. */
const mostTokens = 5000
const mostDefinitions = 50
/** Brackets of any kind; the library calls itself for each. */
const deepestBrackets = 100

/** The query, or why it is not even read. Throws `GraphQLError` where it is not GraphQL. */
export function readQuery(query: string): DocumentNode | string {
  const lexer = new Lexer(new Source(query))
  let depth = 0
  let tokens = 0
  for (let { kind } = lexer.advance(); kind !== TokenKind.EOF; { kind } = lexer.advance()) {
    tokens += 1
    if (tokens > mostTokens) return `Query has more than ${mostTokens} words`
    if (opening.has(kind)) depth += 1
    else if (closing.has(kind)) depth -= 1
    if (depth > deepestBrackets) return `Query exceeds maximum depth of ${deepest}`
  }
  const document = parse(query)
  if (document.definitions.length > mostDefinitions) {
    return `Query has more than ${mostDefinitions} operations and fragments`
  }
  return refusalOf(document) ?? document
}

const opening: ReadonlySet<TokenKind> = new Set([
  TokenKind.BRACE_L,
  TokenKind.BRACKET_L,
  TokenKind.PAREN_L,
])
const closing: ReadonlySet<TokenKind> = new Set([
  TokenKind.BRACE_R,
  TokenKind.BRACKET_R,
  TokenKind.PAREN_R,
])

/** Why a query is not run at all: it is too deep, too wide, or asks for many things at once. */
function refusalOf(document: DocumentNode): string | undefined {
  const fragments = new Map<string, SelectionSetNode>()
  for (const each of document.definitions) {
    if (each.kind === Kind.FRAGMENT_DEFINITION) fragments.set(each.name.value, each.selectionSet)
  }
  let roots = 0
  let aliases = 0
  let selections = 0
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue
    const waiting = [{ set: definition.selectionSet, depth: 1 }]
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      if (next.depth > deepest) return `Query exceeds maximum depth of ${deepest}`
      const fields = fieldsOf(next.set, fragments)
      selections += fields.length
      if (selections > mostSelections) {
        return `Query exceeds maximum total selections of ${mostSelections}`
      }
      if (next.depth === 1) roots += fields.length
      aliases = Math.max(aliases, fields.filter((field) => field.alias !== undefined).length)
      for (const { selectionSet } of fields) {
        if (selectionSet !== undefined) waiting.push({ set: selectionSet, depth: next.depth + 1 })
      }
    }
  }
  if (roots > mostRootFields) return tooMany('root fields', mostRootFields, roots)
  return aliases > mostAliases ? tooMany('aliases', mostAliases, aliases) : undefined
}

/** The fields of a level, those of its fragments among them; a fragment counts once. */
function fieldsOf(
  set: SelectionSetNode,
  fragments: ReadonlyMap<string, SelectionSetNode>,
): FieldNode[] {
  const fields: FieldNode[] = []
  const visited = new Set<string>()
  const waiting = [...set.selections]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (next.kind === Kind.FIELD) fields.push(next)
    else if (next.kind === Kind.INLINE_FRAGMENT) waiting.push(...next.selectionSet.selections)
    else if (!visited.has(next.name.value)) {
      visited.add(next.name.value)
      waiting.push(...(fragments.get(next.name.value)?.selections ?? []))
    }
  }
  return fields
}

function tooMany(what: string, most: number, count: number): string {
  return `GraphQL queries should have at most ${most} ${what}, got ${count} ${what}.`
}
