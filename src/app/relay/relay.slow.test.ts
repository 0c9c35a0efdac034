import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createSilentLog } from '../log.ts'
import { openServer } from '../opened-server.contract.ts'
import { type RelayOptions, type RunningRelay, startRelay } from './relay.ts'

const nobody = 'http://127.0.0.1:9'

interface Opened {
  relay: RunningRelay
  directory: string
  ask(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Got>
  restart(): Promise<void>
}

interface Got {
  status: number
  // oxlint-disable-next-line typescript/no-explicit-any -- whatever the wire brings
  body: any
}

/** A relay whose server cannot be reached. */
async function openRelay(t: TestContext, more: Partial<RelayOptions> = {}): Promise<Opened> {
  const directory = await mkdtemp(join(tmpdir(), 'gyre-relay-'))
  const options: RelayOptions = {
    to: nobody,
    directory,
    port: 0,
    credential: undefined,
    maxBytes: 1e9,
    connections: 4,
    log: createSilentLog(),
    ...more,
  }
  const opened: Opened = {
    directory,
    relay: await startRelay(options),
    async ask(method, path, body, headers = {}) {
      const isText = typeof body === 'string'
      const answer = await fetch(`${opened.relay.url}${path}`, {
        method,
        headers: {
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: isText ? body : JSON.stringify(body) }),
      })
      const text = await answer.text()
      const isJson = (answer.headers.get('content-type') ?? '').includes('json')
      return { status: answer.status, body: isJson ? JSON.parse(text) : text }
    },
    async restart() {
      await opened.relay.close()
      opened.relay = await startRelay(options)
    },
  }
  t.after(async () => {
    await opened.relay.close()
    await rm(directory, { recursive: true })
  })
  return opened
}

const api = '/api/2.0/mlflow'

async function startRun({ ask }: Opened, body: object = {}): Promise<string> {
  const { body: answer } = await ask('POST', `${api}/runs/create`, {
    experiment_id: '0',
    start_time: 1000,
    ...body,
  })
  return answer.run.info.run_id
}

describe('a relay to a Gyre', () => {
  it('keeps the ids that it handed out, and brings everything once the server is there', async (t) => {
    const server = await openServer()
    t.after(() => server.close())
    const port = Number(new URL(server.url).port)
    await server.server.close()
    const opened = await openRelay(t, { to: server.url })
    const run = await startRun(opened, { run_name: 'kept' })
    for (let step = 0; step < 30; step++) {
      const metric = { run_id: run, key: 'm', value: step, timestamp: step, step }
      await opened.ask('POST', `${api}/runs/log-metric`, metric)
    }
    const changed = { run_id: run, key: 'p', value: '1' }
    await opened.ask('POST', `${api}/runs/log-parameter`, changed)
    await opened.ask('POST', `${api}/runs/log-parameter`, { ...changed, value: '2' })
    const root = `/api/2.0/mlflow-artifacts/artifacts/0/${run}/artifacts`
    await opened.ask('PUT', `${root}/a.txt`, 'content')
    await opened.ask('POST', `${api}/runs/update`, { run_id: run, status: 'FINISHED', end_time: 5 })
    const back = await openServer({ data: server.directory, port })
    t.after(() => back.close())
    for (let pending = 1; pending > 0; await sleep(20)) {
      pending = (await opened.ask('GET', '/gyre-relay/status')).body.pending
    }
    const params = { project: 'default', run }
    const found = await back.client().runs.getRun({ params })
    assert.deepEqual([found.name, found.status, found.parameters], ['kept', 'finished', { p: '1' }])
    assert.equal(found.metricSummaries[0]?.count, 30)
    const files = await back.client().runs.listArtifacts({ params, query: { path: '' } })
    assert.deepEqual(
      files.items.map((file) => file.path),
      ['a.txt'],
    )
    const { body } = await opened.ask('GET', '/gyre-relay/status')
    assert.equal(body.asideCount, 1)
    assert.match(body.aside[0].reason, /Changing param values is not allowed/)
    assert.deepEqual((await opened.ask('POST', '/gyre-relay/drop', { entries: 'all' })).body, {
      dropped: 1,
    })
    const { body: last } = await opened.ask('GET', '/gyre-relay/status')
    assert.deepEqual([last.bytes, last.asideCount], [0, 0])
    const online = await startRun(opened)
    assert.equal(
      (await back.client().runs.getRun({ params: { ...params, run: online } })).id,
      online,
    )
  })
})

