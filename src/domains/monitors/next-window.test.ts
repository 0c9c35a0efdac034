import assert from 'node:assert/strict'
import { test } from 'node:test'
import { incompleteReason, type NextWindow } from './next-window.ts'

const weekMs = 7 * 86_400_000
const start = Date.UTC(2001, 0, 1)
const end = start + weekMs
const later = Date.UTC(2026, 0, 1)

interface Case {
  name: string
  now?: number
  newestEvent?: number
  newestReceived?: number
  labelled?: number
  knownAt?: number
  until?: number
  complete: boolean
}

/** Of 1,000 predictions that were all received in 2026, unless a case says otherwise. */
const cases: Case[] = [
  { name: 'without labels', complete: false },
  { name: 'with few labels', labelled: 949, complete: false },
  { name: 'with 95 % of the labels', labelled: 950, knownAt: end, complete: true },
  { name: 'with labels of its first days', labelled: 1000, knownAt: end - 1, complete: false },
  {
    name: 'with labels, and events after it',
    labelled: 1000,
    knownAt: end - 1,
    newestEvent: end,
    complete: true,
  },
  {
    name: 'with labels and events after it, but not over',
    labelled: 1000,
    knownAt: end,
    now: end - 1,
    complete: false,
  },
  { name: 'without labels, in the next week', newestEvent: end + 1, complete: false },
  { name: 'without labels, a whole week later', newestEvent: end + weekMs, complete: true },
  { name: 'without labels, a week without requests', now: later + weekMs, complete: true },
  {
    name: 'live, with labels just as it ends',
    now: end,
    newestReceived: end,
    labelled: 1000,
    knownAt: end,
    complete: true,
  },
  {
    name: 'live, without labels for a week after its end',
    now: end + weekMs,
    newestReceived: end,
    complete: true,
  },
  { name: 'asked for in so many words', until: end, now: start, complete: true },
  { name: 'not quite asked for', until: end - 1, complete: false },
]

for (const { name, complete, ...given } of cases) {
  test(`a window ${name} is ${complete ? 'complete' : 'waited for'}`, () => {
    const window: NextWindow = {
      start,
      end,
      newestEvent: given.newestEvent ?? end - 1,
      newestReceived: given.newestReceived ?? later,
    }
    const { labelled = 0, knownAt = null } = given
    const numbers = { rows: 1000, labelled, knownAt }
    const reason = incompleteReason(given.now ?? later, window, numbers, given.until)
    assert.equal(reason === undefined, complete, reason)
  })
}

test('what is waited for is said with its numbers', () => {
  const window = { start, end, newestEvent: end - 1, newestReceived: later }
  const few = { rows: 115_000, labelled: 20_000 }
  assert.equal(
    incompleteReason(later, window, { ...few, knownAt: end }, undefined),
    '20,000 of 115,000 predictions have labels; it waits for 95 %, or for events from 2001-01-15T00:00:00Z on.',
  )
})
