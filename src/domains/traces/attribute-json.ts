import type { Attribute, AttributeValue } from './span.ts'

/**
 * A value as JSON in the spelling of MLflow's client (that of Python's `json`): a space after `:` and
 * `,`, real numbers with a point, whole numbers exact, `NaN` and `Infinity` bare.
 */
export function attributeJson(value: AttributeValue): string {
  if (value.stringValue !== undefined) return JSON.stringify(value.stringValue)
  if (value.boolValue !== undefined) return String(value.boolValue)
  if (value.intValue !== undefined) return value.intValue
  if (value.doubleValue !== undefined) return realText(value.doubleValue)
  if (value.bytesValue !== undefined) return JSON.stringify(value.bytesValue)
  if (value.arrayValue !== undefined) {
    return `[${(value.arrayValue.values ?? []).map(attributeJson).join(', ')}]`
  }
  if (value.kvlistValue === undefined) return 'null'
  return membersJson(value.kvlistValue.values ?? [])
}

/** Attributes as the members of one object, each by `attributeJson`; the last of a key wins. */
export function membersJson(attributes: readonly Attribute[]): string {
  const members = new Map(attributes.map(({ key, value }) => [key, attributeJson(value ?? {})]))
  const texts = [...members].map(([key, text]) => `${JSON.stringify(key)}: ${text}`)
  return `{${texts.join(', ')}}`
}

/** Python writes exponents below -4 and from 16 on, of two digits at least. */
function realText(value: number | string): string {
  if (typeof value === 'string') return value
  if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : value < 0 ? '-Infinity' : 'NaN'
  const size = Math.abs(value)
  if (size !== 0 && (size < 1e-4 || size >= 1e16)) {
    const [digits = '', exponent = ''] = value.toExponential().split('e')
    const sign = exponent.startsWith('-') ? '-' : '+'
    return `${digits}e${sign}${exponent.slice(1).padStart(2, '0')}`
  }
  const text = String(value)
  return text.includes('.') ? text : Object.is(value, -0) ? '-0.0' : `${text}.0`
}