describe('a relay whose server is away', () => {
  it('knows a run by all that was logged to it, also after a restart', async (t) => {
    const opened = await openRelay(t)
    const { ask } = opened
    const run = await startRun(opened, { run_name: 'first', tags: [{ key: 'a', value: 'b' }] })
    const steps = [1, 3, 2]
    for (const step of steps) {
      const metric = { run_id: run, key: 'loss', value: step / 10, timestamp: step, step }
      assert.deepEqual(await ask('POST', `${api}/runs/log-metric`, metric), {
        status: 200,
        body: {},
      })
    }
    await ask('POST', `/ajax-api/2.0/mlflow/runs/log-batch`, {
      run_id: run,
      params: [{ key: 'depth', value: '4' }],
      tags: [{ key: 'a', value: 'c' }],
      metrics: [{ key: 'odd', value: 'NaN', timestamp: 1, step: 0 }],
    })
    const ended = await ask('POST', `${api}/runs/update`, {
      run_id: run,
      status: 'FINISHED',
      end_time: 9,
    })
    assert.equal(ended.body.run_info.status, 'FINISHED')
    assert.equal(ended.body.run_info.run_name, 'first')
    await opened.restart()
    const { body } = await ask('GET', `${api}/runs/get?run_id=${run}`)
    assert.deepEqual(body.run.data.metrics, [
      { key: 'loss', value: 0.3, timestamp: 3, step: 3 },
      { key: 'odd', value: 'NaN', timestamp: 1, step: 0 },
    ])
    assert.deepEqual(body.run.data.params, [{ key: 'depth', value: '4' }])
    assert.deepEqual(
      body.run.data.tags.map((tag: { key: string; value: string }) => `${tag.key}=${tag.value}`),
      ['a=c', 'mlflow.runName=first'],
    )
    const history = await ask('GET', `${api}/metrics/get-history?run_id=${run}&metric_key=loss`)
    assert.deepEqual(
      history.body.metrics.map((point: { step: number }) => point.step),
      [1, 2, 3],
    )
  })

  it('lists and gives the artifacts that it keeps', async (t) => {
    const opened = await openRelay(t)
    const run = await startRun(opened)
    const root = `/api/2.0/mlflow-artifacts/artifacts`
    for (const path of ['a.txt', 'deep/b%20c.txt', 'deep/er/d.txt']) {
      const put = await opened.ask(
        'PUT',
        `${root}/0/${run}/artifacts/${path}`,
        `content of ${path}`,
      )
      assert.equal(put.status, 200)
    }
    await opened.ask('PUT', `${root}/0/${run}/artifacts/a.txt`, 'replaced')
    const top = await opened.ask('GET', `${api}/artifacts/list?run_id=${run}`)
    assert.deepEqual(top.body.files, [
      { path: 'a.txt', is_dir: false, file_size: 8 },
      { path: 'deep', is_dir: true },
    ])
    const under = await opened.ask('GET', `${root}?path=0%2F${run}%2Fartifacts%2Fdeep`)
    assert.deepEqual(
      under.body.files.map((file: { path: string }) => file.path),
      ['b c.txt', 'er'],
    )
    const got = await opened.ask('GET', `${root}/0/${run}/artifacts/a.txt`)
    assert.equal(got.body, 'replaced')
  })

  it('names experiments, models and versions until the server does', async (t) => {
    const { ask } = await openRelay(t)
    assert.equal(
      (await ask('GET', `${api}/experiments/get-by-name?experiment_name=new`)).status,
      404,
    )
    const { body: made } = await ask('POST', `${api}/experiments/create`, { name: 'new' })
    const known = await ask('GET', `${api}/experiments/get-by-name?experiment_name=new`)
    assert.equal(known.body.experiment.experiment_id, made.experiment_id)
    const { body: logged } = await ask('POST', `${api}/logged-models`, {
      experiment_id: made.experiment_id,
      name: 'model',
    })
    const id = logged.model.info.model_id
    await ask('PATCH', `${api}/logged-models/${id}/tags`, { tags: [{ key: 'k', value: 'v' }] })
    await ask('PATCH', `${api}/logged-models/${id}`, { model_id: id, status: 'LOGGED_MODEL_READY' })
    const { body: model } = await ask('GET', `${api}/logged-models/${id}`)
    assert.equal(model.model.info.status, 'LOGGED_MODEL_READY')
    assert.deepEqual(model.model.info.tags, [{ key: 'k', value: 'v' }])
    const registered = await ask('POST', `${api}/registered-models/create`, { name: 'sold' })
    assert.equal(registered.body.registered_model.name, 'sold')
    const { body: version } = await ask('POST', `${api}/model-versions/create`, {
      name: 'sold',
      source: `models:/${id}`,
      model_id: id,
    })
    const number = version.model_version.version
    const ready = await ask('GET', `${api}/model-versions/get?name=sold&version=${number}`)
    assert.equal(ready.body.model_version.status, 'READY')
  })

  it('says at once what it does not know', async (t) => {
    const { ask } = await openRelay(t)
    const found = await ask('POST', `${api}/runs/search`, { experiment_ids: ['0'] })
    assert.equal(found.status, 424)
    assert.match(found.body.message, /cannot be reached/)
    assert.equal((await ask('GET', `${api}/runs/get?run_id=${'0'.repeat(32)}`)).status, 424)
    assert.deepEqual((await ask('GET', '/version')).status, 200)
    assert.equal((await ask('POST', `${api}/runs/log-metric`, '{"run_id":')).status, 400)
    assert.equal((await ask('GET', `${api}/runs/get?run_id=%E0%A4%A`)).status, 400)
    const noJson = { 'content-type': 'text/plain' }
    assert.equal((await ask('POST', `${api}/runs/create`, '{}', noJson)).status, 400)
  })

  it('takes a repeated creation for the same one only when it was not answered', async (t) => {
    const opened = await openRelay(t)
    const body = JSON.stringify({ experiment_id: '0', start_time: 5 })
    const first = await startRun(opened, { start_time: 5 })
    assert.notEqual(await startRun(opened, { start_time: 5 }), first)
    const { body: before } = await opened.ask('GET', '/gyre-relay/status')
    await sendAndLeave(`${opened.relay.url}${api}/runs/create`, body)
    for (let pending = before.pending; pending === before.pending;) {
      pending = (await opened.ask('GET', '/gyre-relay/status')).body.pending
    }
    await opened.restart()
    await opened.ask('POST', `${api}/runs/create`, body)
    const { body: after } = await opened.ask('GET', '/gyre-relay/status')
    assert.equal(after.pending, before.pending + 1)
    await opened.ask('POST', `${api}/runs/create`, body)
    const { body: last } = await opened.ask('GET', '/gyre-relay/status')
    assert.equal(last.pending, before.pending + 2)
  })

  it('refuses more than its disk may take, and keeps what it has', async (t) => {
    const opened = await openRelay(t, { maxBytes: 200_000 })
    const run = await startRun(opened)
    const root = `/api/2.0/mlflow-artifacts/artifacts/0/${run}/artifacts`
    const large = await opened.ask('PUT', `${root}/large.bin`, 'x'.repeat(300_000))
    assert.equal(large.status, 507)
    assert.equal((await opened.ask('PUT', `${root}/some.bin`, 'x'.repeat(150_000))).status, 200)
    const more = await opened.ask('PUT', `${root}/more.bin`, 'y')
    assert.deepEqual([more.status, more.body.error_code], [507, 'RESOURCE_EXHAUSTED'])
    assert.equal((await opened.ask('GET', `${root}/some.bin`)).body.length, 150_000)
    assert.equal((await readdir(join(opened.directory, 'spool', 'incoming'))).length, 0)
  })

  it('never writes a credential, and never sends under another', async (t) => {
    const opened = await openRelay(t)
    const authorization = 'Bearer gyre_very_secret_token'
    await opened.ask('POST', `${api}/runs/create`, { experiment_id: '0' }, { authorization })
    await opened.restart()
    for (const name of await readdir(opened.directory)) {
      const content = await readFile(join(opened.directory, name)).catch(() => Buffer.alloc(0))
      assert.ok(!content.includes('very_secret'), name)
    }
  })

  it('answers no foreign page', async (t) => {
    const { ask, relay } = await openRelay(t)
    const origin = { origin: 'https://evil.example' }
    assert.equal((await ask('POST', `${api}/runs/create`, {}, origin)).status, 403)
    assert.equal(await statusUnderName(`${relay.url}/version`, 'evil.example'), 403)
  })
})

/** Sends a request and closes the connection without reading the answer. */
async function sendAndLeave(url: string, body: string): Promise<void> {
  await new Promise<void>((resolve) => {
    const sent = request(url, { method: 'POST', headers: { 'content-type': 'application/json' } })
    sent.on('error', () => resolve())
    sent.end(body, () => sent.destroy())
    sent.on('close', () => resolve())
  })
}

async function statusUnderName(url: string, host: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    request(url, { headers: { host } }, (answer) => {
      answer.resume()
      resolve(answer.statusCode)
    })
      .on('error', reject)
      .end()
  })
}
