import type { StatusTable } from '#kernel/status-table'

export const executionStates = ['queued', 'running', 'succeeded', 'failed', 'cancelled'] as const
export type ExecutionState = (typeof executionStates)[number]
export type ExecutionEvent = 'start' | 'succeed' | 'fail' | 'cancel'

/** Starting again is how a worker that took over looks. */
export const executionTable: StatusTable<ExecutionState, ExecutionEvent> = {
  queued: { start: 'running', succeed: null, fail: 'failed', cancel: 'cancelled' },
  running: { start: 'running', succeed: 'succeeded', fail: 'failed', cancel: 'cancelled' },
  succeeded: { start: null, succeed: null, fail: null, cancel: null },
  failed: { start: null, succeed: null, fail: null, cancel: null },
  cancelled: { start: null, succeed: null, fail: null, cancel: null },
}

export const stageStates = [
  'waiting', // for stages before it, or for a free place
  'running',
  'succeeded',
  'skipped', // up to date
  'failed',
  'blocked', // a stage before it failed
  'cancelled',
] as const
export type StageState = (typeof stageStates)[number]

export const endedStageStates: readonly StageState[] = [
  'succeeded',
  'skipped',
  'failed',
  'blocked',
  'cancelled',
]
