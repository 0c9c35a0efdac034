import assert from 'node:assert/strict'
import { test } from 'node:test'
import { finalStates, nextStatus } from '#kernel/status-table'
import {
  type ExecutionEvent,
  type ExecutionState,
  executionStates,
  executionTable,
} from './status.ts'

const events: ExecutionEvent[] = ['start', 'succeed', 'fail', 'cancel']

for (const state of executionStates) {
  for (const event of events) {
    const expected = executionTable[state][event]
    test(`a ${state} execution asked to ${event} ${expected === null ? 'refuses' : `is ${expected}`}`, () => {
      const next = () =>
        nextStatus<ExecutionState, ExecutionEvent>(executionTable, 'Execution x', state, event)
      if (expected === null) assert.throws(next, { code: 'conflict' })
      else assert.equal(next(), expected)
    })
  }
}

test('what ended stays ended', () => {
  assert.deepEqual(finalStates(executionTable), ['succeeded', 'failed', 'cancelled'])
})
