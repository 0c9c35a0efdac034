import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { declareEndpoint, getRollout, startRollout } from '#domains/deployments/index'
import {
  openServedWorld,
  registerLogistic,
  type ServedWorld,
  until,
} from '../../src/domains/deployments/served-world.contract.ts'
import { preparePython } from '../python-environment.ts'

const run = promisify(execFile)
interface Seen {
  live: boolean
  ready: boolean
  model_ready: boolean
  version_ready: boolean
  predictions: Record<string, number[]>
  async: number[][]
  rows: number[]
  id: string
  model_version: string
  errors: [string, string][]
  counted: number
}

const coefficients = [1, -0.5, 0.25]
let world: ServedWorld
const programs = await preparePython({
  name: 'tritonclient',
  requirements: ['tritonclient[http]==2.*'],
  module: 'tritonclient.http',
  variable: 'GYRE_TEST_TRITONCLIENT',
})
const interpreter = programs === undefined ? undefined : join(programs, 'python')

before(async () => {
  world = await openServedWorld()
  const { ctx } = world
  const model = { features: ['a', 'b', 'c'], coefficients, intercept: 0 }
  await registerLogistic(ctx, 'late', model)
  await declareEndpoint(ctx, { project: 'default', endpoint: 'late', model: 'late' })
  const { id } = await startRollout(ctx, { project: 'default', endpoint: 'late', version: 1 })
  await until('promotion', async () => {
    const rollout = await getRollout(ctx, { project: 'default', rollout: id })
    return rollout.state === 'promoted'
  })
})
after(() => world.close())

test(
  'the unmodified tritonclient gets the same predictions in every format',
  { skip: interpreter === undefined ? 'no Python with tritonclient' : false },
  async () => {
    const script = join(import.meta.dirname, 'check.py')
    const address = world.url.replace('http://', '')
    const { stdout } = await run(interpreter ?? '', [script, address, 'late', '3'])
    const seen = JSON.parse(stdout) as Seen
    assert.deepEqual(
      [seen.live, seen.ready, seen.model_ready, seen.version_ready],
      [true, true, true, true],
    )
    const expected = Array.from({ length: 5 }, (_, row) => {
      const odds = coefficients.reduce(
        (sum, weight, j) => sum + weight * (seen.rows[row * 3 + j] ?? 0),
        0,
      )
      return 1 / (1 + Math.exp(-odds))
    })
    const answers = [...Object.entries(seen.predictions), ...Object.entries(seen.async)]
    assert.equal(answers.length, 11 + 8)
    for (const [how, values] of answers) {
      assert.equal(values.length, 5, how)
      values.forEach((value, i) => assert.ok(Math.abs(value - (expected[i] ?? 0)) < 1e-6, how))
    }
    assert.equal(seen.id, 'order-66')
    assert.equal(seen.model_version, '1')
    assert.match(seen.errors[0]?.[1] ?? '', /takes 3 features per row/)
    assert.match(seen.errors[1]?.[1] ?? '', /There is no endpoint "nothing"/)
    assert.ok(seen.counted >= 19)
  },
)
