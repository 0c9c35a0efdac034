import assert from 'node:assert/strict'
import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { MalformedMessage } from '#kernel/protobuf'
import { type OpenedServer, openServer } from '../../../app/opened-server.contract.ts'
import { readJsonRequest } from './otlp-json.ts'
import { readExportRequest } from './otlp-protobuf.ts'

let opened: OpenedServer
before(async () => {
  opened = await openServer({})
})
after(() => opened.close())

/** Written by opentelemetry-proto 1.44 for Python: every field, every kind of value. */
const golden =
  '0aaa020a180a160a0c736572766963652e6e616d6512060a0473686f70128d020a030a01781285020a10000102030405060708090a0b0c0d0e' +
  '0f120800010203040506071a03613d62220801020304050607082a066ec3a46dc3a930033901002a36fe9c97174109002a36fe9c97174a100a' +
  '0169120b18ffffffffffffffefff014a060a046e6f6e654a070a0166120210004a0e0a01641209219a9999999999b93f4a100a03696e661209' +
  '21000000000000f0ff4a090a016212043a0200ff4a0e0a016c12092a070a030a01780a004a100a016d120b32090a070a017a1202180150035a' +
  '16090500000000000000120265761a070a017112020a006a210a100102030405060708090a0b0c0d0e0f101208020304050607080935000100' +
  '007a0712036261641802850101010000'

const span = {
  traceId: '000102030405060708090a0b0c0d0e0f',
  spanId: '0001020304050607',
  traceState: 'a=b',
  parentSpanId: '0102030405060708',
  name: 'nämé',
  kind: 3,
  startTimeUnixNano: '1700000000000000001',
  endTimeUnixNano: '1700000000000000009',
  attributes: [
    { key: 'i', value: { intValue: '-9007199254740993' } },
    { key: 'none' },
    { key: 'f', value: { boolValue: false } },
    { key: 'd', value: { doubleValue: 0.1 } },
    { key: 'inf', value: { doubleValue: '-Infinity' } },
    { key: 'b', value: { bytesValue: 'AP8=' } },
    { key: 'l', value: { arrayValue: { values: [{ stringValue: 'x' }, {}] } } },
    { key: 'm', value: { kvlistValue: { values: [{ key: 'z', value: { intValue: '1' } }] } } },
  ],
  droppedAttributesCount: 3,
  events: [
    {
      timeUnixNano: '5',
      name: 'ev',
      attributes: [{ key: 'q', value: { stringValue: '' } }],
    },
  ],
  links: [{ traceId: '0102030405060708090a0b0c0d0e0f10', spanId: '0203040506070809', flags: 256 }],
  status: { message: 'bad', code: 2 },
  flags: 257,
}
const resource = [{ key: 'service.name', value: { stringValue: 'shop' } }]

test('protocol buffers and JSON are read as the same spans', () => {
  const bytes = Buffer.from(golden, 'hex')
  assert.deepEqual(readExportRequest(bytes), [{ resource, spans: [span] }])
  const json = {
    resourceSpans: [{ resource: { attributes: resource }, scopeSpans: [{ spans: [span] }] }],
  }
  assert.deepEqual(readJsonRequest(json), [{ resource, spans: [span] }])
})

test('JSON of other exporters: names of enumerations, numbers, capitals, empty parents', () => {
  const written = {
    traceId: 'ABCDEF'.padEnd(32, '0'),
    spanId: '00000000000000AB',
    parentSpanId: '',
    name: null,
    kind: 'SPAN_KIND_CLIENT',
    startTimeUnixNano: 17,
    status: { code: 'STATUS_CODE_ERROR', message: null },
    attributes: [{ key: 'a', value: { intValue: 7, stringValue: null } }],
    unknown: { x: 1 },
  }
  const [group] = readJsonRequest({ resourceSpans: [{ scopeSpans: [{ spans: [written] }] }] }) ?? []
  assert.deepEqual(group?.spans, [
    {
      traceId: 'abcdef'.padEnd(32, '0'),
      spanId: '00000000000000ab',
      name: '',
      kind: 3,
      startTimeUnixNano: '17',
      endTimeUnixNano: '0',
      status: { code: 2 },
      attributes: [{ key: 'a', value: { intValue: '7' } }],
    },
  ])
})

test('any bytes are a request or malformed, cut anywhere', () => {
  const whole = Buffer.from(golden, 'hex')
  const broken = fc.oneof(
    fc.uint8Array({ maxLength: 60 }),
    fc.nat(whole.length).map((end) => whole.subarray(0, end)),
    fc.tuple(fc.nat(whole.length - 1), fc.nat(255)).map(([at, byte]) => {
      const copy = Buffer.from(whole)
      copy[at] = byte
      return copy
    }),
  )
  fc.assert(
    fc.property(broken, (bytes) => {
      try {
        readExportRequest(bytes)
      } catch (thrown) {
        assert.ok(thrown instanceof MalformedMessage, String(thrown))
      }
    }),
    { numRuns: 3000 },
  )
})

