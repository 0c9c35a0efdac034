import { GyreError } from '#kernel/errors'
import type { Replay, ReplayRequest } from '#domains/deployments/index'

export interface ReplayOptions {
  /** Where this server itself is reached. */
  url: string
  headers?: Readonly<Record<string, string>>
}

type Ask = (request: ReplayRequest) => Promise<Float64Array>

/** Rows of one request: what a client would send, not all at once. */
const rowsPerRequest = 50

/** Asks this server through its real doors: Open Inference in JSON and in binary, and our own JSON. */
export function createReplay({ url, headers = {} }: ReplayOptions): Replay {
  const post = async (path: string, body: string | Buffer, more: Record<string, string>) => {
    const response = await fetch(url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers, ...more },
      body: typeof body === 'string' ? body : new Uint8Array(body),
    })
    if (response.ok) return response
    const text = (await response.text()).slice(0, 500)
    throw new GyreError({
      code: 'unavailable',
      public: `Replaying training rows through ${path} was answered with ${response.status}: ${text}`,
    })
  }
  const protocols: readonly [string, Ask][] = [
    ['Open Inference JSON', (request) => askJson(post, request)],
    ['Open Inference binary', (request) => askBinary(post, request)],
    ['JSON', (request) => askOwn(post, request)],
  ]
  return async (request) => {
    const answers: { protocol: string; predictions: Float64Array }[] = []
    for (const [protocol, ask] of protocols) {
      const predictions = new Float64Array(request.rows)
      for (let start = 0; start < request.rows; start += rowsPerRequest) {
        const part = await ask(partOf(request, start))
        predictions.set(part.subarray(0, request.rows - start), start)
      }
      answers.push({ protocol, predictions })
    }
    return answers
  }
}

type Post = (
  path: string,
  body: string | Buffer,
  headers: Record<string, string>,
) => Promise<Response>

function partOf(request: ReplayRequest, start: number): ReplayRequest {
  const rows = Math.min(rowsPerRequest, request.rows - start)
  const { width, features } = request
  return { ...request, rows, features: features.slice(start * width, (start + rows) * width) }
}

function inferPath({ project, endpoint, version }: ReplayRequest): string {
  return `/v2/models/${encodeURIComponent(`${project}:${endpoint}`)}/versions/${version}/infer`
}

async function askJson(post: Post, request: ReplayRequest): Promise<Float64Array> {
  const { tensor, rows, width, features } = request
  const data = Array.from(features, (value) => (Number.isNaN(value) ? null : value))
  const input = { name: tensor, shape: [rows, width], datatype: 'FP32', data }
  const body = JSON.stringify({ parameters: { log: false }, inputs: [input] })
  const response = await post(inferPath(request), body, {})
  const answer = (await response.json()) as {
    outputs: [{ shape: number[]; data: (number | null)[] }]
  }
  const [output] = answer.outputs
  return firstOutputs(output.data, rows)
}

async function askBinary(post: Post, request: ReplayRequest): Promise<Float64Array> {
  const { tensor, rows, width, features } = request
  const floats = Buffer.from(Float32Array.from(features).buffer)
  const input = {
    name: tensor,
    shape: [rows, width],
    datatype: 'FP32',
    parameters: { binary_data_size: floats.length },
  }
  const parameters = { log: false, binary_data_output: true }
  const json = Buffer.from(JSON.stringify({ parameters, inputs: [input] }))
  const response = await post(inferPath(request), Buffer.concat([json, floats]), {
    'inference-header-content-length': String(json.length),
    'content-type': 'application/octet-stream',
  })
  const headerLength = Number(response.headers.get('inference-header-content-length'))
  const bytes = (await response.arrayBuffer()).slice(headerLength)
  return firstOutputs(new Float32Array(bytes), rows)
}

async function askOwn(post: Post, request: ReplayRequest): Promise<Float64Array> {
  const { project, endpoint, version, rows, width, features } = request
  const input = Array.from({ length: rows }, (_, row) =>
    Array.from(features.subarray(row * width, (row + 1) * width), (value) =>
      Number.isNaN(value) ? null : value,
    ),
  )
  const path = `/api/v1/projects/${encodeURIComponent(project)}/endpoints/${encodeURIComponent(endpoint)}/predict`
  const response = await post(path, JSON.stringify({ input, version, log: false }), {})
  const { predictions } = (await response.json()) as { predictions: (number | number[] | null)[] }
  return firstOutputs(predictions.flat(), rows)
}

/** The first output of each row. */
function firstOutputs(values: ArrayLike<number | null>, rows: number): Float64Array {
  const outputs = values.length / rows
  return Float64Array.from({ length: rows }, (_, row) => values[row * outputs] ?? Number.NaN)
}
