import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { deflateSync, gzipSync } from 'node:zlib'
import fastCheck from 'fast-check'
import {
  declareEndpoint,
  getRollout,
  listPredictions,
  startRollout,
} from '#domains/deployments/index'
import {
  openServedWorld,
  registerLogistic,
  type ServedWorld,
  until,
} from '../../domains/deployments/served-world.contract.ts'

let world: ServedWorld
const project = 'default'

before(async () => {
  world = await openServedWorld()
  const { ctx } = world
  const model = { features: ['a', 'b', 'c'], coefficients: [1, -1, 0.5], intercept: 0.25 }
  await registerLogistic(ctx, 'late', model)
  await declareEndpoint(ctx, { project, endpoint: 'late', model: 'late' })
  const { id } = await startRollout(ctx, { project, endpoint: 'late', version: 1 })
  await until('promotion', async () => {
    const rollout = await getRollout(ctx, { project, rollout: id })
    return rollout.state === 'promoted'
  })
})
after(() => world.close())

const rows = [
  [1, 2, 3],
  [0, 0, 0],
  [-1, 0.5, 2],
]
const expected = rows.map(([a = 0, b = 0, c = 0]) => 1 / (1 + Math.exp(-(0.25 + a - b + 0.5 * c))))

interface Output {
  name: string
  datatype: string
  shape: number[]
  data?: number[]
  parameters?: { binary_data_size: number }
}
interface Answer {
  model_name: string
  model_version: string
  id?: string
  outputs: Output[]
  error?: string
}

async function ask(path: string, init: RequestInit = {}): Promise<[number, Answer, Response]> {
  const response = await fetch(world.url + path, init)
  const bytes = new Uint8Array(await response.arrayBuffer())
  const header = response.headers.get('inference-header-content-length')
  const json = new TextDecoder().decode(header === null ? bytes : bytes.slice(0, Number(header)))
  const answer = JSON.parse(json) as Answer
  if (header !== null && answer.outputs[0] !== undefined) {
    const floats = new Float32Array(bytes.slice(Number(header)).buffer)
    answer.outputs[0].data = [...floats]
  }
  return [response.status, answer, response]
}

