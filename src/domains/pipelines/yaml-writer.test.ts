import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { equalValues, parseJsonValue, parseYaml, pythonFloat, type YamlMap } from './yaml-value.ts'
import { writeYaml } from './yaml-writer.ts'

/** Written by ruamel.yaml as DVC 3.67 configures it. */
const golden = JSON.parse(
  readFileSync(new URL('./golden/ruamel.json', import.meta.url), 'utf8'),
) as { value: string; yaml: string }[]

for (const { value, yaml } of golden) {
  test(`byte for byte as DVC writes it: ${value.slice(0, 60)}`, () => {
    assert.equal(writeYaml(parseJsonValue(value, 'golden') as YamlMap), yaml)
  })
}

const key = fc.stringMatching(/^[a-z][a-z0-9 _.-]{0,20}$/)
const leaf = fc.oneof(
  fc.string(),
  fc.string({ unit: fc.constantFrom('a', ' ', '\n', "'", '"', ':', '#', '-', '\\', '1') }),
  fc.constant(null),
  fc.boolean(),
  fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
)
const value = fc.letrec((tie) => ({
  node: fc.oneof({ depthSize: 'small' }, leaf, tie('list'), tie('map')),
  list: fc.array(tie('node'), { maxLength: 4 }),
  map: fc
    .array(fc.tuple(key, tie('node')), { maxLength: 4 })
    .map((entries) => new Map(entries) as YamlMap),
}))

test('what is written is read back as it was', () => {
  fc.assert(
    fc.property(value.map, (map) => {
      const text = writeYaml(map)
      assert.ok(equalValues(parseYaml(text, 'x'), map), text)
    }),
    { numRuns: 500 },
  )
})

test('floats are written as Python writes them', () => {
  const floats: [number, string][] = [
    [1, '1.0'],
    [0.1, '0.1'],
    [1e-4, '0.0001'],
    [1e-5, '1e-05'],
    [1.5e-7, '1.5e-07'],
    [1e15, '1000000000000000.0'],
    [1e16, '1e+16'],
    [1.234e100, '1.234e+100'],
    [-0, '-0.0'],
    [123456.789, '123456.789'],
  ]
  for (const [number, text] of floats) assert.equal(pythonFloat(number), text)
})

test('1 and 1.0 stay apart in the text, and are equal in value', () => {
  const map = parseYaml('a: 1\nb: 1.0\n', 'x') as YamlMap
  assert.equal(writeYaml(map), 'a: 1\nb: 1.0\n')
  assert.ok(equalValues(map.get('a'), map.get('b')))
})
