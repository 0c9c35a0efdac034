import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type OpenedPlatform, openPlatform } from '#app/platform'
import { asSystem, type Context } from '#domains/access/index'
import { listRecords } from '#domains/journal/index'
import { getExperiment } from '#domains/runs/index'
import {
  attachAiModel,
  bindAiEndpoint,
  changeAiBudget,
  changeAiEndpoint,
  changeAiModel,
  changeAiSecret,
  createAiBudget,
  createAiEndpoint,
  createAiModel,
  createAiSecret,
  deleteAiBudget,
  deleteAiEndpoint,
  deleteAiModel,
  deleteAiSecret,
  detachAiModel,
  getAiEndpoint,
  getAiModel,
  getAiSecret,
  listAiBindings,
  listAiBudgets,
  listAiEndpoints,
  listAiModels,
  listAiSecrets,
  tagAiEndpoint,
  unbindAiEndpoint,
} from './index.ts'
import { readAiGateway } from './store.ts'

/** What the room promises, on whichever database `place` names. */
export function testAiGateway(place: () => Promise<{ databaseUrl?: string }>): void {
  const project = 'lab'
  let directory: string
  let opened: OpenedPlatform
  let ctx: Context
  let counter = 0

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'gyre-ai-'))
    opened = await openPlatform({ dataDirectory: directory, ...(await place()) })
    ctx = asSystem(opened.platform, 'test')
  })
  after(async () => {
    await opened.close()
    await rm(directory, { recursive: true })
  })

  const plain = 'sk-a-very-secret-value-5678'

  async function newSecret(provider = 'openai') {
    const values = { api_key: plain }
    const name = `key ${++counter}`
    return createAiSecret(ctx, {
      project,
      name,
      values,
      provider,
      settings: { api_base: 'http://x' },
    })
  }

  async function newModel(secret: string, provider = 'openai') {
    const name = `model ${++counter}`
    return createAiModel(ctx, { project, name, secret, provider, model: 'large' })
  }

  async function newEndpoint(models: readonly string[]) {
    return createAiEndpoint(ctx, {
      project,
      name: `endpoint-${++counter}`,
      models: models.map((model) => ({ model, kind: 'PRIMARY' as const, weight: 1 })),
      usageTracking: false,
    })
  }

  test('a secret is masked where it is shown, sealed where it is kept, and in no record', async () => {
    const secret = await newSecret()
    assert.deepEqual(secret.masked, { api_key: 'sk-...5678' })
    assert.deepEqual(await getAiSecret(ctx, { project, name: secret.name }), secret)
    const changed = await changeAiSecret(ctx, {
      project,
      id: secret.id,
      values: { a: 'short', b: plain },
    })
    assert.deepEqual(changed.masked, { a: '***', b: 'sk-...5678' })
    assert.deepEqual(changed.settings, { api_base: 'http://x' })
    const [row] = await readAiGateway(ctx)
      .selectFrom('ai_secrets')
      .select('sealed')
      .where('id', '=', secret.id)
      .execute()
    const sealed = row?.sealed ?? ''
    assert.ok(sealed !== '' && !sealed.includes(plain))
    const purpose = `ai-secret:${project}:${secret.id}`
    assert.deepEqual(JSON.parse(ctx.secrets.open(sealed, purpose)), { a: 'short', b: plain })
    assert.throws(() => ctx.secrets.open(sealed, `ai-secret:${project}:other`))
    const { items } = await listRecords(ctx, project, { order: 'oldest', limit: 500 })
    assert.ok(!JSON.stringify(items).includes(plain))
    const twice = { project, name: secret.name, values: { x: 'y' }, settings: {} }
    await assert.rejects(createAiSecret(ctx, twice), { code: 'already_exists' })
    await assert.rejects(createAiSecret(ctx, { ...twice, name: 'n', values: {} }), {
      code: 'invalid',
    })
    await assert.rejects(getAiSecret(ctx, { project }), { code: 'invalid' })
  })

  test('a model outlives its secret, and not the endpoints that use it', async () => {
    const secret = await newSecret('anthropic')
    const model = await newModel(secret.id, 'anthropic')
    assert.deepEqual(model.secret, { id: secret.id, name: secret.name })
    assert.equal((await listAiModels(ctx, { project, provider: 'anthropic' })).length, 1)
    const endpoint = await newEndpoint([model.id])
    const other = await newSecret('anthropic')
    const moved = await changeAiModel(ctx, {
      project,
      id: model.id,
      secret: other.id,
      model: 'huge',
    })
    assert.deepEqual([moved.secret?.id, moved.model], [other.id, 'huge'])
    await deleteAiSecret(ctx, { project, id: other.id })
    assert.equal((await getAiModel(ctx, { project, id: model.id })).secret, undefined)
    await assert.rejects(deleteAiModel(ctx, { project, id: model.id }), { code: 'refused' })
    await deleteAiEndpoint(ctx, { project, id: endpoint.id })
    await deleteAiModel(ctx, { project, id: model.id })
    await assert.rejects(getAiModel(ctx, { project, id: model.id }), { code: 'not_found' })
    await assert.rejects(newModel('s-none'), { code: 'not_found' })
    const listed = await listAiSecrets(ctx, { project, provider: 'anthropic' })
    assert.deepEqual(
      listed.map(({ id }) => id),
      [secret.id],
    )
  })

  test('an endpoint: models, fallback, tags, bindings, an experiment of its own', async () => {
    const secret = await newSecret()
    const [one, two] = [await newModel(secret.id), await newModel(secret.id)]
    const made = await createAiEndpoint(ctx, {
      project,
      name: 'chat',
      models: [
        { model: one.id, kind: 'PRIMARY', weight: 1 },
        { model: two.id, kind: 'FALLBACK', weight: 1, fallbackOrder: 0 },
      ],
      routing: 'REQUEST_BASED_TRAFFIC_SPLIT',
      fallback: { strategy: 'SEQUENTIAL', maxAttempts: 2 },
      usageTracking: true,
    })
    const experiment = await getExperiment(ctx, { project, experiment: made.experiment ?? '' })
    assert.equal(experiment.name, 'gateway/chat')
    assert.deepEqual(
      made.models.map(({ kind }) => kind),
      ['PRIMARY', 'FALLBACK'],
    )
    const place = { project, endpoint: made.id }
    await detachAiModel(ctx, { ...place, model: two.id })
    await assert.rejects(detachAiModel(ctx, { ...place, model: two.id }), { code: 'not_found' })
    const again = { ...place, model: { model: one.id, kind: 'PRIMARY' as const, weight: 1 } }
    await assert.rejects(attachAiModel(ctx, again), { code: 'already_exists' })
    await tagAiEndpoint(ctx, { ...place, key: 'team', value: 'a' })
    await tagAiEndpoint(ctx, { ...place, key: 'team', value: 'b' })
    const changed = await changeAiEndpoint(ctx, { project, id: made.id, name: 'talk' })
    assert.deepEqual(
      [changed.name, changed.models.length, changed.tags],
      ['talk', 1, { team: 'b' }],
    )
    assert.deepEqual(changed.fallback, { strategy: 'SEQUENTIAL', maxAttempts: 2 })
    const used = { ...place, resourceType: 'scorer', resource: 'job-1' }
    await bindAiEndpoint(ctx, used)
    await bindAiEndpoint(ctx, used)
    assert.equal((await listAiBindings(ctx, { project, resource: 'job-1' })).length, 1)
    await unbindAiEndpoint(ctx, used)
    await assert.rejects(unbindAiEndpoint(ctx, used), { code: 'not_found' })
    const found = await listAiEndpoints(ctx, { project, secret: secret.id })
    assert.deepEqual(
      found.map(({ name }) => name),
      ['talk'],
    )
    assert.deepEqual(await listAiEndpoints(ctx, { project, provider: 'none' }), [])
    assert.equal((await getAiEndpoint(ctx, { project, name: 'talk' })).id, made.id)
    await assert.rejects(newEndpoint([]), { code: 'invalid' })
    await assert.rejects(newEndpoint(['d-none']), { code: 'not_found' })
    const other = await newEndpoint([one.id])
    await assert.rejects(changeAiEndpoint(ctx, { project, id: other.id, name: 'talk' }), {
      code: 'already_exists',
    })
    await assert.rejects(changeAiEndpoint(ctx, { project, id: other.id, name: 'a b' }), {
      code: 'invalid',
    })
  })

  test('a budget has a target where its scope needs one', async () => {
    const base = { amount: 5, duration: { unit: 'DAYS', value: 1 }, target: undefined } as const
    const budget = { ...base, scope: 'GLOBAL', action: 'ALERT' } as const
    const made = await createAiBudget(ctx, { project, budget: { ...budget, target: 'ignored' } })
    assert.equal(made.target, undefined)
    const user = await changeAiBudget(ctx, {
      project,
      id: made.id,
      budget: { scope: 'USER', target: 'ada' },
    })
    assert.deepEqual([user.scope, user.target, user.amount], ['USER', 'ada', 5])
    for (const change of [
      { scope: 'ENDPOINT' },
      { amount: 0 },
      { duration: { unit: 'DAYS', value: 0 } },
    ] as const) {
      await assert.rejects(changeAiBudget(ctx, { project, id: made.id, budget: change }), {
        code: 'invalid',
      })
    }
    const away = { scope: 'ENDPOINT', target: 'e-none' } as const
    await assert.rejects(changeAiBudget(ctx, { project, id: made.id, budget: away }), {
      code: 'not_found',
    })
    assert.equal((await listAiBudgets(ctx, { project, limit: 10 })).items.length, 1)
    await deleteAiBudget(ctx, { project, id: made.id })
    await assert.rejects(deleteAiBudget(ctx, { project, id: made.id }), { code: 'not_found' })
  })

  test('only operators change what costs money', async () => {
    const grants = [{ project, role: 'editor' as const }]
    const editor: Context = { ...ctx, principal: { kind: 'user', name: 'user:ed', grants } }
    const secret = { project, name: 'mine', values: { a: 'b' }, settings: {} }
    await assert.rejects(createAiSecret(editor, secret), { code: 'forbidden' })
    assert.ok((await listAiSecrets(editor, { project })).length > 0)
  })
}
