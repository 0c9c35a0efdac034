import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type OpenedServer, openServer } from '../../../app/opened-server.contract.ts'

let opened: OpenedServer
before(async () => {
  opened = await openServer()
})
after(() => opened.close())

async function spansOf(id: string): Promise<unknown> {
  const path = `/ajax-api/2.0/mlflow/get-trace-artifact?request_id=${id}`
  const response = await fetch(opened.url + path)
  assert.equal(response.status, 200)
  assert.match(
    response.headers.get('content-disposition') ?? '',
    /^attachment; filename=.*traces\.json/,
  )
  return response.json()
}

test("the spans that an MLflow 2 client left as a trace's file", async () => {
  const started = await fetch(`${opened.url}/api/2.0/mlflow/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ experiment_id: '0', timestamp_ms: 5 }),
  })
  const { trace_info: info } = (await started.json()) as {
    trace_info: { request_id: string; tags: { key: string; value: string }[] }
  }
  assert.deepEqual(await spansOf(info.request_id), { spans: [] })
  const place = info.tags.find(({ key }) => key === 'mlflow.artifactLocation')?.value ?? ''
  const path = place.replace('mlflow-artifacts:', '/api/2.0/mlflow-artifacts/artifacts')
  const left = { spans: [{ name: 'root' }], request: '"hi"', response: 'null' }
  const put = await fetch(`${opened.url}${path}/traces.json`, {
    method: 'PUT',
    body: JSON.stringify(left),
  })
  assert.equal(put.status, 200)
  assert.deepEqual(await spansOf(info.request_id), left)
})
