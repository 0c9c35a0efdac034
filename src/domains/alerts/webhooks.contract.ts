import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, beforeEach, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { type OpenedPlatform, openPlatform } from '#app/platform'
import { asSystem, type Context } from '#domains/access/index'
import { listRecords, readRecordsAfter } from '#domains/journal/index'
import { createModel, registerSource, setAlias, updateVersion } from '#domains/models/index'
import {
  createWebhook,
  deleteWebhook,
  deliverWebhook,
  deliveryJob,
  forgetDeliveries,
  getWebhook,
  listDeliveries,
  listWebhooks,
  queueDeliveries,
  testWebhook,
  updateWebhook,
} from './index.ts'
import { readAlerts } from './store.ts'

interface Told {
  headers: IncomingHttpHeaders
  body: string
}

/** What webhooks promise, on whichever database `place` names, with a receiver of our own. */
export function testWebhooks(place: () => Promise<{ databaseUrl?: string }>): void {
  const project = 'lab'
  let directory: string
  let opened: OpenedPlatform
  let ctx: Context
  let receiver: Server
  let url: string
  let told: Told[] = []
  let answers: { status: number; headers?: Record<string, string> }[] = []
  let seen = 0

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'gyre-webhooks-'))
    const webhooks = { schemes: ['http'], allowPrivate: true, timeoutMs: 2000, attempts: 3 }
    opened = await openPlatform({ dataDirectory: directory, webhooks, ...(await place()) })
    ctx = asSystem(opened.platform, 'test')
    receiver = createServer((request, response) => {
      let body = ''
      request.setEncoding('utf8').on('data', (part: string) => (body += part))
      request.on('end', () => {
        told.push({ headers: request.headers, body })
        const { status, headers } = answers.shift() ?? { status: 200 }
        response.writeHead(status, headers).end('heard')
      })
    })
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve))
    url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`
  })
  after(async () => {
    receiver.closeAllConnections()
    receiver.close()
    await opened.close()
    await rm(directory, { recursive: true })
  })
  beforeEach(() => {
    told = []
    answers = []
  })

  /** Hands over what was recorded since, as the loop does; twice, as after a crash. */
  async function follow(): Promise<void> {
    const records = await readRecordsAfter(ctx, seen, 1000)
    for (const record of [...records, ...records]) {
      await queueDeliveries({ ...ctx, cause: record.seq }, record)
    }
    seen = records.at(-1)?.seq ?? seen
  }

  /** Does the deliveries that are due, and gives what each said. */
  async function deliverDue(): Promise<string[]> {
    const said: string[] = []
    for (;;) {
      const job = await ctx.queue.claim([deliveryJob], 'test', 30_000)
      if (job === undefined) return said
      said.push(await deliverWebhook({ ...ctx, job }, job.payload as never))
      await ctx.queue.complete(job)
    }
  }

  const hear = (...events: string[]) => createWebhook(ctx, { project, name: 'hook', url, events })

  test('each event is told once, signed as receivers of MLflow check it', async () => {
    const secret = 'öffentlich nicht'
    const hook = await createWebhook(ctx, {
      project,
      name: 'signed',
      url,
      secret,
      events: [
        'registered_model.created',
        'model_version.created',
        'model_version_tag.set',
        'model_version_alias.created',
      ],
    })
    await createModel(ctx, { project, model: 'told@once', description: 'd', tags: { a: 'b' } })
    await registerSource(ctx, { project, model: 'told@once', source: 's3://b/m', tags: { n: '1' } })
    await updateVersion(ctx, {
      project,
      model: 'told@once',
      version: 1,
      tags: { x: 'ü', gone: null },
    })
    await setAlias(ctx, { project, model: 'told@once', alias: 'live', version: 1, reason: 'x' })
    await follow()
    await deliverDue()
    const bodies = told.map(
      ({ body }) => JSON.parse(body) as Record<'entity' | 'action', string> & { data: object },
    )
    assert.deepEqual(
      bodies.map(({ entity, action, data }) => [`${entity}.${action}`, data]),
      [
        ['registered_model.created', { name: 'told@once', tags: { a: 'b' }, description: 'd' }],
        [
          'model_version.created',
          {
            name: 'told@once',
            version: '1',
            source: 's3://b/m',
            run_id: null,
            tags: { n: '1' },
            description: null,
          },
        ],
        ['model_version_tag.set', { name: 'told@once', version: '1', key: 'x', value: 'ü' }],
        ['model_version_alias.created', { name: 'told@once', alias: 'live', version: '1' }],
      ],
    )
    for (const { headers, body } of told) {
      const [id, second] = [headers['x-mlflow-delivery-id'], headers['x-mlflow-timestamp']]
      const signed = [id, second, body].join('.')
      const expected = createHmac('sha256', secret).update(signed).digest('base64')
      assert.equal(headers['x-mlflow-signature'], `v1,${expected}`)
    }
    const log = await listDeliveries(ctx, { project, webhook: hook.id })
    assert.deepEqual(new Set(log.items.map(({ state }) => state)), new Set(['delivered']))
    assert.equal(log.items.length, 4)
    await deleteWebhook(ctx, { project, webhook: hook.id })
  })

  test('what was settled a month ago is forgotten, what waits is not', async () => {
    const hook = await hear('registered_model.created')
    await createModel(ctx, { project, model: 'old news', tags: {} })
    await follow()
    await deliverDue()
    await createModel(ctx, { project, model: 'still waits', tags: {} })
    await follow()
    const later = (days: number): Context => {
      return { ...ctx, clock: () => Date.now() + days * 86_400_000 }
    }
    assert.equal(await forgetDeliveries(later(29)), 0)
    assert.ok((await forgetDeliveries(later(31))) > 0)
    const { items } = await listDeliveries(ctx, { project, webhook: hook.id })
    assert.deepEqual(
      items.map(({ state }) => state),
      ['queued'],
    )
    await deliverDue()
    await deleteWebhook(ctx, { project, webhook: hook.id })
  })

  test('the secret is in no row, record or answer', async () => {
    const secret = 'do-not-find-me'
    const hook = await createWebhook(ctx, {
      project,
      name: 'quiet',
      url: `${url}?token=do-not-find-me`,
      secret,
      events: ['model_version.created'],
    })
    assert.equal(hook.signed, true)
    const rows = await readAlerts(ctx)
      .selectFrom('webhooks')
      .select(['secret'])
      .where('id', '=', hook.id)
      .execute()
    const { items } = await listRecords(ctx, project, {
      subject: `webhook:${hook.id}`,
      order: 'newest',
      limit: 10,
    })
    assert.equal(items.length, 1)
    assert.ok(!JSON.stringify([rows, items]).includes(secret))
    const unsigned = await updateWebhook(ctx, { project, webhook: hook.id, secret: '' })
    assert.equal(unsigned.signed, false)
    await deleteWebhook(ctx, { project, webhook: hook.id })
  })

  test('a receiver that cannot now is told again, later each time, and under the same id', async () => {
    const hook = await hear('registered_model.created')
    answers = [{ status: 503 }, { status: 429, headers: { 'retry-after': '60' } }]
    await createModel(ctx, { project, model: 'again' })
    await follow()
    const delivery = (await listDeliveries(ctx, { project, webhook: hook.id })).items[0]
    assert.ok(delivery !== undefined)
    const at = { project, delivery: delivery.id }
    assert.match(await deliverWebhook(ctx, at), /Attempt 1 failed \(503\); again in 1\d\d\d ms/)
    const queued = await ctx.queue.list({ kind: deliveryJob, state: 'queued' })
    const waits = queued.map(({ runAt, createdAt }) => runAt - createdAt).toSorted((x, y) => x - y)
    assert.ok(waits.length === 2 && waits[0] === 0 && (waits[1] ?? 0) > 900, String(waits))
    assert.match(await deliverWebhook(ctx, at), /Attempt 2 failed \(429\); again in 60000 ms/)
    assert.match(await deliverWebhook(ctx, at), /delivered at attempt 3/)
    assert.equal(await deliverWebhook(ctx, at), 'It was dealt with before.')
    assert.equal(new Set(told.map(({ headers }) => headers['x-mlflow-delivery-id'])).size, 1)
    await deleteWebhook(ctx, { project, webhook: hook.id })
  })

  test('it is given up after so many attempts, at once where telling again is no use', async () => {
    const hook = await hear('registered_model.created')
    await createModel(ctx, { project, model: 'given up' })
    await createModel(ctx, { project, model: 'refused' })
    await follow()
    const { items } = await listDeliveries(ctx, { project, webhook: hook.id })
    const [refused, lost] = items
    assert.ok(refused !== undefined && lost !== undefined)
    answers = [{ status: 401 }, { status: 500 }, { status: 500 }, { status: 500 }]
    assert.match(
      await deliverWebhook(ctx, { project, delivery: refused.id }),
      /failed at attempt 1: 401/,
    )
    for (const expected of [/again in/, /again in/, /failed at attempt 3: 500/]) {
      assert.match(await deliverWebhook(ctx, { project, delivery: lost.id }), expected)
    }
    const log = await listDeliveries(ctx, { project, webhook: hook.id })
    assert.deepEqual(
      log.items.map(({ state, responseStatus, responseBody }) => [
        state,
        responseStatus,
        responseBody,
      ]),
      [
        ['failed', 401, 'heard'],
        ['failed', 500, 'heard'],
      ],
    )
    await deleteWebhook(ctx, { project, webhook: hook.id })
  })

  test('who is disabled, deleted or new hears nothing of it', async () => {
    await createModel(ctx, { project, model: 'before' })
    await pause(5)
    const hook = await hear('registered_model.created')
    await createModel(ctx, { project: 'other', model: 'elsewhere' })
    await follow()
    await createModel(ctx, { project, model: 'queued, then disabled' })
    await follow()
    await updateWebhook(ctx, { project, webhook: hook.id, status: 'disabled' })
    await createModel(ctx, { project, model: 'while disabled' })
    await follow()
    const { items } = await listDeliveries(ctx, { project, webhook: hook.id })
    assert.equal(items.length, 1)
    await deliverWebhook(ctx, { project, delivery: items[0]!.id })
    assert.equal(
      (await listDeliveries(ctx, { project, webhook: hook.id })).items[0]?.state,
      'dropped',
    )
    assert.equal(told.length, 0)
    await deleteWebhook(ctx, { project, webhook: hook.id })
  })

  test('verbs of the journal can be heard, too', async () => {
    const hook = await hear('model.created')
    await createModel(ctx, { project, model: 'own words' })
    await follow()
    const { items } = await listDeliveries(ctx, { project, webhook: hook.id })
    await deliverWebhook(ctx, { project, delivery: items[0]!.id })
    const { data } = JSON.parse(told[0]!.body) as { data: { subject: string } }
    assert.equal(data.subject, 'model:own words')
    await deleteWebhook(ctx, { project, webhook: hook.id })
  })

  test('a trial says what the receiver answered, or why there was none', async () => {
    const hook = await hear('model_version.created')
    const at = { project, webhook: hook.id }
    assert.deepEqual(await testWebhook(ctx, at), {
      success: true,
      status: 200,
      body: 'heard',
      error: null,
    })
    answers = [{ status: 404 }]
    assert.equal((await testWebhook(ctx, { ...at, event: 'prompt.created' })).success, false)
    assert.match(told[1]?.body ?? '', /example_prompt/)
    await updateWebhook(ctx, { ...at, url: 'http://127.0.0.1:1/' })
    assert.match((await testWebhook(ctx, at)).error ?? '', /did not answer/)
    await deleteWebhook(ctx, at)
  })

  test('what is wrong with a webhook is said, and nothing is kept', async () => {
    const good = { project, name: 'n', url, events: ['model_version.created'] }
    const count = async () =>
      (await listWebhooks(ctx, { project, limit: 1000, offset: 0 })).items.length
    const start = await count()
    const wrong = [
      { name: '' },
      { name: '-a' },
      { name: 'a b' },
      { name: 'x'.repeat(64) },
      { url: '' },
      { url: 'ftp://example.com' },
      { url: 'http://[invalid' },
      { url: 'nothing' },
      { events: [] },
      { events: ['no event'] },
      { description: 'x'.repeat(6000) },
    ]
    for (const change of wrong) {
      await assert.rejects(
        createWebhook(ctx, { ...good, ...change }),
        { code: 'invalid' },
        JSON.stringify(change),
      )
    }
    const editor: Context = {
      ...ctx,
      principal: { kind: 'token', name: 'token:e', grants: [{ project, role: 'editor' }] },
    }
    await assert.rejects(createWebhook(editor, good), { code: 'forbidden' })
    assert.equal(await count(), start)
    await assert.rejects(getWebhook(ctx, { project, webhook: 'nonexistent' }), {
      code: 'not_found',
    })
  })
}
