import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type OpenedPlatform, openPlatform } from '#app/platform'
import { asSystem, type Context } from '#domains/access/index'
import { readRecordsAfter } from '#domains/journal/index'
import {
  createLoggedModel,
  createRun,
  getLoggedModel,
  logToRun,
  uploadArtifact,
} from '#domains/runs/index'
import {
  createModel,
  declareModel,
  deleteModel,
  deleteVersion,
  getModel,
  getVersion,
  latestByStage,
  listAliasMoves,
  listReviews,
  listStageMoves,
  pointersAt,
  readVersionFile,
  registerSource,
  renameModel,
  reviewVersion,
  searchModels,
  searchVersions,
  setAlias,
  setStage,
  updateModel,
  updateVersion,
} from './index.ts'

/** What the registry promises to clients of MLflow and to people, on whichever database. */
export function testRegistry(place: () => Promise<{ databaseUrl?: string }>): void {
  const project = 'lab'
  let directory: string
  let opened: OpenedPlatform
  let ctx: Context

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'gyre-registry-'))
    opened = await openPlatform({ dataDirectory: directory, ...(await place()) })
    ctx = asSystem(opened.platform, 'test')
  })
  after(async () => {
    await opened.close()
    await rm(directory, { recursive: true })
  })

  const elsewhere = (model: string, tags: Record<string, string> = {}) =>
    registerSource(ctx, { project, model, source: 's3://bucket/model', tags })

  async function withVersions(model: string, count: number): Promise<void> {
    await createModel(ctx, { project, model })
    for (let i = 0; i < count; i++) await elsewhere(model)
  }

  /** A run with a model among its artifacts and metrics, as `log_model` leaves it. */
  async function loggedRun(metrics: Record<string, number>) {
    const run = await createRun(ctx, { project, experiment: 'training' })
    const files = {
      'model/MLmodel':
        'flavors:\n  python_function: {}\n  onnx: {data: model.onnx}\n' +
        `signature:\n  inputs: '[{"name": "x", "type": "double"}]'\n  outputs: '[{"type": "tensor", "tensor-spec": {"dtype": "float64", "shape": [-1]}}]'\n`,
      'model/model.onnx': 'not really',
    }
    for (const [path, text] of Object.entries(files)) {
      await uploadArtifact(ctx, { project, run: run.id, path, content: Buffer.from(text) })
    }
    const points = Object.entries(metrics).map(([key, value]) => ({ key, value, step: 0 }))
    await logToRun(ctx, { project, run: run.id, metrics: points })
    return { run: run.id, source: `runs:/${run.id}/model` }
  }

  test('names are any text but / and :, and lead back to the model', async () => {
    for (const model of ['Größe 東京', 'a@b', '50 % off', 'x'.repeat(256), "it's"]) {
      await createModel(ctx, { project, model, tags: { team: 'ö' } })
      await assert.rejects(createModel(ctx, { project, model }), { code: 'already_exists' })
      await elsewhere(model)
      const found = await getModel(ctx, { project, model })
      assert.deepEqual([found.name, found.latestVersion, found.tags], [model, 1, { team: 'ö' }])
      assert.equal((await getVersion(ctx, { project, model, version: 1 })).model, model)
    }
    const decomposed = 'Größe 東京'.normalize('NFD')
    await assert.rejects(createModel(ctx, { project, model: decomposed }), {
      code: 'already_exists',
    })
    for (const model of ['', ' ', 'a/b', 'a:b', '.', '..', 'a\nb', 'x'.repeat(257), '\ud800']) {
      await assert.rejects(createModel(ctx, { project, model }), { code: 'invalid' }, model)
    }
  })

  test('tags and descriptions change, and a removed tag is gone', async () => {
    await withVersions('tagged', 1)
    const long = 'x'.repeat(100_000)
    const at = { project, model: 'tagged' }
    await updateModel(ctx, { ...at, description: 'what', tags: { a: '1', long } })
    const described = await updateModel(ctx, {
      ...at,
      tags: { a: null, absent: null, ['__proto__']: 'p' },
    })
    assert.equal(described.description, 'what')
    assert.deepEqual(Object.entries(described.tags), [
      ['__proto__', 'p'],
      ['long', long],
    ])
    const version = { ...at, version: 1 }
    await updateVersion(ctx, { ...version, description: 'one', tags: { b: '' } })
    const found = await getVersion(ctx, version)
    assert.deepEqual([found.description, found.tags], ['one', { b: '' }])
    await assert.rejects(updateModel(ctx, { ...at, tags: { big: `${long}x` } }), {
      code: 'invalid',
    })
    await assert.rejects(updateVersion(ctx, { ...at, version: 2, tags: {} }), { code: 'not_found' })
  })

  test('a version knows the files of its run, whatever becomes of them', async () => {
    await createModel(ctx, { project, model: 'filed' })
    const { run, source } = await loggedRun({})
    const made = await registerSource(ctx, { project, model: 'filed', source, run })
    assert.deepEqual(
      made.files.map(({ path, sizeBytes }) => [path, sizeBytes]),
      [
        ['MLmodel', 201],
        ['model.onnx', 10],
      ],
    )
    assert.equal(made.learner, 'onnx')
    assert.deepEqual(made.signature, {
      inputs: [{ name: 'x', type: 'double' }],
      outputs: [{ name: '0', type: 'tensor(float64)[-1]' }],
    })
    await uploadArtifact(ctx, {
      project,
      run,
      path: 'model/model.onnx',
      content: Buffer.from('other'),
    })
    const file = { project, model: 'filed', version: 1, path: 'model.onnx' }
    assert.equal(Buffer.from(await readVersionFile(ctx, file)).toString(), 'not really')
  })

  test('a source in this server belongs to the run or logged model that is named', async () => {
    const model = 'sourced'
    await createModel(ctx, { project, model })
    const { run, source } = await loggedRun({})
    const logged = await createLoggedModel(ctx, { project, experiment: '1', sourceRun: run })
    const root = `mlflow-artifacts:/1/${run}/artifacts`
    const good: { source: string; run?: string; loggedModel?: string }[] = [
      { source, run },
      { source: `${root}/model`, run },
      { source: 's3://bucket/a' },
      { source: `models:/${logged.id}`, loggedModel: logged.id },
      { source: `${logged.artifactLocation}/x`, loggedModel: logged.id },
      { source: 'models:/sourced/1' },
    ]
    for (const claim of good) await registerSource(ctx, { project, model, ...claim })
    const bad: { source: string; run?: string; loggedModel?: string }[] = [
      { source },
      { source, run: 'f'.repeat(32) },
      { source: `${root}/model` },
      { source: `${root}/../../x`, run },
      { source: `mlflow-artifacts:/1/${run}/artifacts%2f..%2f..`, run },
      { source: '/etc/passwd' },
      { source: 'file:///etc/passwd', run },
      { source: `models:/${logged.id}` },
      { source: `models:/${logged.id}`, loggedModel: `m-${'0'.repeat(32)}` },
      { source, loggedModel: logged.id },
      { source: 'models:/sourced/1', run: 'f'.repeat(32) },
      { source: 'models://else/sourced/1' },
      { source: 'models:/' },
    ]
    for (const claim of bad) {
      await assert.rejects(
        registerSource(ctx, { project, model, ...claim }),
        { code: 'invalid' },
        JSON.stringify(claim),
      )
    }
    const gone = { project, model, source: 'models:/sourced/99' }
    await assert.rejects(registerSource(ctx, gone), { code: 'not_found' })
    const copy = await getVersion(ctx, { project, model, version: 6 })
    assert.deepEqual(
      [copy.source, copy.storageLocation, copy.run],
      ['models:/sourced/1', source, run],
    )
    assert.equal(copy.files.length, 2)
    const from = await getVersion(ctx, { project, model, version: 4 })
    assert.deepEqual(
      [from.storageLocation, from.run, from.loggedModel],
      [logged.artifactLocation, run, logged.id],
    )
    const told = await getLoggedModel(ctx, { project, model: logged.id })
    assert.deepEqual(JSON.parse(told.tags['mlflow.modelVersions'] ?? ''), [
      { name: model, version: 4 },
      { name: model, version: 5 },
    ])
  })

  test('a deleted version is gone with its aliases, and its number is not given again', async () => {
    const model = 'shrunk'
    await withVersions(model, 2)
    await setAlias(ctx, { project, model, alias: 'canary', version: 2, reason: 'x' })
    await deleteVersion(ctx, { project, model, version: 2 })
    await assert.rejects(getVersion(ctx, { project, model, version: 2 }), { code: 'not_found' })
    await assert.rejects(getVersion(ctx, { project, model, version: 'canary' }), {
      code: 'not_found',
    })
    assert.equal((await getVersion(ctx, { project, model, version: 'latest' })).version, 1)
    assert.equal((await elsewhere(model)).version, 3)
    const { items } = await listAliasMoves(ctx, { project, model, limit: 10 })
    assert.deepEqual(
      items.map((move) => [move.version, move.reason]),
      [
        [null, 'Version 2 was deleted.'],
        [2, 'x'],
      ],
    )
  })

  test('what pointed where can be asked for any time, through renaming and deletion', async () => {
    await withVersions('old name', 2)
    let now = 1000
    const at: Context = { ...ctx, clock: () => now }
    const named = { project, model: 'old name' }
    await setAlias(at, { ...named, alias: 'live', version: 1, reason: 'first' })
    await setStage(at, { ...named, version: 1, stage: 'production' })
    now = 2000
    await setStage(at, { ...named, version: 2, stage: 'Production', archiveOthers: true })
    now = 3000
    await renameModel(at, { ...named, name: 'new name' })
    now = 4000
    await setAlias(at, { project, model: 'new name', alias: 'live', version: 2, reason: 'second' })
    now = 5000
    await deleteModel(at, { project, model: 'new name' })
    const seen = async (model: string, instant: number) => {
      const found = await pointersAt(ctx, { project, model, at: instant })
      return [
        ...found.aliases.map(({ alias, version }) => `${alias}=${version}`),
        ...found.stages.map(({ version, stage }) => `${version} ${stage}`),
      ]
    }
    assert.deepEqual(await seen('old name', 999), [])
    assert.deepEqual(await seen('old name', 1500), ['live=1', '1 Production'])
    assert.deepEqual(await seen('old name', 2500), ['live=1', '1 Archived', '2 Production'])
    assert.deepEqual(await seen('old name', 3000), [])
    assert.deepEqual(await seen('new name', 2999), [])
    assert.deepEqual(await seen('new name', 3000), ['live=1', '1 Archived', '2 Production'])
    assert.deepEqual(await seen('new name', 4000), ['live=2', '1 Archived', '2 Production'])
    assert.deepEqual(await seen('new name', 5000), [])
    const { aliases, stages } = await pointersAt(ctx, { project, model: 'new name', at: 4000 })
    assert.deepEqual(
      [...aliases, ...stages].map(({ actor, reason }) => [actor, reason]),
      [
        ['system:test', 'second'],
        ['system:test', 'Renamed from old name.'],
        ['system:test', 'Renamed from old name.'],
      ],
    )
    assert.deepEqual(stages[0]?.evidence, ['model:old name'])
    await assert.rejects(pointersAt(ctx, { project, model: 'never' }), { code: 'not_found' })
    await assert.rejects(getModel(ctx, { project, model: 'old name' }), { code: 'not_found' })
    await withVersions('new name', 1)
    assert.deepEqual((await getModel(ctx, { project, model: 'new name' })).aliases, [])
    const moves = await listStageMoves(ctx, { ...named, limit: 10 })
    assert.deepEqual(
      moves.items.map(({ version, stage }) => [version, stage]),
      [
        [2, null],
        [1, null],
        [2, 'Production'],
        [1, 'Archived'],
        [1, 'Production'],
      ],
    )
  })

  test('a taken name is refused, and a stage that is none', async () => {
    await withVersions('one', 1)
    await withVersions('two', 1)
    await assert.rejects(renameModel(ctx, { project, model: 'one', name: 'two' }), {
      code: 'already_exists',
    })
    await assert.rejects(renameModel(ctx, { project, model: 'none', name: 'three' }), {
      code: 'not_found',
    })
    const move = (stage: string, archiveOthers = false) =>
      setStage(ctx, { project, model: 'one', version: 1, stage, archiveOthers })
    await assert.rejects(move('Live'), { code: 'invalid' })
    await assert.rejects(move('Archived', true), { code: 'invalid' })
    assert.equal((await move('sTAGING')).stage, 'Staging')
  })

  test('the newest version of each stage', async () => {
    const model = 'staged'
    await withVersions(model, 4)
    await setStage(ctx, { project, model, version: 1, stage: 'Production' })
    await setStage(ctx, { project, model, version: 2, stage: 'Production' })
    const newest = async (...stages: ('None' | 'Production')[]) => {
      const wanted = stages.length === 0 ? {} : { stages }
      const found = await latestByStage(ctx, { project, models: [model, 'none'], ...wanted })
      return (found.get(model) ?? []).map(({ version }) => version)
    }
    assert.deepEqual(await newest(), [2, 4])
    assert.deepEqual(await newest('Production'), [2])
  })

  test('filters find models and versions, and prompts only when they are asked for', async () => {
    const own = 'search'
    for (const name of ['search a', 'search b', 'Search c'])
      await createModel(ctx, { project: own, model: name, tags: { kind: name.slice(-1) } })
    const prompt = { 'mlflow.prompt.is_prompt': 'true', 'mlflow.prompt.text': 'Hi {{name}}' }
    await createModel(ctx, { project: own, model: 'greeting', tags: prompt })
    await registerSource(ctx, {
      project: own,
      model: 'greeting',
      source: 'dummy-source',
      tags: prompt,
    })
    await assert.rejects(
      registerSource(ctx, { project: own, model: 'greeting', source: 's3://x/y', tags: prompt }),
      { code: 'invalid' },
    )
    for (const n of [1, 2, 3]) {
      await registerSource(ctx, {
        project: own,
        model: 'search a',
        source: `s3://b/${n}`,
        tags: { n: String(n) },
      })
    }
    const models = async (filter: string, ...orderBy: string[]) =>
      (await searchModels(ctx, { project: own, filter, orderBy, limit: 10 })).items.map(
        (m) => m.name,
      )
    assert.deepEqual(await models(''), ['Search c', 'search a', 'search b'])
    assert.deepEqual(await models('', 'name DESC'), ['search b', 'search a', 'Search c'])
    assert.deepEqual(await models("name LIKE 'search%'"), ['search a', 'search b'])
    assert.deepEqual(await models("name ILIKE 'SEARCH%' and tags.kind != 'a'"), [
      'Search c',
      'search b',
    ])
    assert.deepEqual(await models("name IN ('search a', 'none')"), ['search a'])
    assert.deepEqual(await models("tags.`mlflow.prompt.is_prompt` = 'true'"), ['greeting'])
    assert.deepEqual(await models("tags.`mlflow.prompt.is_prompt` != 'true' and name like '%b'"), [
      'search b',
    ])
    const versions = async (filter: string, ...orderBy: string[]) =>
      (await searchVersions(ctx, { project: own, filter, orderBy, limit: 10 })).items.map(
        (v) => v.version,
      )
    assert.deepEqual(await versions("name = 'search a'", 'version_number ASC'), [1, 2, 3])
    assert.deepEqual(await versions("source_path = 's3://b/2'"), [2])
    assert.deepEqual(await versions("tags.n = '3'"), [3])
    assert.deepEqual(await versions('version_number > 1', 'version_number DESC'), [3, 2])
    assert.deepEqual(await versions("tag.`mlflow.prompt.is_prompt` = 'true'"), [1])
    for (const filter of ["created = '1'", 'name > 1', 'version_number = 1.5', "metrics.a = '1'"]) {
      await assert.rejects(versions(filter), { code: 'invalid' }, filter)
    }
    const first = await searchVersions(ctx, { project: own, filter: "name = 'search a'", limit: 2 })
    const rest = await searchVersions(ctx, {
      project: own,
      filter: "name = 'search a'",
      limit: 2,
      pageToken: first.nextPageToken,
    })
    assert.deepEqual([first.items.length, rest.items.length, rest.nextPageToken], [2, 1, undefined])
  })

  test('the gate holds for whoever moves a guarded alias, on what their client logged', async () => {
    const model = 'guarded'
    const gate = [
      { check: 'minimum', metric: 'accuracy', value: 0.8 },
      { check: 'no-worse-than-champion', metric: 'accuracy', tolerance: 0.01, confidence: 0.95 },
      { check: 'approvals', count: 1, role: 'operator', by_another: false },
    ] as const
    await declareModel(ctx, { project, model, gate, guards: ['live', 'stage:Production'] })
    const logged = async (accuracy: number) => {
      const { run, source } = await loggedRun({ accuracy })
      return (await registerSource(ctx, { project, model, source, run })).version
    }
    const move = (version: number) =>
      setAlias(ctx, { project, model, alias: 'live', version, reason: 'client' })
    const good = await logged(0.9)
    await assert.rejects(move(good), (error: Error & { details?: { check: string }[] }) => {
      assert.deepEqual(
        error.details?.map(({ check }) => check),
        ['approvals'],
      )
      assert.match(error.message, /cannot become live: .*approvals/)
      return true
    })
    const said = { project, model, version: good, verdict: 'approved', comment: 'fine' } as const
    await reviewVersion(ctx, said)
    assert.equal((await listReviews(ctx, said)).items[0]?.role, 'admin')
    assert.equal((await move(good)).version, good)
    await assert.rejects(deleteVersion(ctx, { project, model, version: good }), { code: 'refused' })
    await assert.rejects(deleteModel(ctx, { project, model }), { code: 'refused' })
    const worse = await logged(0.85)
    await reviewVersion(ctx, { ...said, version: worse })
    await assert.rejects(move(worse), /worse by 0\.05.* than the champion \(version 1\)/)
    await assert.rejects(setStage(ctx, { project, model, version: worse, stage: 'Production' }), {
      code: 'refused',
    })
    const staged = await setStage(ctx, { project, model, version: worse, stage: 'Staging' })
    assert.equal(staged.stage, 'Staging')
    const better = await logged(0.95)
    await reviewVersion(ctx, { ...said, version: better })
    await move(better)
    assert.equal((await move(good)).previous, better, 'who passed may come back')
    const free = await setAlias(ctx, {
      project,
      model,
      alias: 'champion',
      version: worse,
      reason: 'not guarded',
    })
    assert.equal(free.override, false)
  })

  test('renaming, aliases, versions and deletion at once leave one story', async () => {
    const model = 'stormy'
    await withVersions(model, 3)
    const work: (() => Promise<unknown>)[] = []
    for (let i = 0; i < 6; i++) {
      const alias = `a${i % 2}`
      work.push(
        () => setAlias(ctx, { project, model, alias, version: (i % 3) + 1, reason: 'storm' }),
        () => elsewhere(model),
        () => renameModel(ctx, { project, model, name: `stormy ${i}` }),
        () => deleteVersion(ctx, { project, model, version: (i % 3) + 1 }),
      )
    }
    const results = await Promise.allSettled(work.map((one) => one()))
    const codes = results.map((r) =>
      r.status === 'fulfilled' ? 'done' : (r.reason as { code?: string }).code,
    )
    assert.deepEqual(
      [...new Set(codes)].filter((code) => !['done', 'not_found', 'conflict'].includes(code ?? '')),
      [],
    )
    const renamed = await searchModels(ctx, { project, filter: "name like 'stormy%'", limit: 10 })
    assert.equal(renamed.items.length, 1)
    const [found] = renamed.items
    assert.ok(found !== undefined)
    const { aliases } = await pointersAt(ctx, { project, model: found.name })
    assert.deepEqual(
      aliases.map(({ alias, version }) => [alias, version]),
      found.aliases.map(({ alias, version }) => [alias, version]),
      'history and present agree',
    )
    for (const { version } of found.aliases) {
      assert.equal(
        (await getVersion(ctx, { project, model: found.name, version })).version,
        version,
      )
    }
    const records = await readRecordsAfter(ctx, 0, 10_000)
    assert.equal(
      records.filter(({ verb, detail }) => verb === 'model.renamed' && detail['from'] === model)
        .length,
      1,
    )
  })
}