test('values nested without end are refused', () => {
  let value = Buffer.alloc(0)
  for (let i = 0; i < 200; i++) {
    const list = Buffer.concat([Buffer.from([0x0a]), lengthOf(value), value])
    value = Buffer.concat([Buffer.from([0x2a]), lengthOf(list), list])
  }
  const attribute = Buffer.concat([Buffer.from([0x12]), lengthOf(value), value])
  const deep = [0x4a, 0x12, 0x12, 0x0a].reduce((inner, tag) => {
    return Buffer.concat([Buffer.from([tag]), lengthOf(inner), inner])
  }, attribute)
  assert.throws(() => readExportRequest(deep), MalformedMessage)
})

function lengthOf(bytes: Buffer): Buffer {
  const digits: number[] = []
  let rest = bytes.length
  while (rest > 127) {
    digits.push((rest % 128) + 128)
    rest = Math.floor(rest / 128)
  }
  return Buffer.from([...digits, rest])
}

async function post(body: Buffer<ArrayBuffer> | string, headers: Record<string, string>) {
  const response = await fetch(`${opened.url}/v1/traces`, {
    method: 'POST',
    headers: { 'x-mlflow-experiment-id': '0', ...headers },
    body,
  })
  return {
    status: response.status,
    type: response.headers.get('content-type'),
    text: await response.text(),
  }
}

test('both encodings, compressed or not, are taken and answered in kind', async () => {
  const bytes = Buffer.from(golden, 'hex')
  const type = { 'content-type': 'application/x-protobuf' }
  for (const [body, encoding] of [
    [bytes, undefined],
    [gzipSync(bytes), 'gzip'],
    [deflateSync(bytes), 'deflate'],
    [deflateRawSync(bytes), 'deflate'],
  ] as const) {
    const headers = encoding === undefined ? type : { ...type, 'content-encoding': encoding }
    assert.deepEqual(await post(body, headers), {
      status: 200,
      type: 'application/x-protobuf',
      text: '',
    })
  }
  const json = JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] })
  const answer = await post(json, { 'content-type': 'application/json; charset=utf-8' })
  assert.deepEqual(answer, {
    status: 200,
    type: 'application/json; charset=utf-8',
    text: '{}',
  })
  const got = await fetch(
    `${opened.url}/api/3.0/mlflow/traces/get?trace_id=tr-${span.traceId}&allow_partial=true`,
  )
  const { trace } = (await got.json()) as { trace: { spans: object[] } }
  assert.equal(trace.spans.length, 1)
})

test('spans that cannot be kept are a partial success', async () => {
  const spans = [span, { ...span, spanId: '00' }]
  const json = JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] })
  const partial = await post(json, { 'content-type': 'application/json' })
  assert.equal(partial.status, 200)
  assert.deepEqual(JSON.parse(partial.text), {
    partialSuccess: {
      rejectedSpans: '1',
      errorMessage: 'Span 2 of 2: its span id is not 8 bytes, or all of them are zero.',
    },
  })
  const none = JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [spans[1]] }] }] })
  assert.equal((await post(none, { 'content-type': 'application/json' })).status, 400)
})

test('what is wrong with a request is told, and never 5xx', async () => {
  const bytes = Buffer.from(golden, 'hex')
  const type = { 'content-type': 'application/x-protobuf' }
  const json = { 'content-type': 'application/json' }
  const wrong: [Buffer<ArrayBuffer> | string, Record<string, string>, number][] = [
    [bytes, { 'content-type': 'text/plain' }, 400],
    [bytes, { ...type, 'content-encoding': 'br' }, 400],
    [bytes, { ...type, 'content-encoding': 'gzip' }, 400],
    [bytes, { ...type, 'x-mlflow-experiment-id': '' }, 400],
    [bytes, { ...type, 'x-mlflow-experiment-id': '77' }, 404],
    [bytes, { ...type, 'x-mlflow-experiment-id': 'Default' }, 404],
    [Buffer.alloc(0), type, 400],
    [Buffer.from('ffff', 'hex'), type, 400],
    ['', json, 400],
    ['[', json, 400],
    ['{"resourceSpans": 1}', json, 400],
    ['{"resourceSpans": []}', json, 400],
    [gzipSync(Buffer.alloc(70 * 1024 * 1024)), { ...type, 'content-encoding': 'gzip' }, 413],
  ]
  for (const [body, headers, status] of wrong) {
    const answer = await post(body, headers)
    assert.equal(answer.status, status, `${JSON.stringify(headers)}: ${answer.text}`)
    assert.ok('error_code' in (JSON.parse(answer.text) as object))
  }
})
