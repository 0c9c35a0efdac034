import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Entry } from './journal.ts'
import { mergeLogs } from './merge-logs.ts'

let next = 1

function entry(kind: string, body: unknown, more: Partial<Entry> = {}): Entry {
  return {
    seq: next++,
    kind: `runs/${kind}`,
    method: 'POST',
    target: `/api/2.0/mlflow/runs/${kind}`,
    headers: '{}',
    body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
    file: null,
    size_bytes: 10,
    credential: '',
    local_id: null,
    needs: '',
    state: 'pending',
    attempted: 0,
    answered: 1,
    claim: null,
    answer: null,
    reason: null,
    accepted_at: 0,
    ...more,
  }
}

const metric = (step: number) =>
  entry('log-metric', { run_id: 'r', run_uuid: 'r', key: 'm', value: 'NaN', timestamp: 5, step })

function merged(front: readonly Entry[]): { count: number; body: unknown } | undefined {
  const found = mergeLogs(front)
  return found && { count: found.entries.length, body: JSON.parse(found.body.toString()) }
}

describe('logs that travel together', () => {
  it('are one batch of their run, in order', () => {
    const front = [
      metric(1),
      entry('log-parameter', { run_id: 'r', key: 'p', value: '1' }),
      entry('log-batch', { run_id: 'r', metrics: [{ key: 'n', value: 2, timestamp: 6, step: 2 }] }),
      entry('set-tag', { run_id: 'r', key: 't', value: 'v' }),
      entry('update', { run_id: 'r', status: 'FINISHED' }),
      metric(3),
    ]
    assert.deepEqual(merged(front), {
      count: 4,
      body: {
        run_id: 'r',
        metrics: [
          { key: 'm', value: 'NaN', timestamp: 5, step: 1 },
          { key: 'n', value: 2, timestamp: 6, step: 2 },
        ],
        params: [{ key: 'p', value: '1' }],
        tags: [{ key: 't', value: 'v' }],
      },
    })
  })

  it('keep within what MLflow takes at once', () => {
    assert.equal(merged(Array.from({ length: 1500 }, (_, step) => metric(step)))?.count, 1000)
    const params = Array.from({ length: 150 }, (_, i) =>
      entry('log-parameter', { run_id: 'r', key: `p${i}`, value: '1' }),
    )
    assert.equal(merged(params)?.count, 100)
  })

  it('never hold a parameter or a tag twice', () => {
    const tag = (value: string) => entry('set-tag', { run_id: 'r', key: 't', value })
    assert.equal(merged([tag('a'), metric(1), tag('b')])?.count, 2)
  })

  it('are of one run, one client and one workspace', () => {
    const other = entry('set-tag', { run_id: 'q', key: 't', value: 'v' })
    assert.equal(merged([metric(1), other]), undefined)
    assert.equal(merged([metric(1), { ...metric(2), credential: 'x' }]), undefined)
    assert.equal(
      merged([metric(1), { ...metric(2), headers: '{"x-mlflow-workspace":"w"}' }]),
      undefined,
    )
  })

  it('travel as they are when they are unusual', () => {
    const wide = `{"run_id":"r","key":"m","value":1,"timestamp":5,"step":9007199254740993}`
    for (const odd of [wide, '[]', '{"run_id":"r","key":"m"}', '{"run_id":"r","metrics":7}']) {
      assert.equal(merged([entry('log-metric', odd), metric(1)]), undefined, odd)
    }
  })
})
