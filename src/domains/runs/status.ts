import type { StatusTable } from '#kernel/status-table'

export const runStatuses = ['scheduled', 'running', 'finished', 'failed', 'killed'] as const
export type RunStatus = (typeof runStatuses)[number]
export type RunEvent = 'start' | 'finish' | 'fail' | 'kill' | 'resume'

/** An ended run can be resumed; ending twice in the same way is how a retry looks, so it is allowed. */
export const runTable: StatusTable<RunStatus, RunEvent> = {
  scheduled: { start: 'running', finish: null, fail: 'failed', kill: 'killed', resume: null },
  running: { start: null, finish: 'finished', fail: 'failed', kill: 'killed', resume: null },
  finished: { start: null, finish: 'finished', fail: null, kill: null, resume: 'running' },
  failed: { start: null, finish: null, fail: 'failed', kill: null, resume: 'running' },
  killed: { start: null, finish: null, fail: null, kill: 'killed', resume: 'running' },
}
