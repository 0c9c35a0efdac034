import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decideGate } from './decide-gate.ts'
import type { Estimate, Evaluation } from './evaluation.ts'
import { type GateCheck, parseGateCheck, parseModelsDeclaration } from './gate-check.ts'
import type { UndecidedCase } from './gate-evidence.ts'

const estimate = (value: number, standardError = 0.001): Estimate => ({
  value,
  low: value - 1.96 * standardError,
  high: value + 1.96 * standardError,
  standardError,
})

const modelSha256 = 'a'.repeat(64)
const championSha256 = 'b'.repeat(64)

function evaluation(change: Partial<Evaluation> = {}): Evaluation {
  return {
    modelSha256,
    data: {
      path: 'h',
      sha256: 'c'.repeat(64),
      rows: 40_000,
      positives: 8000,
      inputs: ['data:f@3'],
    },
    target: 'late',
    metrics: { auc: estimate(0.65), log_loss: estimate(0.48) },
    calibration: { error: 0.02, bins: [] },
    baseline: {
      differences: { log_loss: estimate(-0.02), auc: estimate(0.03) },
      metrics: { log_loss: estimate(0.5) },
    },
    champion: {
      model: 'late',
      version: 1,
      modelSha256: championSha256,
      differences: { log_loss: estimate(-0.001, 0.0002), auc: estimate(0.001) },
      metrics: {},
    },
    slices: [
      slice('small', 2000, { auc: estimate(-0.01) }),
      slice('large', 9000, { auc: estimate(0.01) }),
      slice('tiny', 40, { auc: estimate(-0.5) }),
    ],
    fairness: [
      {
        by: 'airport_size',
        threshold: 0.3,
        differences: { equalized_odds_difference: 0.15 },
        groups: [],
      },
    ],
    parity: { rows: 500, largestDifference: 1e-7 },
    createdAt: 1,
    ...change,
  }
}

function slice(label: string, rows: number, champion: { auc: Estimate }) {
  return {
    by: 'airport_size',
    label,
    rows,
    positives: 10,
    metrics: {},
    champion,
    baseline: champion,
  }
}

const signature = {
  inputs: [{ name: 'x', type: 'number' }],
  outputs: [{ name: 'probability', type: 'number' }],
}
const championOne = { version: 1, modelSha256: championSha256, signature, measured: null }

function undecided(change: Partial<UndecidedCase> = {}): UndecidedCase {
  return {
    version: 2,
    fromFiles: true,
    signature,
    features: ['x'],
    createdBy: 'token:ci',
    reviews: [],
    evaluation: evaluation(),
    measured: null,
    champion: championOne,
    ...change,
  }
}

function decide(check: GateCheck, change: Partial<UndecidedCase> = {}) {
  const { findings, passed } = decideGate([check], undecided(change))
  const [finding] = findings
  assert.ok(finding !== undefined && findings.length === 1)
  assert.equal(passed, finding.passed)
  return finding
}

const read = (value: unknown): GateCheck => parseGateCheck(value, 'gate[0]')
const noWorse = read({ check: 'no-worse-than-champion', metric: 'log_loss', tolerance: 0.001 })
const slices = read({ check: 'slices', metric: 'auc', tolerance: 0.02, minimum_rows: 500 })

