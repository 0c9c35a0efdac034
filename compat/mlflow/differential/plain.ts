/** The names that a server's answers were given: `run` to an id. */
export type Known = ReadonlyMap<string, string>

const randomName = /^[a-z]+-[a-z]+-\d+$/
/** These are sets, which SQL gives in any order. */
const unordered = new Set([
  'latest_versions',
  'params',
  'metrics',
  'tags',
  'aliases',
  'registered_model_aliases',
])
const moments = new Set([
  'creation_time',
  'last_update_time',
  'creation_timestamp',
  'last_updated_timestamp',
  'start_time',
  'end_time',
  'creation_timestamp_ms',
  'last_updated_timestamp_ms',
  'timestamp',
])
const made = new Set(['run_name', 'user_id', 'webhook_id'])

/** An answer without what must differ: ids that the server made, moments, who runs it. */
export function plain(value: unknown, known: Known, key = ''): unknown {
  if (Array.isArray(value)) return plainList(value, known, key)
  if (typeof value === 'object' && value !== null) return plainObject(value, known)
  if (typeof value === 'number' && value > 1.5e12 && moments.has(key)) return '<moment>'
  if (typeof value !== 'string') return value
  if (made.has(key) || (key === 'name' && randomName.test(value))) return '<made>'
  return plainText(key.endsWith('page_token') ? plainToken(value) : value, known)
}

function plainList(value: readonly unknown[], known: Known, key: string): unknown[] {
  const items = value.map((item) => plain(item, known, key))
  if (!unordered.has(key)) return items
  const places = items.map((item) => [placeOf(item), item] as const)
  return places.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, item]) => item)
}

/** Where a member of a set stands: a version by its number, whatever else it tells. */
function placeOf(item: unknown): string {
  const { version = '' } = item as { version?: string }
  return version + JSON.stringify(item)
}

function plainObject(value: object, known: Known): object {
  const fields = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))
  const result = Object.fromEntries(fields.map(([key, field]) => [key, plain(field, known, key)]))
  const isMade = result['key'] === 'mlflow.runName' && randomName.test(String(result['value']))
  return isMade ? { ...result, value: '<made>' } : result
}

function plainText(text: string, known: Known): string {
  let result = text
  const longestFirst = [...known].toSorted(([, a], [, b]) => b.length - a.length)
  for (const [name, id] of longestFirst) {
    if (id.length > 8) result = result.replaceAll(id, `<${name}>`)
  }
  return result
    .replaceAll(/\b[0-9a-f]{32}\b/g, '<id>')
    .replaceAll(/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, '<id>')
    .replaceAll(/\{('[^']*'(, )?)+\}?/g, sortedSet)
}

/** Python prints the members of a set in any order. */
function sortedSet(text: string): string {
  return `{${(text.match(/'[^']*'/g) ?? []).toSorted().join(', ')}}`
}

/** Which page a token names; how it is spelt says nothing. */
function plainToken(token: string): string {
  const text = Buffer.from(token, 'base64').toString('utf8')
  return text.startsWith('{') ? `from ${JSON.parse(text).offset}` : token
}
