import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { freshSchema, postgresUrl } from '#adapters/sql/fresh-schema.contract'
import { startServerProcess } from '../../src/app/faults/server-process.contract.ts'
import { mlflowPython, olderPython } from './python.contract.ts'

const run = promisify(execFile)
const python = await mlflowPython()
const noPython = python === undefined && 'no Python with mlflow'

/** What every client must see, whatever its version and our database. */
const expected = {
  experiments: {
    default: 'Default',
    same: true,
    tags: { team: 'a', stage: '1' },
    absent: true,
    taken: ['RESOURCE_ALREADY_EXISTS', 'RESOURCE_ALREADY_EXISTS'],
    deleted: 'deleted',
    found: ['compat / renamed'],
  },
  fluent: {
    status: 'FINISHED',
    name: 'parent',
    stage: 'active',
    artifacts: 'mlflow-artifacts:',
    params: { depth: '3', rate: '0.1' },
    metrics: { auc: 0.7, f1: 0.6, loss: 0.01, odd: 'nan', vast: Number.MAX_VALUE },
    tags: { colour: 'blue', 'mlflow.note.content': 'a note', 'mlflow.runName': 'parent' },
    'child of': true,
    history: [
      [0, 1],
      [1, 0.5],
      [2, 1 / 3],
      [3, 0.25],
      [4, 0.2],
      [5, 0.01],
    ],
    inputs: [
      ['test', 'code', 'testing'],
      ['train', 'code', 'training'],
    ],
    files: ['data.json', 'notes'],
    text: 'hello',
    dict: { a: [1, 2] },
  },
  registry: {
    taken: 'RESOURCE_ALREADY_EXISTS',
    versions: ['1', '2'],
    alias: ['1', 'the first', { checked: 'yes' }],
    weights: 'weights',
    stages: ['None'],
    found: ['renamed'],
    gone: 'RESOURCE_DOES_NOT_EXIST',
    aliases: { champion: '1' },
  },
  searches: {
    pages: [5, 5, 2],
    best: ['run 24', 'run 22'],
    failed: ['run 3'],
    quoted: 25 - 1,
    like: ['run 10', 'run 11', 'run 12'],
    deleted: ['run 7'],
    all: 25,
    nothing: [],
    wrong: 'INVALID_PARAMETER_VALUE',
    frame: 24,
    restored: 25,
  },
  files: {
    tree: { 'root.txt': '1', 'a/ü.txt': '2', 'a/b c/100%.csv': '3', empty: '' },
    listed: [
      ['tree/a', true, null],
      ['tree/empty', false, null],
      ['tree/root.txt', false, 1],
    ],
    'of a file': [],
    absent: [],
  },
}

type Refusal = [code: string, message: string] | null

interface Seen {
  version: string
  refusals: Record<
    'changed' | 'name' | 'many' | 'tag' | 'run' | 'experiment' | 'deleted',
    Refusal
  > & {
    cut: [number, number]
    unchanged: string
  }
}

function checkRefusals({ refusals }: Seen): void {
  const { changed, name, many, tag, run: absent, experiment, deleted, cut, unchanged } = refusals
  const wrong = 'INVALID_PARAMETER_VALUE'
  for (const [refusal, code, text] of [
    [changed, wrong, /Changing param values is not allowed/],
    [name, wrong, /Invalid value "a\/\/b" for parameter '.*name' supplied/],
    [many, wrong, /at most 1000 metrics\. Got 1001/],
    [tag, 'RESOURCE_DOES_NOT_EXIST', /No tag with name: gone/],
    [absent, 'RESOURCE_DOES_NOT_EXIST', /Run with id=0{32} not found/],
    [experiment, 'RESOURCE_DOES_NOT_EXIST', /No Experiment with id=123456 exists/],
    [deleted, wrong, /must be in the 'active' state/],
  ] as const) {
    assert.equal(refusal?.[0], code)
    assert.match(refusal?.[1] ?? '', text)
  }
  assert.deepEqual([cut, unchanged], [[6000, 8000], '1'])
}

async function track(
  interpreter: string,
  url: string,
  [script = '', ...args]: readonly string[],
  environment: Readonly<Record<string, string | undefined>> = {},
) {
  const { stdout } = await run(interpreter, [join(import.meta.dirname, script), ...args], {
    env: {
      ...process.env,
      MLFLOW_TRACKING_URI: url,
      MLFLOW_HTTP_REQUEST_MAX_RETRIES: '1',
      GIT_PYTHON_REFRESH: 'quiet',
      ...environment,
    },
    maxBuffer: 1 << 26,
  })
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Seen & Record<string, unknown>
}

