import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type OpenedServer, openServer } from '../../app/opened-server.contract.ts'

let opened: OpenedServer
before(async () => {
  opened = await openServer()
})
after(() => opened.close())

const whole = {
  experiment_id: '0',
  prompt_template: 'Say {{ word }}',
  prompt_parameters: [{ key: 'word', value: 'hello' }],
  model_route: 'chat',
  model_input: 'Say hello',
  mlflow_version: '3.17.2',
}

async function create(body: unknown) {
  const response = await fetch(`${opened.url}/ajax-api/2.0/mlflow/runs/create-promptlab-run`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  const answer = (await response.json()) as {
    message?: string
    run?: { info: Record<string, unknown>; data: Record<string, unknown> }
  }
  return { status: response.status, ...answer }
}

test('keeps what was tried as a finished run with a table', async () => {
  const { status, run } = await create({
    ...whole,
    run_name: 'mine',
    model_parameters: [{ key: 'temperature', value: 0.5 }],
    model_output: 'hello',
    model_output_parameters: [{ key: 'latency', value: 100 }],
    user_id: 'ada',
    start_time: 456,
    tags: [{ key: 'colour', value: 'blue' }],
  })
  assert.equal(status, 200)
  const { info, data } = run ?? { info: {}, data: {} }
  const { run_name: name, status: state, user_id: user, start_time: start } = info
  assert.deepEqual([name, state, user, start], ['mine', 'FINISHED', 'ada', 456])
  assert.deepEqual(data['params'], [
    { key: 'model_route', value: 'chat' },
    { key: 'prompt_template', value: 'Say {{ word }}' },
    { key: 'temperature', value: '0.5' },
  ])
  const tags = data['tags'] as { key: string; value: string }[]
  for (const [key, value] of [
    ['colour', 'blue'],
    ['mlflow.loggedArtifacts', '[{"path": "eval_results_table.json", "type": "table"}]'],
    ['mlflow.runSourceType', 'PROMPT_ENGINEERING'],
  ]) {
    assert.equal(tags.find((tag) => tag.key === key)?.value, value)
  }
  const query = `run_id=${String(info['run_id'])}&path=eval_results_table.json`
  assert.deepEqual(await (await fetch(`${opened.url}/get-artifact?${query}`)).json(), {
    columns: ['word', 'prompt', 'output', 'latency'],
    data: [['hello', 'Say hello', 'hello', '100']],
  })
})

test('says which field it misses', async () => {
  for (const field of Object.keys(whole)) {
    const { status, message } = await create({ ...whole, [field]: undefined })
    assert.equal(status, 400)
    assert.equal(message, `CreatePromptlabRun request must specify ${field}.`)
  }
  const odd = await create({ ...whole, model_parameters: [{ key: 'temperature' }] })
  assert.deepEqual(
    [odd.status, odd.message],
    [400, 'An item of the field model_parameters has a key and a value.'],
  )
})
