import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decideGate } from './decide-gate.ts'
import { parseGateCheck } from './gate-check.ts'
import type { UndecidedCase } from './gate-evidence.ts'
import type { Measured } from './measured.ts'
import type { Review } from './review-version.ts'

function logged(values: Record<string, number>, dataset: string | null = null): Measured {
  const metrics = Object.entries(values).map(([key, value]) => [key, { value, dataset }])
  return { source: 'logged-model:m-1', metrics: Object.fromEntries(metrics) }
}

const columns = (...names: string[]) => names.map((name) => ({ name, type: 'double' }))

function decide(check: object, change: Partial<UndecidedCase>) {
  const { findings } = decideGate([parseGateCheck(check, 'gate[0]')], {
    version: 2,
    fromFiles: false,
    signature: { inputs: columns('x'), outputs: columns('y') },
    features: ['x'],
    createdBy: 'token:ci',
    reviews: [],
    evaluation: null,
    measured: null,
    champion: null,
    ...change,
  })
  const [finding] = findings
  assert.ok(finding !== undefined)
  return finding
}

function against(own: Record<string, number>, champion: Record<string, number>, check: object) {
  return decide(check, {
    measured: logged(own),
    champion: {
      version: 1,
      modelSha256: '',
      signature: { inputs: [], outputs: [] },
      measured: logged(champion),
    },
  })
}

const noWorse = (metric: string, more: object = {}) => ({
  check: 'no-worse-than-champion',
  metric,
  tolerance: 0.01,
  ...more,
})

test('a limit is held by the value that was logged, whatever the metric is called', () => {
  const check = { check: 'minimum', metric: 'val_accuracy', value: 0.9 }
  assert.equal(decide(check, { measured: logged({ val_accuracy: 0.9 }) }).passed, true)
  assert.equal(decide(check, { measured: logged({ val_accuracy: 0.89 }) }).passed, false)
  assert.match(decide(check, { measured: logged({ f1: 1 }) }).text, /No val_accuracy was logged/)
  assert.equal(decide(check, { measured: logged({ val_accuracy: Number.NaN }) }).passed, false)
  assert.match(decide(check, {}).text, /Log metrics to its run or logged model/)
})

test('worse than the champion by more than the tolerance is refused, in the right direction', () => {
  assert.equal(against({ f1: 0.795 }, { f1: 0.8 }, noWorse('f1')).passed, true)
  assert.equal(against({ f1: 0.78 }, { f1: 0.8 }, noWorse('f1')).passed, false)
  assert.equal(against({ val_loss: 0.3 }, { val_loss: 0.2 }, noWorse('val_loss')).passed, false)
  assert.equal(against({ val_loss: 0.1 }, { val_loss: 0.2 }, noWorse('val_loss')).passed, true)
  const unknown = against({ lift: 2 }, { lift: 1 }, noWorse('lift'))
  assert.match(unknown.text, /better: higher, or lower/)
  assert.equal(unknown.passed, false)
  assert.equal(
    against({ lift: 2 }, { lift: 1 }, noWorse('lift', { better: 'higher' })).passed,
    true,
  )
})

test('with standard errors it is held at the confidence, without them it says that it is not', () => {
  const with_ = (own: number) =>
    against(
      { auc: own, auc_standard_error: 0.03 },
      { auc: 0.8, auc_standard_error: 0.04 },
      noWorse('auc'),
    )
  // 1.6449 standard errors of hypot(0.03, 0.04) are 0.0822: it must be 0.0722 better at least.
  assert.equal(with_(0.8723).passed, true)
  assert.equal(with_(0.8721).passed, false)
  assert.match(with_(0.8721).text, /95 % confidence/)
  assert.match(against({ auc: 0.8 }, { auc: 0.8 }, noWorse('auc')).text, /have no interval/)
})

test('values that were measured on other data are not compared', () => {
  const finding = decide(noWorse('auc'), {
    measured: logged({ auc: 0.9 }, 'abc'),
    champion: {
      version: 1,
      modelSha256: '',
      signature: { inputs: [], outputs: [] },
      measured: logged({ auc: 0.5 }, 'def'),
    },
  })
  assert.equal(finding.passed, false)
  assert.match(finding.text, /other data than the champion's \(abc, not def\)/)
})

test('slices and fairness are metrics with their names', () => {
  const slices = { check: 'slices', metric: 'auc', tolerance: 0.01 }
  const champion = { 'auc/young': 0.8, 'auc/old': 0.8 }
  assert.equal(against({ 'auc/young': 0.8, 'auc/old': 0.81 }, champion, slices).passed, true)
  const worse = against({ 'auc/young': 0.7, 'auc/old': 0.9 }, champion, slices)
  assert.equal(worse.passed, false)
  assert.match(worse.text, /young is worse by 0\.1/)
  assert.match(against({ auc: 1 }, champion, slices).text, /No auc\/<slice>/)
  const fair = {
    check: 'fairness',
    metric: 'demographic_parity_difference',
    by: 'sex',
    maximum: 0.1,
  }
  const measured = (value: number) => logged({ demographic_parity_difference_sex: value })
  assert.equal(decide(fair, { measured: measured(0.05) }).passed, true)
  assert.equal(decide(fair, { measured: measured(0.2) }).passed, false)
})

test('what values cannot tell needs an evaluation', () => {
  for (const check of [{ check: 'calibration', maximum: 1 }, { check: 'parity' }]) {
    assert.equal(decide(check, { measured: logged({ auc: 1 }) }).passed, false)
  }
})

test('a version asks its callers for nothing that the champion did not ask for', () => {
  const signature = { check: 'signature' }
  const champion = {
    version: 1,
    modelSha256: '',
    signature: { inputs: columns('x', 'z'), outputs: columns('y') },
    measured: null,
  }
  assert.equal(decide(signature, { champion }).passed, true)
  assert.equal(decide(signature, {}).passed, true)
  const more = decide(signature, {
    champion,
    signature: { inputs: columns('x', 'w'), outputs: columns('q') },
  })
  assert.equal(more.passed, false)
  assert.match(more.text, /asks for the input w: double; it does not give the output y: double/)
  const none = { inputs: [], outputs: [] }
  assert.match(decide(signature, { signature: none }).text, /no signature/)
})

test('the last word of each entitled person counts', () => {
  let at = 0
  const said = (actor: string, verdict: Review['verdict'], role: Review['role']): Review => ({
    id: String(++at),
    verdict,
    comment: '',
    actor,
    role,
    at,
  })
  const approvals = { check: 'approvals', count: 2, role: 'operator' }
  const decided = (more: object, ...reviews: Review[]) =>
    decide({ ...approvals, ...more }, { reviews }).passed
  const [ann, bob] = [said('ann', 'approved', 'operator'), said('bob', 'approved', 'admin')]
  assert.equal(decided({}, ann), false)
  assert.equal(decided({}, ann, ann), false)
  assert.equal(decided({}, ann, bob), true)
  assert.equal(decided({}, ann, said('eve', 'approved', 'editor')), false)
  assert.equal(decided({}, ann, bob, said('bob', 'rejected', 'admin')), false)
  assert.equal(decided({}, ann, bob, said('eve', 'rejected', 'editor')), true)
  assert.equal(decided({ count: 1 }, said('bob', 'rejected', 'admin'), bob), true)
  const own = said('token:ci', 'approved', 'admin')
  assert.equal(decided({ count: 1 }, own), true)
  assert.equal(decided({ count: 1, by_another: true }, own), false)
  assert.equal(decided({ count: 1 }, said('ann', 'comment', 'admin')), false)
})
