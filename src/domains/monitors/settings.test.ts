import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseMonitorsDeclaration } from './settings.ts'

test('a declaration says what differs from what monitors do by themselves', () => {
  const [weekly, bare] = parseMonitorsDeclaration({
    weekly: {
      endpoint: 'late-flights',
      window: '7d',
      drift: { distance: 'jensen-shannon', minimum_size: 0.15 },
      performance: { metric: 'log_loss', maximum_drop: 0.05 },
      maximum_staleness: '14d',
      maximum_model_age: '60d',
      minimum_label_rate: 0.8,
      false_alarm_rate: 0.01,
    },
    bare: { endpoint: 'other', drift: null },
  })
  assert.deepEqual(weekly?.settings, {
    endpoint: 'late-flights',
    window: '7d',
    drift: { distance: 'jensen-shannon', minimumSize: 0.15 },
    performance: { metric: 'log_loss', maximumDrop: 0.05 },
    maximumCalibrationError: null,
    minimumLabelRate: 0.8,
    maximumStaleness: '14d',
    maximumModelAge: '60d',
    maximumErrorRate: null,
    maximumLatencyMs: null,
    maximumMissingRate: null,
    falseAlarmRate: 0.01,
  })
  assert.equal(bare?.settings.drift, null)
  assert.deepEqual(bare?.settings.performance, { metric: 'auc', maximumDrop: 0.02 })
  assert.deepEqual(parseMonitorsDeclaration(undefined), [])
})

const bad: [string, unknown, RegExp][] = [
  ['a list', [], /mapping/],
  ['a name with a path in it', { '../up': { endpoint: 'e' } }, /monitor/],
  ['no endpoint', { m: {} }, /monitors\.m: endpoint/],
  ['an unknown member', { m: { endpoint: 'e', windows: '7d' } }, /windows/],
  [
    'an unknown distance',
    { m: { endpoint: 'e', drift: { distance: 'psi', minimum_size: 0.1 } } },
    /distance/,
  ],
  ['a size beyond 1', { m: { endpoint: 'e', drift: { minimum_size: 2 } } }, /minimum_size/],
  [
    'a size that is no number',
    { m: { endpoint: 'e', drift: { minimum_size: Number.NaN } } },
    /minimum_size/,
  ],
  ['a window of half an hour', { m: { endpoint: 'e', window: '30m' } }, /whole hours/],
  ['a window of ages', { m: { endpoint: 'e', window: '99999999999d' } }, /at most 366 days/],
  ['a window in words', { m: { endpoint: 'e', window: 'a week' } }, /not a duration/],
  ['a staleness in words', { m: { endpoint: 'e', maximum_staleness: 'old' } }, /not a duration/],
  ['a false-alarm rate of one', { m: { endpoint: 'e', false_alarm_rate: 1 } }, /false_alarm_rate/],
  ['a negative drop', { m: { endpoint: 'e', performance: { maximum_drop: -1 } } }, /maximum_drop/],
]
for (const [name, section, message] of bad) {
  test(`a declaration with ${name} is refused, and says why`, () => {
    assert.throws(() => parseMonitorsDeclaration(section), { code: 'invalid', message })
  })
}