function infer(body: object | string, headers: Record<string, string> = {}) {
  return ask('/v2/models/late/infer', {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
}

function inferBytes(body: Uint8Array, headers: Record<string, string>) {
  return ask('/v2/models/late/infer', {
    method: 'POST',
    headers,
    body: new Uint8Array(body),
  })
}

const input = { name: 'input', shape: [3, 3], datatype: 'FP32', data: rows.flat() }

function assertPredictions(answer: Answer): void {
  const [output] = answer.outputs
  assert.equal(output?.name, 'probability', JSON.stringify(answer))
  assert.deepEqual(output?.shape, [3, 1])
  output?.data?.forEach((value, i) => assert.ok(Math.abs(value - (expected[i] ?? 0)) < 1e-6))
  assert.equal(output?.data?.length, 3)
}

test('tells of itself, of its health and of its models', async () => {
  const [, server] = await ask('/v2')
  assert.ok(JSON.stringify(server).includes('"binary_tensor_data"'))
  for (const path of ['live', 'ready']) {
    const [status, health] = await ask(`/v2/health/${path}`)
    assert.equal(status, 200)
    assert.deepEqual(health as unknown, { live: true, ready: true })
  }
  const [, models] = await ask('/v2/models')
  assert.deepEqual(models as unknown, { models: ['late'] })
  const [, model] = await ask('/v2/models/late')
  assert.deepEqual(model as unknown, {
    name: 'late',
    versions: ['1'],
    platform: 'onnxruntime_onnx',
    inputs: [{ name: 'input', datatype: 'FP32', shape: [-1, 3] }],
    outputs: [{ name: 'probability', datatype: 'FP32', shape: [-1, 1] }],
  })
  for (const path of ['/v2/models/late/ready', '/v2/models/late/versions/1/ready']) {
    assert.deepEqual((await ask(path)).slice(0, 2), [200, { name: 'late', ready: true }])
  }
  assert.equal((await ask('/v2/models/late/versions/7'))[0], 404)
  const [, index] = await ask('/v2/repository/index', { method: 'POST', body: '{}' })
  assert.deepEqual(index as unknown, [
    { name: 'late', version: '1', state: 'READY', reason: 'champion' },
  ])
  assert.equal((await ask('/v2/repository/models/late/load', { method: 'POST' }))[0], 501)
  const named = await ask('/v2/models/default%3Alate')
  assert.equal(named[1].error, undefined)
  const other = await ask('/v2/models/late', { headers: { 'x-gyre-project': 'elsewhere' } })
  assert.equal(other[0], 404)
})

test('answers JSON, flat or nested, with the id that came', async () => {
  const [status, answer, response] = await infer({ id: 'r-1', inputs: [input] })
  assert.equal(status, 200)
  assertPredictions(answer)
  assert.equal(answer.id, 'r-1')
  assert.equal(answer.model_name, 'late')
  assert.equal(answer.model_version, '1')
  assert.equal(response.headers.get('x-gyre-prediction-id'), 'r-1-0')
  assertPredictions((await infer({ inputs: [{ ...input, data: rows }] }))[1])
  assertPredictions((await infer({ inputs: [{ ...input, datatype: 'FP64' }] }))[1])
  assertPredictions((await infer({ inputs: [input], outputs: [{ name: 'probability' }] }))[1])
  const flush = () => world.serving.flush(project, 'late')
  const { items } = await listPredictions(
    world.ctx,
    { project, endpoint: 'late', id: 'r-1-2', limit: 5 },
    flush,
  )
  assert.deepEqual(items[0]?.features, { a: -1, b: 0.5, c: 2 })
})

test('answers one tensor per column', async () => {
  const inputs = ['a', 'b', 'c'].map((name, j) => ({
    name,
    shape: j === 1 ? [3, 1] : [3],
    datatype: 'FP64',
    data: rows.map((row) => row[j] ?? 0),
  }))
  assertPredictions((await infer({ inputs }))[1])
})

test('takes NaN and null for a missing value, as Python and JavaScript write it', async () => {
  const text = JSON.stringify({ inputs: [input] }).replace('[1,2,3,', '[NaN,null,3,')
  const [status, answer] = await infer(text)
  assert.equal(status, 200, JSON.stringify(answer))
  const infinite = JSON.stringify({ inputs: [input] }).replace('[1,2,3,', '[-Infinity,2,3,')
  const [, low] = await infer(infinite)
  assert.equal(low.outputs[0]?.data?.[0], 0)
})

const floats = Buffer.from(Float32Array.from(rows.flat()).buffer)
const binaryInput = {
  name: 'input',
  shape: [3, 3],
  datatype: 'FP32',
  parameters: { binary_data_size: floats.length },
}

function binaryBody(request: object, tail: Uint8Array = floats): [Buffer, Record<string, string>] {
  const json = Buffer.from(JSON.stringify(request))
  const headers = {
    'content-type': 'application/octet-stream',
    'inference-header-content-length': String(json.length),
  }
  return [Buffer.concat([json, tail]), headers]
}

test('answers binary tensors, in one direction or in both', async () => {
  const both = { parameters: { binary_data_output: true }, inputs: [binaryInput] }
  const [status, answer, response] = await inferBytes(...binaryBody(both))
  assert.equal(status, 200)
  assert.equal(answer.outputs[0]?.parameters?.binary_data_size, 12)
  assert.ok(response.headers.has('inference-header-content-length'))
  assertPredictions(answer)
  const [, jsonOut, plain] = await inferBytes(...binaryBody({ inputs: [binaryInput] }))
  assert.equal(plain.headers.get('inference-header-content-length'), null)
  assertPredictions(jsonOut)
  const outputs = [{ name: 'probability', parameters: { binary_data: true } }]
  const [, binaryOut, mixed] = await infer({ inputs: [input], outputs })
  assert.ok(mixed.headers.has('inference-header-content-length'))
  assertPredictions(binaryOut)
  const raw = await inferBytes(floats, { 'inference-header-content-length': '0' })
  assertPredictions(raw[1])
})

test('reads every datatype in binary', async () => {
  const whole = [1, 0, 1, 0, 1, 1, 0, 0, 1]
  const view = (bytes: number, write: (view: DataView, at: number, value: number) => void) => {
    const buffer = Buffer.alloc(9 * bytes)
    const data = new DataView(buffer.buffer, buffer.byteOffset, buffer.length)
    whole.forEach((value, i) => write(data, i * bytes, value))
    return buffer
  }
  const encoded: Record<string, Buffer> = {
    BOOL: view(1, (v, at, x) => v.setUint8(at, x)),
    UINT8: view(1, (v, at, x) => v.setUint8(at, x)),
    INT8: view(1, (v, at, x) => v.setInt8(at, x)),
    UINT16: view(2, (v, at, x) => v.setUint16(at, x, true)),
    INT16: view(2, (v, at, x) => v.setInt16(at, x, true)),
    UINT32: view(4, (v, at, x) => v.setUint32(at, x, true)),
    INT32: view(4, (v, at, x) => v.setInt32(at, x, true)),
    UINT64: view(8, (v, at, x) => v.setBigUint64(at, BigInt(x), true)),
    INT64: view(8, (v, at, x) => v.setBigInt64(at, BigInt(x), true)),
    FP16: view(2, (v, at, x) => v.setFloat16(at, x, true)),
    BF16: view(2, (v, at, x) => v.setUint16(at, x === 1 ? 0x3f80 : 0, true)),
    FP32: view(4, (v, at, x) => v.setFloat32(at, x, true)),
    FP64: view(8, (v, at, x) => v.setFloat64(at, x, true)),
  }
  const [, wanted] = await infer({ inputs: [{ ...input, data: whole }] })
  for (const [datatype, bytes] of Object.entries(encoded)) {
    const parameters = { binary_data_size: bytes.length }
    const request = { inputs: [{ name: 'input', shape: [3, 3], datatype, parameters }] }
    const [status, answer] = await inferBytes(...binaryBody(request, bytes))
    assert.equal(status, 200, `${datatype}: ${answer.error}`)
    assert.deepEqual(answer.outputs[0]?.data, wanted.outputs[0]?.data, datatype)
  }
})

test('reads bodies packed with gzip and deflate', async () => {
  const json = Buffer.from(JSON.stringify({ inputs: [input] }))
  const packed = [
    ['gzip', gzipSync(json)],
    ['deflate', deflateSync(json)],
  ] as const
  for (const [encoding, body] of packed) {
    const headers = { 'content-type': 'application/json', 'content-encoding': encoding }
    assertPredictions((await inferBytes(body, headers))[1])
  }
  const [whole, headers] = binaryBody({ inputs: [binaryInput] })
  assertPredictions(
    (await inferBytes(gzipSync(whole), { ...headers, 'content-encoding': 'gzip' }))[1],
  )
  const broken = await inferBytes(json, { 'content-encoding': 'gzip' })
  assert.equal(broken[0], 400)
  assert.equal((await inferBytes(json, { 'content-encoding': 'br' }))[0], 400)
})

test('says what is wrong with a request, and never takes the blame for it', async () => {
  const cases: [string, object | string, Record<string, string>?][] = [
    ['no JSON', '{'],
    ['empty', ''],
    ['a list', '[]'],
    ['null', 'null'],
    ['no inputs', {}],
    ['empty inputs', { inputs: [] }],
    ['unknown datatype', { inputs: [{ ...input, datatype: 'COMPLEX' }] }],
    ['wrong count', { inputs: [{ ...input, data: [1, 2] }] }],
    ['wrong width', { inputs: [{ ...input, shape: [9, 1] }] }],
    ['wrong rank', { inputs: [{ ...input, shape: [9] }] }],
    ['negative shape', { inputs: [{ ...input, shape: [-1, 3] }] }],
    ['huge shape', { inputs: [{ ...input, shape: [2 ** 31, 2 ** 31] }] }],
    ['no rows', { inputs: [{ ...input, shape: [0, 3], data: [] }] }],
    ['texts for numbers', { inputs: [{ ...input, data: rows.flat().map(String) }] }],
    ['BYTES', { inputs: [{ ...input, datatype: 'BYTES', data: rows.flat().map(String) }] }],
    ['no data', { inputs: [{ name: 'input', shape: [3, 3], datatype: 'FP32' }] }],
    ['unknown input', { inputs: [{ ...input, name: 'zzz', shape: [9] }] }],
    [
      'the same input twice',
      {
        inputs: [
          { ...input, name: 'a', shape: [9] },
          { ...input, name: 'a', shape: [9] },
        ],
      },
    ],
    ['unknown output', { inputs: [input], outputs: [{ name: 'zzz' }] }],
    [
      'classification',
      { inputs: [input], outputs: [{ name: 'probability', parameters: { classification: 3 } }] },
    ],
    ['binary size without bytes', { inputs: [binaryInput] }],
    [
      'negative binary size',
      { inputs: [{ ...binaryInput, parameters: { binary_data_size: -4 } }] },
    ],
    ['text binary size', { inputs: [{ ...binaryInput, parameters: { binary_data_size: 'x' } }] }],
    [
      'header length beyond the body',
      { inputs: [input] },
      { 'inference-header-content-length': '99999' },
    ],
    [
      'header length of no number',
      { inputs: [input] },
      { 'inference-header-content-length': 'abc' },
    ],
    ['nested too deep', `{"inputs":[{"data":${'['.repeat(40)}${']'.repeat(40)}}]}`],
    ['time', { parameters: { at: true }, inputs: [input] }],
    ['time that is none', { parameters: { at: 'yesterday' }, inputs: [input] }],
  ]
  for (const [name, body, headers] of cases) {
    const [status, answer] = await infer(body, headers)
    assert.equal(status, 400, `${name}: ${status} ${JSON.stringify(answer)}`)
    assert.equal(typeof answer.error, 'string', name)
  }
  const [bytes, headers] = binaryBody({ inputs: [binaryInput] }, Buffer.concat([floats, floats]))
  assert.equal((await inferBytes(bytes, headers))[0], 400)
  const texts = { name: 'a', shape: [1], datatype: 'BYTES', parameters: { binary_data_size: 6 } }
  const cut = binaryBody({ inputs: [texts] }, Buffer.from([255, 255, 255, 255, 65, 66]))
  assert.equal((await inferBytes(...cut))[0], 400)
  assert.equal((await ask('/v2/models/nothing/infer', { method: 'POST', body: '{}' }))[0], 404)
  assert.equal(
    (await ask('/v2/models/late/versions/x/infer', { method: 'POST', body: '{}' }))[0],
    400,
  )
})

test('no bytes that a client sends make the server fail', async () => {
  await fastCheck.assert(
    fastCheck.asyncProperty(
      fastCheck.uint8Array({ maxLength: 200 }),
      fastCheck.option(fastCheck.nat(250)),
      async (bytes, length) => {
        const headers: Record<string, string> = {}
        if (length !== null) headers['inference-header-content-length'] = String(length)
        const [status] = await inferBytes(bytes, headers)
        assert.ok(status < 500, String(status))
      },
    ),
    { numRuns: 150 },
  )
})

test('counts what it answered', async () => {
  const [, stats] = await ask('/v2/models/late/stats')
  const [item] = (stats as unknown as { model_stats: { inference_count: number }[] }).model_stats
  assert.ok((item?.inference_count ?? 0) > 20)
})
