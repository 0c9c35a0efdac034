/** A number with the text that stood for it. */
class Literal {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/**
 * The text of the number at a place of JSON, such as `metrics[0].step`; `undefined` when there is
 * none. Reads all of it again: for what is refused anyway.
 */
export function numberLiteral(json: string, path: string): string | undefined {
  let value: unknown = JSON.parse(json, keepLiteral)
  for (const part of path.match(/[^.[\]]+/g) ?? []) {
    value = typeof value === 'object' && value !== null ? Reflect.get(value, part) : undefined
  }
  return value instanceof Literal ? value.text : undefined
}

function keepLiteral(_key: string, value: unknown, context?: { source?: string }): unknown {
  return typeof value === 'number' && context?.source !== undefined
    ? new Literal(context.source)
    : value
}
