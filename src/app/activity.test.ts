import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, test } from 'node:test'
import type { Client } from '#client/client'
import { openServer, type OpenedServer } from './opened-server.contract.ts'
import { waitForRest } from './wait-for-rest.ts'

const project = 'resting'
let opened: OpenedServer
let client: Client

before(async () => {
  opened = await openServer()
  client = opened.client()
  await client.access.createProject({ body: { name: project } })
})
after(() => opened.close())

const signal = AbortSignal.timeout(60_000)

test('a project rests once all that follows from what it knows is done', async () => {
  await waitForRest(client, { project, signal })
  await client.data.declareDataset({ params: { project, dataset: 'd' }, body: {} })
  const text = 'a,b\n1,2\n'
  const sha256 = createHash('sha256').update(text).digest('hex')
  await client.data.uploadBlob({ params: { project, sha256 }, body: Buffer.from(text) })
  const file = { path: 'd.csv', sha256, md5: createHash('md5').update(text).digest('hex') }
  await client.data.commitVersion({
    params: { project, dataset: 'd' },
    body: { files: [{ ...file, sizeBytes: text.length }], message: '' },
  })
  await waitForRest(client, { project, signal })
  const { items } = await client.server.listJobs({ params: { project }, query: {} })
  assert.deepEqual(
    items.map(({ kind, state }) => `${kind} ${state}`),
    ['features.materialize done'],
  )
})

test('where nothing follows records there is no rest, and it is said why', async () => {
  const still = await openServer({ role: ['api'] })
  try {
    await still.client().access.createProject({ body: { name: project } })
    const { resting, waitsFor } = await still.client().server.readActivity({ params: { project } })
    assert.equal(resting, false)
    assert.match(waitsFor[0] ?? '', /^[1-9]\d* records are to be followed\.$/)
    const told: string[] = []
    const enough = new AbortController()
    const waiting = waitForRest(still.client(), {
      project,
      signal: enough.signal,
      onWait: (reasons) => {
        told.push(...reasons)
        enough.abort()
      },
    })
    await assert.rejects(waiting)
    assert.deepEqual(told, waitsFor)
  } finally {
    await still.close()
  }
})

test('who waits may be told to stop', async () => {
  const stopped = AbortSignal.abort(new Error('enough'))
  await assert.rejects(waitForRest(client, { project, signal: stopped }))
})
