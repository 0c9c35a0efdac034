import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseEach, parseExact } from './exact-json.ts'
import { otlpSpan } from './otlp-span.ts'

describe('a span that MLflow kept', () => {
  const kept = {
    trace_id: '4/Nvdf9okuvNLB8Vm/osyA==',
    span_id: 'pMbdjAKJi8k=',
    parent_span_id: null,
    name: 'inner',
    start_time_unix_nano: 0,
    end_time_unix_nano: null,
    status: { code: 'STATUS_CODE_ERROR', message: 'no' },
    attributes: { type: '"LLM"', n: '3', f: '3.0', deep: '{"a": [null, true]}', odd: 'NaN' },
    events: [{ name: 'seen', time_unix_nano: 5, attributes: { n: 1 } }],
    links: [{ trace_id: `tr-${'a'.repeat(32)}`, span_id: 'b'.repeat(16), attributes: null }],
  }
  const text = JSON.stringify(kept).replace('unix_nano":0', 'unix_nano":1795896674546330198')
  const span = otlpSpan(parseExact(text))

  it('has its nanoseconds to the last digit, and ids in hexadecimal', () => {
    assert.equal(span['startTimeUnixNano'], '1795896674546330198')
    assert.equal(span['endTimeUnixNano'], '0')
    assert.equal(span['traceId'], 'e3f36f75ff6892ebcd2c1f159bfa2cc8')
    assert.equal(span['spanId'], 'a4c6dd8c02898bc9')
    assert.equal('parentSpanId' in span, false)
    assert.deepEqual(span['status'], { code: 2, message: 'no' })
  })

  it('has attributes of the kinds that were written', () => {
    assert.deepEqual(span['attributes'], [
      { key: 'type', value: { stringValue: 'LLM' } },
      { key: 'n', value: { intValue: '3' } },
      { key: 'f', value: { doubleValue: 3 } },
      {
        key: 'deep',
        value: {
          kvlistValue: {
            values: [{ key: 'a', value: { arrayValue: { values: [{}, { boolValue: true }] } } }],
          },
        },
      },
      { key: 'odd', value: { stringValue: 'NaN' } },
    ])
    assert.deepEqual(span['events'], [
      {
        name: 'seen',
        timeUnixNano: '5',
        attributes: [{ key: 'n', value: { intValue: '1' } }],
      },
    ])
    assert.deepEqual(span['links'], [
      { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), attributes: [] },
    ])
  })

  it('is left out with the reason when it is no JSON, and the others are read', () => {
    const { read, problem } = parseEach(['{"n": NaN}', text])
    assert.equal(read.length, 1)
    assert.match(problem ?? '', /JSON/)
    assert.deepEqual(otlpSpan('odd')['attributes'], [])
  })
})
