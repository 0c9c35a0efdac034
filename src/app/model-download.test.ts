import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { type OpenedServer, openServer } from './opened-server.contract.ts'

describe('downloading what an alias points at', () => {
  let opened: OpenedServer
  let client: ReturnType<OpenedServer['client']>
  const params = { project: 'default', model: 'late' }
  const texts = ['one', 'two', 'two']
  before(async () => {
    opened = await openServer()
    client = opened.client()
    for (const [index, text] of texts.entries()) {
      const contents = { 'model.onnx': text.repeat(1000), 'Größe/notes.txt': 'the same', empty: '' }
      const files = []
      for (const [path, content] of Object.entries(contents)) {
        const body = new TextEncoder().encode(content)
        const { sha256, sizeBytes } = await client.models.uploadModelFile({ params, body })
        files.push({ path, sha256, sizeBytes })
      }
      const column = { name: 'distance', type: 'number' }
      await client.models.registerVersion({
        params,
        body: {
          files,
          features: ['distance'],
          signature: { inputs: [column], outputs: [column] },
          description: `${index}`,
        },
      })
    }
    await point('live', 1)
  })
  after(() => opened.close())

  const point = (alias: string, version: number) =>
    client.models.setAlias({ params: { ...params, alias }, body: { version, reason: 'a test' } })
  const get = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
    fetch(`${opened.url}/api/v1/projects/default/models/late/${path}`, { headers, method })
  const archive = 'aliases/live/archive'

  it('gives an archive that tar unpacks', async () => {
    const answer = await get(archive)
    assert.equal(answer.status, 200)
    assert.equal(answer.headers.get('content-type'), 'application/x-tar')
    assert.match(answer.headers.get('content-disposition') ?? '', /late-v1\.tar/)
    const bytes = Buffer.from(await answer.arrayBuffer())
    assert.equal(answer.headers.get('content-length'), String(bytes.length))
    const directory = mkdtempSync(join(tmpdir(), 'gyre-archive-'))
    try {
      writeFileSync(join(directory, 'a.tar'), bytes)
      execFileSync('tar', ['xf', 'a.tar'], { cwd: directory })
      assert.equal(readFileSync(join(directory, 'model.onnx'), 'utf8'), 'one'.repeat(1000))
      assert.equal(readFileSync(join(directory, 'Größe/notes.txt'), 'utf8'), 'the same')
      assert.equal(readFileSync(join(directory, 'empty'), 'utf8'), '')
    } finally {
      rmSync(directory, { recursive: true })
    }
  })

  it('gives any part of it, and how long it is', async () => {
    const whole = Buffer.from(await (await get(archive)).arrayBuffer())
    for (const [start, end] of [
      [0, 10],
      [500, 2600],
      [whole.length - 5, whole.length],
    ] as const) {
      const part = await get(archive, { range: `bytes=${start}-${end - 1}` })
      assert.equal(part.status, 206)
      assert.deepEqual(Buffer.from(await part.arrayBuffer()), whole.subarray(start, end))
    }
    const head = await get(archive, {}, 'HEAD')
    assert.equal(head.headers.get('content-length'), String(whole.length))
    assert.equal((await get(archive, { range: `bytes=${whole.length}-` })).status, 416)
  })

  it('says in 304 that nothing changed, until the alias moves to other files', async () => {
    const etag = (await get(archive)).headers.get('etag') ?? ''
    const file = 'aliases/live/files?path=model.onnx'
    const fileTag = (await get(file)).headers.get('etag') ?? ''
    assert.match(fileTag, /^"[0-9a-f]{64}"$/)
    assert.equal((await get(archive, { 'if-none-match': etag })).status, 304)
    assert.equal((await get(file, { 'if-none-match': fileTag })).status, 304)
    await point('live', 2)
    const moved = await get(archive, { 'if-none-match': etag })
    assert.equal(moved.status, 200)
    assert.equal((await get(file, { 'if-none-match': fileTag })).status, 200)
    assert.equal(await (await get(file)).text(), 'two'.repeat(1000))
    await point('live', 3)
    const same = await get(archive, { 'if-none-match': moved.headers.get('etag') ?? '' })
    assert.equal(same.status, 304, 'version 3 has the files of version 2')
  })

  it('says what is not there', async () => {
    for (const path of [
      'aliases/none/archive',
      'aliases/1/archive',
      'aliases/live/files?path=other',
      'versions/9/archive',
    ]) {
      assert.equal((await get(path)).status, 404, path)
    }
    assert.equal((await get('aliases/live/files?path=../model.onnx')).status, 400)
    assert.equal((await get('versions/1/archive')).status, 200)
  })
})
