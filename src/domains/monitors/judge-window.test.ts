import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startAddis } from '#science/error-control'
import { createRandom } from '#science/random'
import { alarmsOf, judgeWindow } from './judge-window.ts'
import type { MonitorCheck } from './monitor.ts'

function check(p: number | null, more: Partial<MonitorCheck> = {}): MonitorCheck {
  return {
    kind: 'input-drift',
    column: 'a',
    measure: 'Jensen-Shannon distance',
    size: 0.2,
    low: 0.1,
    high: 0.3,
    threshold: 0.1,
    p,
    level: null,
    verdict: p === null ? 'not-watched' : 'ok',
    text: 'a moved.',
    values: {},
    ...more,
  }
}

test('columns share the level of their window', () => {
  const control = startAddis(0.4)
  const { level } = judgeWindow([check(1)], control)
  const half = [0.9 * (level / 4), 0.9 * ((2 * level) / 4), 1.1 * ((3 * level) / 4), 0.9]
  const judged = judgeWindow([...half.map((p) => check(p)), check(null)], control)
  assert.deepEqual(
    judged.checks.map(({ verdict }) => verdict),
    ['alarm', 'alarm', 'ok', 'ok', 'not-watched'],
  )
  const once = { selected: 1, candidates: 1 }
  assert.deepEqual(judged.control, { ...control, t: 1, ...once, rejections: [once] })
  for (const { p, level: bound, verdict } of judged.checks) {
    if (p !== null && bound !== null) assert.equal(p <= bound, verdict === 'alarm')
  }
})

test('a window without a test spends nothing', () => {
  const control = startAddis(0.05)
  const plain = check(null, { kind: 'staleness', verdict: 'alarm' })
  const judged = judgeWindow([plain], control)
  assert.equal(judged.control, control)
  assert.deepEqual(judged.checks, [plain])
})

test('a monitor of many columns, over a year, is wrong no more often than it may be', () => {
  const random = createRandom(2001)
  const rate = 0.1
  const years = 2000
  let wrong = 0
  for (let year = 0; year < years; year++) {
    let control = startAddis(rate)
    let alarmed = false
    for (let week = 0; week < 52 && !alarmed; week++) {
      const judged = judgeWindow(
        Array.from({ length: 20 }, () => check(random.next())),
        control,
      )
      control = judged.control
      alarmed = judged.checks.some(({ verdict }) => verdict === 'alarm')
    }
    if (alarmed) wrong++
  }
  // Three standard errors of a simulation of so many years.
  assert.ok(wrong / years <= rate + 3 * Math.sqrt((rate * (1 - rate)) / years), `${wrong}`)
  assert.ok(wrong > 0)
})

test('there is one alarm per kind, which names its worst columns first', () => {
  const alarms = alarmsOf([
    check(0.001, { verdict: 'alarm', level: 0.01 }),
    check(0.001, { verdict: 'alarm', level: 0.01, column: 'b', size: 0.4, text: 'b moved.' }),
    check(0.001, { verdict: 'alarm', kind: 'performance', column: 'auc', level: 0.01 }),
    check(0.9),
  ])
  assert.deepEqual(
    alarms.map(({ kind, severity, columns }) => [kind, severity, columns]),
    [
      ['input-drift', 'warning', ['b', 'a']],
      ['performance', 'critical', ['auc']],
    ],
  )
  assert.equal(
    alarms[0]?.text,
    'b moved (at most 0.1 is accepted; p = 1.0e-3, below 1.0e-2). a moved (at most 0.1 is accepted; p = 1.0e-3, below 1.0e-2).',
  )
})