const table: [
  name: string,
  check: GateCheck,
  change: Partial<Evaluation>,
  passed: boolean,
  text: RegExp,
][] = [
  [
    'enough',
    read({ check: 'minimum', metric: 'auc', value: 0.65 }),
    {},
    true,
    /AUC is 0\.65 \(0\.648 to 0\.652\) on 40,000 rows; at least 0\.65/,
  ],
  ['too little', read({ check: 'minimum', metric: 'auc', value: 0.651 }), {}, false, /not enough/],
  [
    'little enough',
    read({ check: 'maximum', metric: 'log_loss', value: 0.48 }),
    {},
    true,
    /at most 0\.48/,
  ],
  ['too much', read({ check: 'maximum', metric: 'log_loss', value: 0.4 }), {}, false, /not enough/],
  [
    'not measured',
    read({ check: 'maximum', metric: 'brier', value: 1 }),
    {},
    false,
    /has no Brier score/,
  ],
  [
    'better than the baseline',
    read({ check: 'better-than-baseline', metric: 'log_loss' }),
    {},
    true,
    /better by 0\.02 /,
  ],
  [
    'better in a metric where more is better',
    read({ check: 'better-than-baseline', metric: 'auc' }),
    {},
    true,
    /better by 0\.03/,
  ],
  [
    'better, but not surely',
    read({ check: 'better-than-baseline', metric: 'log_loss' }),
    { baseline: { differences: { log_loss: estimate(-0.001, 0.001) }, metrics: {} } },
    false,
    /not shown to be better/,
  ],
  [
    'no baseline',
    read({ check: 'better-than-baseline', metric: 'log_loss' }),
    { baseline: undefined },
    false,
    /--baseline/,
  ],
  [
    'no worse than the champion',
    noWorse,
    {},
    true,
    /better by 0\.001 .* not worse by more than 0\.001/,
  ],
  [
    'a little worse, surely within',
    noWorse,
    {
      champion: { ...evaluation().champion!, differences: { log_loss: estimate(0.0005, 0.0001) } },
    },
    true,
    /worse by 0\.0005/,
  ],
  [
    'as good, but not surely',
    noWorse,
    { champion: { ...evaluation().champion!, differences: { log_loss: estimate(0, 0.01) } } },
    false,
    /may be worse by more than/,
  ],
  [
    'compared with another champion',
    noWorse,
    { champion: { ...evaluation().champion!, version: 9, modelSha256: 'd'.repeat(64) } },
    false,
    /compared with version 9, but the champion is version 1 now/,
  ],
  [
    'not compared',
    noWorse,
    { champion: undefined, championReason: 'no server' },
    false,
    /no comparison with the champion, version 1 \(no server\)/,
  ],
  [
    'slices within',
    slices,
    {},
    true,
    /in 2 slices: the least is airport_size = small \(2,000 rows\), worse by 0\.01/,
  ],
  [
    'a slice too bad',
    slices,
    { slices: [slice('small', 2000, { auc: estimate(-0.03) })] },
    false,
    /1 too bad, worst airport_size = small/,
  ],
  [
    'no slice is large enough',
    slices,
    { slices: [slice('tiny', 40, { auc: estimate(0) })] },
    false,
    /No slice of at least 500 rows/,
  ],
  ['no slices', slices, { slices: [] }, false, /--slice/],
  [
    'fair',
    read({
      check: 'fairness',
      metric: 'equalized_odds_difference',
      by: 'airport_size',
      maximum: 0.2,
    }),
    {},
    true,
    /is 0\.15; at most 0\.2/,
  ],
  [
    'unfair',
    read({
      check: 'fairness',
      metric: 'equalized_odds_difference',
      by: 'airport_size',
      maximum: 0.1,
    }),
    {},
    false,
    /too much/,
  ],
  [
    'no such groups',
    read({ check: 'fairness', metric: 'equalized_odds_difference', by: 'age', maximum: 0.1 }),
    {},
    false,
    /by "age"/,
  ],
  ['calibrated', read({ check: 'calibration', maximum: 0.02 }), {}, true, /0\.02/],
  ['not calibrated', read({ check: 'calibration', maximum: 0.01 }), {}, false, /too much/],
  ['the same model', read({ check: 'parity' }), {}, true, /500 rows/],
  [
    'another model',
    read({ check: 'parity' }),
    { parity: { rows: 500, largestDifference: 0.01 } },
    false,
    /not the same model/,
  ],
  [
    'nothing replayed',
    read({ check: 'parity' }),
    { parity: { rows: 0, largestDifference: 0 } },
    false,
    /not the same model/,
  ],
  ['signature', read({ check: 'signature' }), {}, true, /1 features/],
]

for (const [name, check, change, passed, text] of table) {
  test(`${check.check}: ${name} is ${passed ? 'passed' : 'refused'}`, () => {
    const finding = decide(check, { evaluation: evaluation(change) })
    assert.equal(finding.passed, passed, finding.text)
    assert.match(finding.text, text)
  })
}

test('without a champion there is nothing to compare with, and that is said', () => {
  const finding = decide(noWorse, { champion: null })
  assert.equal(finding.passed, true)
  assert.match(finding.text, /no champion to compare with/)
  const judged = decide(slices, { champion: null })
  assert.match(judged.text, /the baseline, for want of a champion/)
})

test('the champion itself is not compared with itself', () => {
  const champion = { ...championOne, version: 2, modelSha256 }
  assert.equal(decide(noWorse, { champion }).passed, true)
})

test('a signature in another order is refused', () => {
  assert.equal(decide(read({ check: 'signature' }), { features: ['y'] }).passed, false)
})

test('without an evaluation what needs one fails; without checks everything passes and says so', () => {
  assert.match(decide(noWorse, { evaluation: null }).text, /no evaluation/)
  const open = decideGate([], undecided({ evaluation: null, champion: null }))
  assert.equal(open.passed, true)
  assert.match(open.findings[0]?.text ?? '', /no checks/)
})

test('a declaration says what is wrong with it, and where', () => {
  const wrong: [unknown, RegExp][] = [
    [
      { late: { gate: [{ check: 'magic' }] } },
      /models\.late\.gate\[0\]: there is no check "magic"\. The checks are minimum/,
    ],
    [{ late: { gate: [{}] } }, /"check" is missing/],
    [{ late: { gate: [{ check: 'minimum', metric: 'auc' }] } }, /value/],
    [{ late: { gate: [{ check: 'minimum', metric: '', value: 1 }] } }, /metric/],
    [{ late: { gate: [{ check: 'approvals', role: 'boss' }] } }, /role/],
    [{ late: { guards: ['stage:Live'] } }, /stage/i],
    [{ late: { guards: ['latest'] } }, /already means a version/],
    [{ late: { gate: [{ check: 'parity', tolerance: -1 }] } }, /tolerance/],
    [{ late: { gate: [{ check: 'parity', tolerence: 1 }] } }, /tolerence/],
    [{ late: { gates: [] } }, /models\.late/],
    [['late'], /must be a mapping/],
  ]
  for (const [section, message] of wrong) {
    assert.throws(
      () => parseModelsDeclaration(section),
      { code: 'invalid', message },
      String(message),
    )
  }
  assert.deepEqual(parseModelsDeclaration(undefined), [])
  assert.deepEqual(parseModelsDeclaration({ late: null }), [
    { name: 'late', description: '', gate: [], guards: ['champion'] },
  ])
  const guarded = parseModelsDeclaration({ late: { guards: ['live', 'stage:production', 'live'] } })
  assert.deepEqual(guarded[0]?.guards, ['live', 'stage:Production'])
})
