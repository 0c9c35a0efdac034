/** Stands for a number that JSON text can spell and JavaScript cannot hold; see `jsonText`. */
const spelled = (digits: string): { [spelling]: string } => ({ [spelling]: digits })
const spelling = '\u2063number'

function nested(depth: number): unknown {
  let value: unknown = 1
  for (let i = 0; i < depth; i++) value = i % 2 === 0 ? [value] : { a: value }
  return value
}

/** Texts that try to be something else: a path, an end, another direction, another statement. */
export const badTexts: readonly string[] = [
  '',
  ' ',
  '..',
  '../../etc/passwd',
  '/etc/passwd',
  'a\\..\\b',
  'a\u0000b',
  'a\nb',
  '\u202Etxt.exe',
  '🛫🛬',
  'e\u0301',
  '\ud800',
  'x'.repeat(10_000),
  "'; drop table journal; --",
  '${jndi:ldap://x}',
  '{{7*7}}',
  '%00%2e%2e',
  'NaN',
  'Infinity',
  '__proto__',
  'constructor',
]

/** What stands in a member where something else is expected. */
export const badValues: readonly unknown[] = [
  ...badTexts,
  null,
  true,
  -1,
  0.5,
  1e308,
  -0,
  Number.MAX_SAFE_INTEGER,
  spelled('9007199254740993'),
  spelled('123456789012345678901234567890'),
  spelled('1e999'),
  spelled('-1e999'),
  [],
  {},
  [[]],
  [null],
  { toString: 1, length: -1 },
  nested(60),
]

/** As JSON.stringify, with numbers as they are spelled. */
export function jsonText(value: unknown): string {
  const text = JSON.stringify(value)
  return text.replaceAll(new RegExp(`\\{"${spelling}":"([^"]*)"\\}`, 'g'), '$1')
}
