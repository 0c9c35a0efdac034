/**
 * The peer for predictions: node:http and onnxruntime-node with nothing else, one run per request.
 * `peer-inference.ts MODEL.onnx` prints {url} when it listens.
 */
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { InferenceSession, Tensor } from 'onnxruntime-node'

const [model = ''] = process.argv.slice(2)
const session = await InferenceSession.create(model, {
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
})
const [input = ''] = session.inputNames
const [output = ''] = session.outputNames

const server = createServer((request, response) => {
  void answer(request).then((text) => {
    response.setHeader('content-type', 'application/json')
    response.end(text)
  })
})
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo
  console.log(JSON.stringify({ url: `http://127.0.0.1:${port}/` }))
})
process.once('SIGTERM', () => process.exit(0))

async function answer(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const body = JSON.parse(Buffer.concat(chunks).toString()) as {
    inputs: { data: number[]; shape: number[] }[]
  }
  const [first] = body.inputs
  const tensor = new Tensor('float32', Float32Array.from(first?.data ?? []), first?.shape ?? [])
  const scored = await session.run({ [input]: tensor })
  const data = [...((scored[output]?.data ?? []) as Float32Array)]
  return JSON.stringify({
    outputs: [{ name: output, shape: [data.length, 1], datatype: 'FP32', data }],
  })
}
