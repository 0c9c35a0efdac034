import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type OpenedServer, openServer } from '../../../src/app/opened-server.contract.ts'
import { type Exchange, recorded } from './exchange.ts'
import { type Difference, replay, told } from './replay.ts'
import { rules } from './rules.ts'

describe('what MLflow 3.17.2 answered, asked again here', () => {
  let server: OpenedServer
  let exchanges: Exchange[]
  let differences: Difference[]

  before(async () => {
    server = await openServer()
    exchanges = await recorded()
    differences = await replay(exchanges, server.url)
  })
  after(() => server.close())

  it('is all there', () => {
    assert.ok(exchanges.length > 1500)
    assert.ok(exchanges.some(({ status }) => status === 200))
  })

  it('is never answered with a failure of the server', () => {
    assert.deepEqual(differences.filter(({ gyre }) => gyre.status >= 500).map(told), [])
  })

  it('is answered the same, but for what a rule explains', () => {
    const unexplained = differences.filter((d) => !rules.some((rule) => rule.explains(d)))
    assert.equal(unexplained.length, 0, unexplained.slice(0, 20).map(told).join('\n'))
  })

  for (const rule of rules) {
    it(`differs where it should: ${rule.name}`, () => {
      const first = (d: Difference) => rules.find((each) => each.explains(d))
      assert.ok(differences.some((d) => first(d) === rule))
    })
  }
})
