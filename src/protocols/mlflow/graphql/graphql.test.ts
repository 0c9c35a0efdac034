import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type OpenedServer, openServer } from '../../../app/opened-server.contract.ts'

let opened: OpenedServer
let run: string
let experiment: string
before(async () => {
  opened = await openServer()
  const { experiment_id: id } = await rest('experiments/create', { name: 'queries' })
  experiment = String(id)
  const created = await rest('runs/create', { experiment_id: experiment, start_time: 5 })
  run = (created as { run: { info: { run_id: string } } }).run.info.run_id
  for (const [key, value] of Object.entries({ loss: 0.5, broken: 'NaN' })) {
    await rest('runs/log-metric', { run_id: run, key, value, timestamp: 7, step: 3 })
  }
  await rest('runs/log-inputs', {
    run_id: run,
    datasets: [{ dataset: { name: 'd', digest: 'x', source_type: 'local', source: 's' } }],
  })
})
after(() => opened.close())

interface GraphqlAnswer {
  data: Record<string, unknown> | null
  errors: string[] | null
}

async function rest(path: string, body: unknown): Promise<Record<string, unknown>> {
  const response = await post(`/api/2.0/mlflow/${path}`, body)
  assert.equal(response.status, 200)
  return (await response.json()) as Record<string, unknown>
}

function post(path: string, body: unknown): Promise<Response> {
  const headers = { 'content-type': 'application/json' }
  return fetch(opened.url + path, { method: 'POST', headers, body: JSON.stringify(body) })
}

async function ask(query: string, variables?: unknown): Promise<GraphqlAnswer> {
  const response = await post('/graphql', { query, variables })
  assert.equal(response.status, 200)
  return (await response.json()) as GraphqlAnswer
}

test('answers a query with what REST says, 64-bit numbers as texts', async () => {
  const { data, errors } = await ask(
    `query Page($data: MlflowGetRunInput!) @component(name: "Page") {
      mlflowGetRun(input: $data) { apiError { code } run {
        info { status startTime endTime }
        data { metrics { key value step timestamp } params { key } }
        experiment { experimentId name tags { key } }
        modelVersions { name }
        inputs { datasetInputs { dataset { name profile } } modelInputs { modelId } }
      } } }`,
    { data: { runId: run } },
  )
  assert.equal(errors, null)
  assert.deepEqual(data, {
    mlflowGetRun: {
      apiError: null,
      run: {
        info: { status: 'RUNNING', startTime: '5', endTime: '0' },
        data: {
          metrics: [
            { key: 'broken', value: null, step: '3', timestamp: '7' },
            { key: 'loss', value: 0.5, step: '3', timestamp: '7' },
          ],
          params: [],
        },
        experiment: { experimentId: experiment, name: 'queries', tags: [] },
        modelVersions: [],
        inputs: { datasetInputs: [{ dataset: { name: 'd', profile: '' } }], modelInputs: [] },
      },
    },
  })
})

test('searches runs as a query and as a mutation, and lists the data sets', async () => {
  const field = `mlflowSearchRuns(input: { experimentIds: ["${experiment}"], filter: "metrics.loss < 1" })
    { runs { info { runId } } nextPageToken }`
  for (const operation of ['query', 'mutation']) {
    const { data, errors } = await ask(`${operation} { ${field} }`)
    assert.equal(errors, null)
    const found = { runs: [{ info: { runId: run } }], nextPageToken: '' }
    assert.deepEqual(data, { mlflowSearchRuns: found })
  }
  const { data } =
    await ask(`mutation { mlflowSearchDatasets(input: { experimentIds: ["${experiment}"] })
    { datasetSummaries { name digest context } } }`)
  const datasetSummaries = [{ name: 'd', digest: 'x', context: '' }]
  assert.deepEqual(data, { mlflowSearchDatasets: { datasetSummaries } })
})

test('reads points and artifacts', async () => {
  const { data, errors } = await ask(`{
    points: mlflowGetMetricHistoryBulkInterval(input: { runIds: ["${run}"], metricKey: "loss" })
      { metrics { runId value step } }
    files: mlflowListArtifacts(input: { runId: "${run}" }) { files { path fileSize } }
  }`)
  assert.equal(errors, null)
  assert.deepEqual(data, {
    points: { metrics: [{ runId: run, value: 0.5, step: '3' }] },
    files: { files: [] },
  })
})

test('tells what is wrong in the answer, which is 200', async () => {
  const absent = await ask(
    '{ mlflowGetExperiment(input: { experimentId: "999" }) { experiment { name } } }',
  )
  assert.deepEqual(absent.data, { mlflowGetExperiment: null })
  assert.match(String(absent.errors), /999/)
  for (const query of ['{ nonsense }', '{', '{ test(inputString: 1) { output } }']) {
    const { data, errors } = await ask(query)
    assert.deepEqual([data, errors?.length], [null, 1], query)
  }
  for (const body of [{}, { query: 5 }, { query: '{ __typename }', variables: [] }]) {
    assert.equal((await post('/graphql', body)).status, 400)
  }
})

test('refuses queries that ask for too much', async () => {
  const times = (count: number, text: (i: number) => string): string =>
    Array.from({ length: count }, (_, i) => text(i)).join(' ')
  const inside = (text: string): string =>
    `{ mlflowGetExperiment(input: { experimentId: "0" }) { ${text} } }`
  const deep = `${times(12, () => 'name {')} name ${times(12, () => '}')}`
  const recursive = `{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }`
  const refused: [string, RegExp][] = [
    [`{ ${times(11, (i) => `k${i}: test { output }`)} }`, /at most 10 root fields, got 11/],
    [inside(times(11, (i) => `e${i}: experiment { name }`)), /at most 10 aliases/],
    [inside(deep), /^Query exceeds maximum depth of 10$/],
    [inside(times(1001, (i) => `f${i}`)), /^Query exceeds maximum total selections of 1000$/],
    [
      `{ ...F ...F } fragment F on Query { ${times(11, (i) => `k${i}: test { output }`)} }`,
      /root fields/,
    ],
    [recursive, /fragment/],
    [`${'{a'.repeat(2000)}`, /maximum depth/],
    [`{ test(inputString: ${'['.repeat(2000)}`, /maximum depth/],
    [`{ ${'a '.repeat(5000)}`, /5000 words/],
    [
      `{ test { output } } ${times(60, (i) => `fragment F${i} on Test { output }`)}`,
      /50 operations/,
    ],
  ]
  for (const [query, message] of refused) {
    const { data, errors } = await ask(query)
    assert.equal(data, null)
    assert.match(String(errors), message)
  }
})
