import assert from 'node:assert/strict'
import { test } from 'node:test'
import { costText, noUsage, readUsage, sumUsage, tokenText, type UsageNode } from './token-usage.ts'

function node(span: string, parent: string | null, tokens?: number, cost?: number): UsageNode {
  const used = tokens === undefined ? {} : { input_tokens: tokens, total_tokens: tokens }
  return {
    ...noUsage,
    span_id: span,
    parent_id: parent,
    ...used,
    ...(cost === undefined ? {} : { total_cost: cost }),
  }
}

test('below a span that says what it used nothing is counted again', () => {
  const spans = [
    node('root', null),
    node('agent', 'root', 30),
    node('llm', 'agent', 10),
    node('other', 'root', 5, 0.25),
    node('leaf', 'llm', 7, 0.5),
  ]
  const sum = sumUsage(spans)
  assert.equal(sum.total_tokens, 35)
  assert.equal(sum.output_tokens, 0)
  assert.equal(sum.cache_read_tokens, null)
  assert.equal(sum.total_cost, 0.75)
})

test('a parent that is missing is none, and a circle has no root', () => {
  assert.equal(sumUsage([node('a', 'gone', 3)]).total_tokens, 3)
  assert.deepEqual(sumUsage([node('a', 'b', 3), node('b', 'a', 4)]), noUsage)
  assert.deepEqual(sumUsage([]), noUsage)
})

test('deep traces are summed without recursion', () => {
  const spans = Array.from({ length: 50_000 }, (_, i) =>
    node(`s${i}`, i === 0 ? null : `s${i - 1}`, i === 49_999 ? 4 : undefined),
  )
  assert.equal(sumUsage(spans).total_tokens, 4)
})

test('usage is read and written in MLflow’s form', () => {
  const usage = readUsage(
    { input_tokens: 3, output_tokens: 4.5, cache_read_input_tokens: 1, other: 9 },
    { total_cost: 0.5, input_cost: 'x' },
  )
  assert.equal(tokenText(usage), '{"input_tokens": 3, "cache_read_input_tokens": 1}')
  assert.equal(costText(usage), '{"total_cost": 0.5}')
  assert.equal(tokenText(readUsage('nothing', [])), undefined)
})
