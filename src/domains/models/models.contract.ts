import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type OpenedPlatform, openPlatform } from '#app/platform'
import { asSystem, type Context } from '#domains/access/index'
import { createRun, linkToRun, logToRun } from '#domains/runs/index'
import type { Evaluation } from './evaluation.ts'
import {
  aliasesAt,
  compareVersions,
  declareModel,
  evaluateGate,
  getEvaluation,
  getProfile,
  getVersion,
  listAliasMoves,
  listGateDecisions,
  listModels,
  listVersions,
  readVersionFile,
  recordEvaluation,
  registerVersion,
  removeAlias,
  setAlias,
  uploadModelFile,
} from './index.ts'

/** What the room promises, on whichever database `place` names. */
export function testModels(place: () => Promise<{ databaseUrl?: string }>): void {
  const project = 'lab'
  let directory: string
  let opened: OpenedPlatform
  let ctx: Context

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'gyre-models-'))
    opened = await openPlatform({ dataDirectory: directory, ...(await place()) })
    ctx = asSystem(opened.platform, 'test')
  })
  after(async () => {
    await opened.close()
    await rm(directory, { recursive: true })
  })

  const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

  async function fileOf(model: string, path: string, text: string) {
    const stored = await uploadModelFile(ctx, { project, model, content: Buffer.from(text) })
    return { path, ...stored }
  }

  async function register(
    model: string,
    onnx: string,
    extra: Partial<Parameters<typeof registerVersion>[1]> = {},
  ) {
    return registerVersion(ctx, {
      project,
      model,
      learner: 'trees',
      options: { depth: 4 },
      signature: {
        inputs: [{ name: 'x', type: 'number' }],
        outputs: [{ name: 'p', type: 'number' }],
      },
      features: ['x'],
      inputs: ['data:flights@3', 'service:late@abc'],
      files: [
        await fileOf(model, 'model.onnx', onnx),
        await fileOf(model, 'profile.json', '{"rows":1}'),
      ],
      ...extra,
    })
  }

  function evaluation(onnx: string, auc: number, change: Partial<Evaluation> = {}): Evaluation {
    const value = { value: auc, low: auc - 0.01, high: auc + 0.01, standardError: 0.005 }
    return {
      modelSha256: sha256(onnx),
      data: {
        path: 'h',
        sha256: 'c'.repeat(64),
        rows: 100,
        positives: 20,
        inputs: ['data:flights@4'],
      },
      target: 'late',
      metrics: { auc: value },
      calibration: { error: 0.01, bins: [] },
      slices: [],
      fairness: [],
      parity: { rows: 10, largestDifference: 0 },
      createdAt: 5,
      ...change,
    }
  }

  test('versions are numbered, and files must be there', async () => {
    const first = await register('numbers', 'one', { run: 'f'.repeat(32), gitCommit: 'abc' })
    const second = await register('numbers', 'two')
    assert.deepEqual([first.version, second.version], [1, 2])
    assert.equal(
      (await getVersion(ctx, { project, model: 'numbers', version: 'latest' })).version,
      2,
    )
    const text = await readVersionFile(ctx, {
      project,
      model: 'numbers',
      version: 1,
      path: 'model.onnx',
    })
    assert.equal(Buffer.from(text).toString(), 'one')
    assert.equal((await getProfile(ctx, { project, model: 'numbers', version: 1 })).rows, 1)
    const missing = { path: 'model.onnx', sha256: 'e'.repeat(64), sizeBytes: 3 }
    await assert.rejects(register('numbers', 'x', { files: [missing] }), { code: 'invalid' })
    const stored = await fileOf('numbers', 'model.onnx', 'three')
    const wrongSize = [{ ...stored, sizeBytes: 4 }]
    await assert.rejects(register('numbers', 'x', { files: wrongSize }), { code: 'invalid' })
    const noModel = [{ ...stored, path: 'other.onnx' }]
    await assert.rejects(register('numbers', 'x', { files: noModel }), { code: 'invalid' })
    const escape = [stored, { ...stored, path: '../evil' }]
    await assert.rejects(register('numbers', 'x', { files: escape }), { code: 'invalid' })
    await assert.rejects(register('numbers', 'x', { features: ['a', 'a'] }), { code: 'invalid' })
    await assert.rejects(register('bad/name', 'x'), { code: 'invalid' })
    assert.equal(
      (await listVersions(ctx, { project, model: 'numbers', limit: 10 })).items.length,
      2,
    )
    await assert.rejects(getVersion(ctx, { project, model: 'numbers', version: 9 }), {
      code: 'not_found',
    })
  })

  test('a declaration is applied once', async () => {
    const gate = [{ check: 'minimum', metric: 'auc', value: 0.6 } as const]
    const made = await declareModel(ctx, { project, model: 'declared', gate })
    const again = await declareModel(ctx, { project, model: 'declared', gate })
    assert.deepEqual(again, made)
    const described = await declareModel(ctx, { project, model: 'declared', description: 'x' })
    assert.deepEqual(described.gate, gate)
    assert.ok(
      (await listModels(ctx, { project, limit: 100 })).items.some((m) => m.name === 'declared'),
    )
  })

  test('champion moves only through the gate, or against it in the open', async () => {
    const model = 'gated'
    await declareModel(ctx, {
      project,
      model,
      gate: [{ check: 'minimum', metric: 'auc', value: 0.6 }],
    })
    await register(model, 'good', { evaluation: evaluation('good', 0.7) })
    await register(model, 'weak', { evaluation: evaluation('weak', 0.5) })
    const move = (version: number, extra: object = {}) =>
      setAlias(ctx, { project, model, alias: 'champion', version, reason: 'test', ...extra })
    const passed = await evaluateGate(ctx, { project, model, version: 1 })
    assert.equal(passed.passed, true)
    assert.equal(passed.champion, null)
    assert.deepEqual(await evaluateGate(ctx, { project, model, version: 1 }), passed)
    const moved = await move(1)
    assert.deepEqual([moved.version, moved.previous, moved.override], [1, null, false])
    await assert.rejects(move(2), (error: Error & { details?: unknown }) => {
      assert.match(error.message, /at least 0\.6 is asked/)
      assert.equal((error.details as unknown[]).length, 1)
      return true
    })
    const forced = await move(2, { override: true, reason: 'we know better' })
    assert.equal(forced.override, true)
    assert.equal((await getVersion(ctx, { project, model, version: 'champion' })).version, 2)
    await assert.rejects(move(1, { previous: 1 }), { code: 'conflict' })
    await move(1, { previous: 2 })
    const { items } = await listAliasMoves(ctx, { project, model, limit: 10 })
    assert.deepEqual(
      items.map((m) => m.version),
      [1, 2, 1],
    )
    const editor: Context = {
      ...ctx,
      principal: { kind: 'token', name: 'token:e', grants: [{ project, role: 'editor' }] },
    }
    await assert.rejects(
      setAlias(editor, { project, model, alias: 'champion', version: 1, reason: 'x' }),
      { code: 'forbidden' },
    )
  })

  test('two promotions at once leave one order of moves', async () => {
    const model = 'raced'
    await register(model, 'r1')
    await register(model, 'r2')
    for (const version of [1, 2]) await evaluateGate(ctx, { project, model, version })
    const results = await Promise.allSettled(
      [1, 2].map((version) =>
        setAlias(ctx, {
          project,
          model,
          alias: 'champion',
          version,
          reason: 'race',
          previous: null,
        }),
      ),
    )
    assert.deepEqual(results.map((result) => result.status).sort(), ['fulfilled', 'rejected'])
    assert.equal((await listAliasMoves(ctx, { project, model, limit: 10 })).items.length, 1)
  })

  test('what pointed where can be asked for any time', async () => {
    const model = 'timed'
    await register(model, 'a')
    await register(model, 'b')
    let now = 1000
    const at: Context = { ...ctx, clock: () => now }
    const set = (version: number) =>
      setAlias(at, { project, model, alias: 'shadow', version, reason: 'x' })
    await set(1)
    now = 2000
    await set(2)
    now = 3000
    await removeAlias(at, { project, model, alias: 'shadow', reason: 'done' })
    const versionAt = async (instant: number) =>
      (await aliasesAt(ctx, { project, model, at: instant })).items.map((item) => item.version)
    assert.deepEqual(await versionAt(999), [])
    assert.deepEqual(await versionAt(1000), [1])
    assert.deepEqual(await versionAt(1999), [1])
    assert.deepEqual(await versionAt(2500), [2])
    assert.deepEqual(await versionAt(3000), [])
    for (const alias of ['latest', '7', 'v7', '']) {
      await assert.rejects(
        setAlias(ctx, { project, model, alias, version: 1, reason: 'x' }),
        { code: 'invalid' },
        alias,
      )
    }
  })

  test('evidence is about this very model, and makes the gate undecided again', async () => {
    const model = 'evidence'
    await register(model, 'm')
    const at = { project, model, version: 1 }
    await assert.rejects(recordEvaluation(ctx, { ...at, evaluation: evaluation('other', 0.7) }), {
      code: 'invalid',
    })
    await assert.rejects(getEvaluation(ctx, at), { code: 'not_found' })
    await evaluateGate(ctx, at)
    const after = await recordEvaluation(ctx, { ...at, evaluation: evaluation('m', 0.7) })
    assert.equal(after.gate, 'undecided')
    assert.equal(after.metrics.auc?.value, 0.7)
    assert.equal((await getEvaluation(ctx, at)).metrics.auc?.value, 0.7)
    await evaluateGate(ctx, at)
    assert.equal((await listGateDecisions(ctx, at)).items.length, 2)
  })

  test('versions are compared in evidence and in making', async () => {
    const model = 'compared'
    await register(model, 'l', { evaluation: evaluation('l', 0.6) })
    await register(model, 'r', {
      evaluation: evaluation('r', 0.7),
      options: { depth: 6 },
      inputs: ['data:flights@4'],
      gitCommit: 'abc',
    })
    const found = await compareVersions(ctx, { project, model, left: 1, right: 'latest' })
    assert.equal(found.sameRows, true)
    assert.ok(Math.abs((found.metrics[0]?.difference ?? 0) - 0.1) < 1e-12)
    assert.deepEqual(found.options, [{ name: 'depth', left: 4, right: 6 }])
    assert.deepEqual(found.inputsAdded, ['data:flights@4'])
    assert.deepEqual(found.commits, { left: null, right: 'abc' })
    assert.deepEqual(found.data, [
      {
        dataset: 'flights',
        left: { version: '3', rows: null },
        right: { version: '4', rows: null },
      },
    ])
    assert.deepEqual(
      found.files.map(({ path, left, right }) => [path, left?.sizeBytes, right?.sizeBytes]),
      [['model.onnx', 1, 1]],
    )
    assert.equal(found.filesUnchanged, 1)
    assert.deepEqual(found.sizeBytes, { left: 11, right: 11 })
  })

  test('what runs logged, their parameters and libraries, and signatures are compared', async () => {
    const model = 'made'
    const makeRun = async (values: Record<string, number>, depth: string, numpy: string) => {
      const run = await createRun(ctx, { project, experiment: 'made' })
      const metrics = Object.entries(values).map(([key, value]) => ({ key, value, step: 0 }))
      await logToRun(ctx, { project, run: run.id, metrics, parameters: { depth, seed: '1' } })
      const environment = { packages: { numpy, scipy: '1.0' }, gitCommit: `c${depth}` }
      await linkToRun(ctx, { project, run: run.id, inputs: [], outputs: [], environment })
      return run.id
    }
    const column = (name: string, type: string) => ({ name, type })
    await register(model, 'before', {
      run: await makeRun({ loss: 0.5, odd: NaN }, '4', '2.0'),
      signature: {
        inputs: [column('x', 'long'), column('y', 'double')],
        outputs: [column('p', 'double')],
      },
    })
    await register(model, 'after', {
      run: await makeRun({ loss: 0.25, extra: 1 }, '6', '2.1'),
      signature: {
        inputs: [column('x', 'double'), column('z', 'double')],
        outputs: [column('p', 'double')],
      },
    })
    const found = await compareVersions(ctx, { project, model, left: 1, right: 2 })
    assert.deepEqual(found.logged, [
      { metric: 'extra', left: null, right: 1, difference: null },
      { metric: 'loss', left: 0.5, right: 0.25, difference: -0.25 },
      { metric: 'odd', left: 'NaN', right: null, difference: null },
    ])
    assert.deepEqual(found.parameters, [{ name: 'depth', left: '4', right: '6' }])
    assert.deepEqual(found.packages, [{ name: 'numpy', left: '2.0', right: '2.1' }])
    assert.deepEqual(found.signature, {
      inputs: [
        { name: 'x', left: 'long', right: 'double' },
        { name: 'y', left: 'double', right: null },
        { name: 'z', left: null, right: 'double' },
      ],
      outputs: [],
      isReordered: false,
    })
    assert.deepEqual(found.commits, { left: 'c4', right: 'c6' })
  })
}