function checkSeen(seen: Awaited<ReturnType<typeof track>>): void {
  const { version: _version, refusals: _refusals, ...others } = seen
  assert.deepEqual(others, expected)
  checkRefusals(seen)
}

async function scratch(t: { after(work: () => Promise<void>): void }): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'gyre-compat-'))
  t.after(() => rm(directory, { recursive: true, force: true }))
  return directory
}

test('the client of today tracks on SQLite', { skip: noPython }, async (t) => {
  const server = await startServerProcess(t, { args: ['--data', await scratch(t)] })
  checkSeen(await track(python ?? '', server.url, ['track.py']))
})

test(
  'the client of today tracks on PostgreSQL, with a token',
  { skip: noPython || (postgresUrl === undefined && 'GYRE_TEST_POSTGRES_URL is not set.') },
  async (t) => {
    const { url: databaseUrl, drop } = await freshSchema()
    const directory = await scratch(t)
    const server = await startServerProcess(t, {
      args: ['--data', directory, '--auth', 'tokens'],
      environment: { GYRE_DATABASE_URL: databaseUrl },
    })
    const token = { MLFLOW_TRACKING_TOKEN: server.adminToken }
    checkSeen(await track(python ?? '', server.url, ['track.py'], token))
    await server.end()
    await drop()
  },
)

for (const version of ['2.9.2', '2.22.2', '3.6.0']) {
  const older = await olderPython(version)
  test(
    `the client ${version} tracks`,
    { skip: older === undefined && `no Python with mlflow ${version}` },
    async (t) => {
      const server = await startServerProcess(t, { args: ['--data', await scratch(t)] })
      const seen = await track(older ?? '', server.url, ['track.py'])
      assert.equal(seen.version, version)
      checkSeen(seen)
    },
  )
}

test('autologging trains, models are logged and loaded', { skip: noPython }, async (t) => {
  const server = await startServerProcess(t, { args: ['--data', await scratch(t)] })
  const { sklearn, lightgbm, ...seen } = await track(python ?? '', server.url, ['train.py'])
  assert.deepEqual(sklearn, {
    status: 'FINISHED',
    params: true,
    metrics: [
      'training_accuracy_score',
      'training_f1_score',
      'training_log_loss',
      'training_precision_score',
      'training_recall_score',
      'training_roc_auc',
      'training_score',
    ],
    files: [
      'estimator.html',
      'training_confusion_matrix.png',
      'training_precision_recall_curve.png',
      'training_roc_curve.png',
    ],
    outputs: 1,
    inputs: ['train'],
  })
  assert.deepEqual(lightgbm, {
    status: 'FINISHED',
    params: true,
    metrics: ['training-binary_logloss'],
    files: [
      'feature_importance_gain.json',
      'feature_importance_gain.png',
      'feature_importance_split.json',
      'feature_importance_split.png',
    ],
    outputs: 0,
    inputs: ['train'],
  })
  assert.deepEqual(seen, {
    children: ['0.1', '1.0'],
    rounds: [0, 1, 2, 3, 4],
    loaded: { 'by uri': true, 'by run': true, 'by version': true, 'by alias': true },
    logged: {
      status: 'READY',
      metrics: [['auc', 0.8]],
      run: true,
      found: 1,
      version: true,
    },
  })
})

test('64 processes that log into one run at once lose nothing', { skip: noPython }, async (t) => {
  const server = await startServerProcess(t, { args: ['--data', await scratch(t)] })
  assert.deepEqual(await track(python ?? '', server.url, ['many_processes.py', server.url]), {
    failed: [],
    params: 1 + 64 + 64 * 2,
    world: '64',
    tags: true,
    points: Array.from({ length: 64 }, () => 10),
    last: true,
    shared: [640, 640],
    files: 64,
    text: 'of rank 63',
  })
})

test('a file of 1 GiB and 10,000 files, in little memory', { skip: noPython }, async (t) => {
  const server = await startServerProcess(t, { args: ['--data', await scratch(t)] })
  const seen = await track(python ?? '', server.url, ['track-large.py', '1024', '10000'])
  const bytes = Array.from({ length: 10_000 }, (_, i) => String(i).length)
  assert.deepEqual(seen, {
    same: true,
    'same in parts': true,
    folders: 100,
    listed: 10_000,
    bytes: bytes.reduce((sum, length) => sum + length, 0),
    one: '4242',
  })
  const peak = /VmHWM:\s+(\d+) kB/.exec(await readFile(`/proc/${server.pid}/status`, 'utf8'))?.[1]
  t.diagnostic(`The server used at most ${Math.round(Number(peak) / 1024)} MiB.`)
  assert.ok(Number(peak) < 400 * 1024, `${peak} kB`)
})
