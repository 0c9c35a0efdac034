import assert from 'node:assert/strict'
import { test } from 'node:test'
import { attributeJson } from './attribute-json.ts'
import { attributeValue } from './attributes.ts'
import type { AttributeValue } from './span.ts'

/** What Python 3.11's `json.dumps(value, ensure_ascii=False)` gives. */
const golden: readonly [AttributeValue, string][] = [
  [{}, 'null'],
  [{ stringValue: 'a"ü\n' }, '"a\\"ü\\n"'],
  [{ boolValue: true }, 'true'],
  [{ intValue: '9007199254740993' }, '9007199254740993'],
  [{ intValue: '-1' }, '-1'],
  [{ doubleValue: 1 }, '1.0'],
  [{ doubleValue: -0 }, '-0.0'],
  [{ doubleValue: 0.1 }, '0.1'],
  [{ doubleValue: 0.0001 }, '0.0001'],
  [{ doubleValue: 0.00001 }, '1e-05'],
  [{ doubleValue: 1.5e-7 }, '1.5e-07'],
  [{ doubleValue: 1e15 }, '1000000000000000.0'],
  [{ doubleValue: 1e16 }, '1e+16'],
  [{ doubleValue: 1.5e300 }, '1.5e+300'],
  [{ doubleValue: 'NaN' }, 'NaN'],
  [{ doubleValue: '-Infinity' }, '-Infinity'],
  [{ arrayValue: {} }, '[]'],
  [{ arrayValue: { values: [{ intValue: '1' }, {}] } }, '[1, null]'],
  [
    {
      kvlistValue: {
        values: [
          { key: 'a', value: { arrayValue: { values: [{ stringValue: 'x' }] } } },
          { key: 'b' },
        ],
      },
    },
    '{"a": ["x"], "b": null}',
  ],
]

test('values are spelled as MLflow’s client spells them', () => {
  for (const [value, text] of golden) assert.equal(attributeJson(value), text)
})

test('plain JSON becomes the value that it is', () => {
  const json = { a: [1, 2.5, null, true, 'x'], b: { c: 'ü' } }
  assert.equal(
    attributeJson(attributeValue(json)),
    '{"a": [1, 2.5, null, true, "x"], "b": {"c": "ü"}}',
  )
})
