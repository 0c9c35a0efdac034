import type { StatusTable } from '#kernel/status-table'

export const rolloutStates = [
  'preparing',
  'loading',
  'warming',
  'checking-parity',
  'canary',
  'promoted',
  'rolled-back',
  'failed',
  'aborted',
] as const
export type RolloutState = (typeof rolloutStates)[number]

/** `ready`: what the state was about is done on every live gateway. */
export type RolloutEvent = 'ready' | 'step' | 'promote' | 'roll-back' | 'fail' | 'abort'

const ended = {
  ready: null,
  step: null,
  promote: null,
  'roll-back': null,
  fail: null,
  abort: null,
} as const

const unready = {
  step: null,
  promote: null,
  'roll-back': 'rolled-back',
  fail: 'failed',
  abort: 'aborted',
} as const

/**
 * A version gets traffic only after it was loaded, warmed and compared with its training rows, and
 * can be taken back from every state before it is the champion.
 */
export const rolloutTable: StatusTable<RolloutState, RolloutEvent> = {
  preparing: { ...unready, ready: 'loading' },
  loading: { ...unready, ready: 'warming' },
  warming: { ...unready, ready: 'checking-parity' },
  'checking-parity': { ...unready, ready: 'canary', promote: 'promoted' },
  canary: {
    ready: null,
    step: 'canary',
    promote: 'promoted',
    'roll-back': 'rolled-back',
    fail: 'failed',
    abort: 'aborted',
  },
  promoted: ended,
  'rolled-back': ended,
  failed: ended,
  aborted: ended,
}

/** Before any traffic, in the order in which a version becomes ready. */
export const unreadyStates = ['preparing', 'loading', 'warming', 'checking-parity'] as const
