import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { GyreError } from '#kernel/errors'
import type { LoadedModel, ModelRuntime } from './model-runtime.ts'

/** Models in the runtime's format, to try it with. */
export interface ModelsUnderTest {
  /** Three features to one probability: 1 / (1 + exp(-(1 a + 2 b - 3 c + 0.5))). */
  logistic: Uint8Array
  /** Models that must be refused, by what the refusal must say. */
  refused: readonly { model: Uint8Array; says: RegExp }[]
}

/** What every model runtime promises. */
export function runModelRuntimeContract(
  name: string,
  open: () => ModelRuntime,
  models: ModelsUnderTest,
): void {
  describe(`model runtime on ${name}`, () => {
    testScoring(open, models)
    testRefusals(open, models)
  })
}

function probabilities(input: Float32Array): Float32Array {
  return Float32Array.from({ length: input.length / 3 }, (_, i) => {
    const [a = 0, b = 0, c = 0] = input.subarray(i * 3, i * 3 + 3)
    return 1 / (1 + Math.exp(-(a + 2 * b - 3 * c + 0.5)))
  })
}

function rowsOf(count: number, seed = 1): Float32Array {
  return Float32Array.from({ length: count * 3 }, (_, i) => Math.sin(seed * 1000 + i * 12.9898))
}

function assertClose(actual: Float32Array, expected: Float32Array): void {
  assert.equal(actual.length, expected.length)
  const worst = actual.reduce((most, value, i) => Math.max(most, Math.abs(value - expected[i]!)), 0)
  assert.ok(worst < 1e-6, `differs by ${worst}`)
}

function isInvalid(text: RegExp): (thrown: unknown) => boolean {
  return (thrown) => {
    assert.ok(thrown instanceof GyreError, String(thrown))
    assert.equal(thrown.code, 'invalid')
    assert.match(thrown.public, text)
    return true
  }
}

async function withModel(
  open: () => ModelRuntime,
  model: Uint8Array,
  work: (loaded: LoadedModel) => Promise<void>,
): Promise<void> {
  const loaded = await open().load(model)
  try {
    await work(loaded)
  } finally {
    await loaded.release()
  }
}

function testScoring(open: () => ModelRuntime, { logistic }: ModelsUnderTest): void {
  test('it says what the model takes and gives', () =>
    withModel(open, logistic, async (loaded) => {
      assert.equal(loaded.inputs.length, 1)
      assert.deepEqual(loaded.inputs[0]?.datatype, 'FP32')
      assert.deepEqual(loaded.inputs[0]?.shape, [-1, 3])
      assert.equal(loaded.outputs.length, 1)
      assert.equal(loaded.outputs[0]?.datatype, 'FP32')
    }))

  for (const count of [1, 2, 2047, 2048, 2049, 10_000]) {
    test(`${count} rows are scored right`, () =>
      withModel(open, logistic, async (loaded) => {
        const input = rowsOf(count)
        assertClose(await loaded.run(input, count), probabilities(input))
      }))
  }

  test('no rows give no answers', () =>
    withModel(open, logistic, async (loaded) => {
      assert.equal((await loaded.run(new Float32Array(0), 0)).length, 0)
    }))

  test('a part of a larger buffer is scored as that part', () =>
    withModel(open, logistic, async (loaded) => {
      const part = rowsOf(10).subarray(3, 9)
      assertClose(await loaded.run(part, 2), probabilities(part))
    }))

  test('many callers at once each get their own answer, of several models', async () => {
    const runtime = open()
    const loaded = await Promise.all([1, 2, 3].map(() => runtime.load(logistic)))
    const inputs = Array.from({ length: 60 }, (_, i) => rowsOf(1 + (i % 7) * 700, i))
    const answers = await Promise.all(
      inputs.map((input, i) => loaded[i % 3]!.run(input, input.length / 3)),
    )
    answers.forEach((answer, i) => assertClose(answer, probabilities(inputs[i]!)))
    for (const model of loaded) await model.release()
  })

  test('the event loop goes on during a large batch', () =>
    withModel(open, logistic, async (loaded) => {
      const input = rowsOf(200_000)
      let turns = 0
      const turn = () => {
        turns++
        next = setImmediate(turn)
      }
      let next = setImmediate(turn)
      await loaded.run(input, 200_000)
      clearImmediate(next)
      assert.ok(turns > 20, `${turns} turns`)
    }))
}

function testRefusals(open: () => ModelRuntime, { logistic, refused }: ModelsUnderTest): void {
  test('input of a wrong length is invalid', () =>
    withModel(open, logistic, async (loaded) => {
      for (const [length, rows] of [
        [4, 1],
        [3, 2],
        [0, 1],
        [3, 0],
        [3, -1],
        [3, 0.5],
        [3, Number.NaN],
      ] as const) {
        await assert.rejects(loaded.run(new Float32Array(length), rows), isInvalid(/3 features/))
      }
    }))

  test('a model that was released answers no more', async () => {
    const loaded = await open().load(logistic)
    await loaded.release()
    await loaded.release()
    await assert.rejects(loaded.run(rowsOf(1), 1), isInvalid(/released/))
  })

  test('garbage is refused', async () => {
    const text = new TextEncoder().encode('this is no model')
    const noise = Uint8Array.from({ length: 5000 }, (_, i) => (i * 7919) % 251)
    for (const bytes of [new Uint8Array(0), text, noise, new Uint8Array(1000)]) {
      await assert.rejects(open().load(bytes), isInvalid(/model/i))
    }
  })

  test('a model cut short or damaged is refused, or still a model, but never a crash', async () => {
    const runtime = open()
    for (let at = 1; at < logistic.byteLength; at += 7) {
      const cut = logistic.slice(0, at)
      const damaged = logistic.slice()
      damaged[at] = (damaged[at]! + 1 + (at % 200)) & 255
      for (const bytes of [cut, damaged]) {
        const loaded = await runtime.load(bytes).catch((thrown: unknown) => {
          assert.ok(thrown instanceof GyreError && thrown.code === 'invalid', String(thrown))
        })
        await loaded?.release()
      }
    }
  })

  for (const { model, says } of refused) {
    test(`refused, saying ${says}`, () => assert.rejects(open().load(model), isInvalid(says)))
  }
}
