import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { openServer } from '../../src/app/opened-server.contract.ts'
import { mlflowPython } from './python.contract.ts'

const python = await mlflowPython()
const script = join(import.meta.dirname, 'genai.py')

test(
  'the client of today traces, evaluates and configures AI endpoints',
  { skip: python === undefined && 'no Python with mlflow' },
  async (t) => {
    const server = await openServer()
    t.after(() => server.close())
    const { stdout } = await promisify(execFile)(python ?? '', [script], {
      env: {
        ...process.env,
        MLFLOW_TRACKING_URI: server.url,
        MLFLOW_HTTP_REQUEST_MAX_RETRIES: '1',
        MLFLOW_DISABLE_TELEMETRY: 'true',
        GIT_PYTHON_REFRESH: 'quiet',
      },
    })
    assert.deepEqual(JSON.parse(stdout.trim().split('\n').at(-1) ?? ''), {
      traces: {
        same: true,
        spans: ['add', 'root'],
        state: 'OK',
        tag: 'blue',
        metadata: 'me',
        assessments: [
          ['answer', { a: [1] }, null],
          ['good', 'no', true],
          ['good', 'yes', false],
        ],
        found: [1, 1, 1, 1, 1, 1, 1],
        'not found': [0, 0],
        wrong: 'INVALID_PARAMETER_VALUE',
        frame: 1,
        deleted: 0,
      },
      evaluation: {
        records: [[{ q: 1 }], [{ a: 'b', c: 'd' }]],
        scorers: [['judge', 1]],
        scorer: 1,
        issue: 'pending',
        deleted: 'RESOURCE_DOES_NOT_EXIST',
      },
      gateway: {
        masked: true,
        models: ['gpt-4'],
        bindings: 1,
        'in use': 'INVALID_STATE',
        taken: 'RESOURCE_ALREADY_EXISTS',
        absent: 'RESOURCE_DOES_NOT_EXIST',
      },
    })
  },
)
