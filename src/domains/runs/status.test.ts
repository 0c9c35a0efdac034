import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nextStatus } from '#kernel/status-table'
import { type RunEvent, type RunStatus, runStatuses, runTable } from './status.ts'

const events: RunEvent[] = ['start', 'finish', 'fail', 'kill', 'resume']

for (const state of runStatuses) {
  for (const event of events) {
    const expected = runTable[state][event]
    test(`a ${state} run asked to ${event} ${expected === null ? 'refuses' : `is ${expected}`}`, () => {
      if (expected !== null) {
        assert.equal(nextStatus<RunStatus, RunEvent>(runTable, 'Run x', state, event), expected)
      } else {
        assert.throws(() => nextStatus<RunStatus, RunEvent>(runTable, 'Run x', state, event), {
          code: 'conflict',
        })
      }
    })
  }
}

test('every run can end, and every ended run can be resumed', () => {
  for (const state of ['finished', 'failed', 'killed'] as const) {
    assert.equal(runTable[state].resume, 'running')
  }
  assert.deepEqual(
    (['finish', 'fail', 'kill'] as const).map((event) => runTable.running[event]),
    ['finished', 'failed', 'killed'],
  )
})
