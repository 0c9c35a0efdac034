import { mkdtemp, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { createClient } from '#client/client'
import { runGyre, runScript, startScript, startServer } from '../process.ts'

const project = 'flights'
const seconds = '4'

/**
 * One-row predictions through the endpoint that four weeks of the demo leave, logged as in
 * production, and the same rows through a bare server with the same model; and the join of every
 * flight of those weeks with its features.
 */
export async function measurePredictionsAndJoin(scratch: string): Promise<object> {
  const data = await mkdtemp(join(scratch, 'predictions-'))
  const server = await startServer(data)
  const client = createClient({ url: server.url })
  try {
    await prepare(server.url, data)
    const address = `${server.url}/v2/models/late-flights/infer`
    const gyre = {
      json: await loads(address, 'json'),
      binary: await loads(address, 'binary'),
    }
    const params = { project, model: 'late-flights', version: 'champion' }
    const file = await client.models.downloadVersionFile({ params, query: { path: 'model.onnx' } })
    const model = join(data, 'peer.onnx')
    await writeFile(model, await buffer(file.content))
    const peer = await startScript('peer-inference.ts', [model])
    const bare = { json: await loads((peer.ready as { url: string }).url, 'json') }
    await peer.stop()
    const set = await client.features.join({
      params: { project, service: 'late_flights' },
      body: { data: 'flights', label: 'late=delay > 15' },
    })
    const joined = {
      rows: set.rows,
      seconds: set.durationMs / 1000,
      rowsPerSecond: Math.round((1000 * set.rows) / set.durationMs),
    }
    return { predictions: { gyre, bare }, pointInTimeJoin: joined }
  } finally {
    await server.stop()
  }
}

/** Four weeks of the demo: a model is trained and serves. It has not closed the loop by then. */
async function prepare(url: string, data: string): Promise<void> {
  const args = ['demo', '--json', '--url', url, '--data', data, '--weeks', '4']
  await runGyre(args).catch((error: Error) => {
    if (!error.message.includes('"champion": 1')) throw error
  })
}

async function loads(url: string, kind: 'json' | 'binary'): Promise<object> {
  return {
    connections1: await runScript('load.ts', [url, '1', seconds, kind]),
    connections32: await runScript('load.ts', [url, '32', seconds, kind]),
  }
}
