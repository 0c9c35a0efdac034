import type { Json, JsonObject } from '#kernel/json'

/** Reads what a record's detail may hold, for people; what is not there reads as nothing. */
export class RecordDetail {
  readonly #members: JsonObject

  constructor(members: JsonObject) {
    this.#members = members
  }

  text(name: string): string {
    const value = this.#members[name]
    if (typeof value === 'number') return String(value)
    return typeof value === 'string' ? withoutStop(value) : ''
  }

  /** `115,482 rows`, or nothing. */
  count(name: string, unit: string, plural = `${unit}s`): string {
    const value = this.#members[name]
    if (typeof value !== 'number') return ''
    return `${value.toLocaleString('en-US')} ${value === 1 ? unit : plural}`
  }

  has(name: string): boolean {
    const value = this.#members[name]
    return value !== undefined && value !== null && value !== ''
  }

  /** The texts of a list: of reasons, of findings, of failed checks. */
  list(name: string): string[] {
    const value = this.#members[name]
    return Array.isArray(value) ? value.map(itemText).filter((text) => text !== '') : []
  }

  /** `auc 0.671, log_loss 0.452`, a few of them. */
  numbers(name: string, most: number): string {
    const value = this.#members[name]
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return ''
    return Object.entries(value)
      .filter((entry): entry is [string, number] => typeof entry[1] === 'number')
      .slice(0, most)
      .map(([key, number]) => `${key} ${Number(number.toPrecision(4))}`)
      .join(', ')
  }

  /** Its plain members, for verbs that nobody has written a sentence for. */
  plain(most: number): string {
    return Object.entries(this.#members)
      .filter(([, value]) => typeof value !== 'object')
      .map(
        ([name, value]) => `${name} ${typeof value === 'string' ? value : JSON.stringify(value)}`,
      )
      .filter((text) => text.length <= 100)
      .slice(0, most)
      .join(', ')
  }
}

function itemText(item: Json): string {
  if (typeof item === 'string') return withoutStop(item)
  if (typeof item !== 'object' || item === null || Array.isArray(item)) return ''
  const text =
    item['text'] ?? item['sentence'] ?? item['message'] ?? item['reason'] ?? item['check']
  return typeof text === 'string' ? withoutStop(text) : ''
}

function withoutStop(text: string): string {
  return text.trim().replace(/\.$/, '')
}
