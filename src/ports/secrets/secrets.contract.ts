import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import type { Secrets } from './secrets.ts'

/** What all keepers of secrets promise. `another` has another key. */
export function runSecretsContract(
  name: string,
  open: () => Promise<{ secrets: Secrets; another: Secrets }>,
): void {
  describe(`secrets in ${name}`, () => {
    test('whatever is sealed comes back, and is not to be seen in between', async () => {
      const { secrets } = await open()
      fc.assert(
        fc.property(fc.string({ unit: 'binary', maxLength: 300 }), fc.string(), (text, purpose) => {
          const sealed = secrets.seal(text, purpose)
          assert.equal(secrets.open(sealed, purpose), text)
          assert.match(sealed, /^[A-Za-z0-9._-]+$/)
          if (text.length >= 8) assert.ok(!sealed.includes(text))
        }),
      )
    })

    test('the same text is sealed differently each time', async () => {
      const { secrets } = await open()
      const sealed = Array.from({ length: 50 }, () => secrets.seal('the same', 'a'))
      assert.equal(new Set(sealed).size, 50)
    })

    test('it opens for its purpose only', async () => {
      const { secrets } = await open()
      const sealed = secrets.seal('text', 'webhook:1')
      assert.throws(() => secrets.open(sealed, 'webhook:2'), { code: 'unavailable' })
    })

    test('it opens with its own key only, and says that the key is another', async () => {
      const { secrets, another } = await open()
      const sealed = secrets.seal('text', 'a')
      assert.throws(() => another.open(sealed, 'a'), { code: 'unavailable', message: /key/ })
    })

    test('a changed text does not open, wherever it was changed', async () => {
      const { secrets } = await open()
      const sealed = secrets.seal('some text', 'a')
      for (let at = 0; at < sealed.length; at++) {
        const other = sealed[at] === 'A' ? 'B' : 'A'
        const changed = sealed.slice(0, at) + other + sealed.slice(at + 1)
        assert.throws(() => secrets.open(changed, 'a'), { code: 'unavailable' }, changed)
      }
      for (const text of ['', '.', 'nothing', sealed.slice(0, -1), `${sealed}A`]) {
        assert.throws(() => secrets.open(text, 'a'), { code: 'unavailable' }, text)
      }
    })
  })
}
