import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { request } from 'node:http'
import { connect } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { type OpenedServer, openServer } from '../../app/opened-server.contract.ts'

const md5 = (content: string | Uint8Array) => createHash('md5').update(content).digest('hex')
const place = (id: string) => `files/md5/${id.slice(0, 2)}/${id.slice(2)}`

function manifest(files: Readonly<Record<string, string>>): { id: string; text: string } {
  const members = Object.entries(files).map(
    ([path, content]) => `{"md5": "${md5(content)}", "relpath": ${JSON.stringify(path)}}`,
  )
  const text = `[${members.join(', ')}]`
  return { id: `${md5(text)}.dir`, text }
}

describe('a DVC remote', () => {
  let opened: OpenedServer
  let root: string
  before(async () => {
    opened = await openServer()
    root = `${opened.url}/dvc/team`
  })
  after(() => opened.close())

  const put = (path: string, body: string | Uint8Array<ArrayBuffer>, method = 'POST', at = root) =>
    fetch(`${at}/${path}`, { method, body })
  const get = (path: string, headers: Record<string, string> = {}) =>
    fetch(`${root}/${path}`, { headers })

  async function pushed(content: string | Uint8Array<ArrayBuffer>): Promise<string> {
    const path = place(md5(content))
    assert.equal((await put(path, content)).status, 201)
    return path
  }

  it('gives back what was pushed, with its names, in whole and in parts', async () => {
    const content = randomBytes(700_000)
    const path = await pushed(content)
    for (const method of ['GET', 'HEAD']) {
      const answer = await fetch(`${root}/${path}`, { method })
      assert.equal(answer.status, 200)
      assert.equal(answer.headers.get('content-length'), '700000')
      assert.equal(answer.headers.get('etag'), `"${md5(content)}"`)
      assert.equal(answer.headers.get('accept-ranges'), 'bytes')
      assert.equal(
        Buffer.from(answer.headers.get('content-md5') ?? '', 'base64').toString('hex'),
        md5(content),
      )
      const body = Buffer.from(await answer.arrayBuffer())
      assert.equal(Buffer.compare(body, method === 'GET' ? content : Buffer.alloc(0)), 0)
    }
    const part = await get(path, { range: 'bytes=300000-300009' })
    assert.equal(part.status, 206)
    assert.equal(
      Buffer.compare(Buffer.from(await part.arrayBuffer()), content.subarray(300_000, 300_010)),
      0,
    )
    const small = await get(await pushed('0123456789'), { range: 'bytes=2-3' })
    assert.deepEqual([small.status, await small.text()], [206, '23'])
  })

  it('takes an empty file, a file twice, and by PUT', async () => {
    const path = await pushed('')
    await pushed('')
    assert.equal((await put(path, '', 'PUT')).status, 201)
    assert.equal(await (await get(path)).text(), '')
  })

  it('answers 404 for what was never pushed, and for the probe of its root', async () => {
    assert.equal((await get(place('0'.repeat(32)))).status, 404)
    assert.equal((await get('files/md5')).status, 404)
  })

  it('stores nothing that is not what its name says', async () => {
    const path = place(md5('what was meant'))
    const answer = await put(path, 'something else')
    assert.equal(answer.status, 400)
    assert.match(((await answer.json()) as { error: { message: string } }).error.message, /md5/)
    assert.equal((await get(path)).status, 404)
  })

  it('refuses names that are none, and paths that leave the remote', async () => {
    const bad = ['files/md5/ab/short', 'ab/nothex', 'files/md5/AB/'.padEnd(43, 'C'), 'a/%2e%2e/b']
    for (const path of bad) {
      const sent = await rawRequest(`${root}/${path}`, 'POST', 'x')
      assert.equal(sent, 400, path)
    }
  })

  it('keeps a project to itself: knowing a digest is no right to its content', async () => {
    const path = await pushed('a secret of team')
    const elsewhere = await fetch(`${opened.url}/dvc/rivals/${path}`)
    assert.equal(elsewhere.status, 404)
  })

  it('does not show a manifest before its last member is there', async () => {
    const files = { 'a.txt': 'first of it', 'b/c.txt': 'second of it' }
    const { id, text } = manifest(files)
    await pushed(files['a.txt'])
    assert.equal((await put(place(id), text)).status, 201)
    assert.equal((await get(place(id))).status, 404)
    await pushed(files['b/c.txt'])
    assert.equal(await (await get(place(id))).text(), text)
  })

  it('shows a manifest when its members came in another way', async () => {
    const files = { one: 'uploaded by our own client', two: 'pushed' }
    const { id, text } = manifest(files)
    await put(place(id), text)
    await pushed(files.two)
    const sha256 = createHash('sha256').update(files.one).digest('hex')
    const api = `${opened.url}/api/v1/projects/team/blobs/${sha256}`
    assert.equal((await fetch(api, { method: 'PUT', body: files.one })).status, 200)
    assert.equal(await (await get(place(md5(files.one)))).text(), files.one)
    assert.equal(await (await get(place(id))).text(), text)
  })

  it('hides a manifest again when a member was removed', async () => {
    const files = { 'x.txt': 'stays', 'y.txt': 'is removed' }
    const { id, text } = manifest(files)
    for (const content of Object.values(files)) await pushed(content)
    await put(place(id), text)
    assert.equal((await get(place(id))).status, 200)
    // The project still has the bytes; a second remote of it has them under no name.
    await opened.client().remotes.declareRemote({ params: { project: 'other', repo: 'second' } })
    const second = `${opened.url}/dvc/second`
    for (const content of Object.values(files))
      await put(place(md5(content)), content, 'PUT', second)
    await put(place(id), text, 'PUT', second)
    const { tables } = opened.server.platform
    await tables.write<{ data_blobs: { project: string } }, unknown>((tx) =>
      tx.deleteFrom('data_blobs').where('project', '=', 'other').execute(),
    )
    const gone = `${second}/${place(md5(files['y.txt']))}`
    assert.equal((await fetch(`${second}/${place(id)}`)).status, 200)
    assert.equal((await fetch(gone, { method: 'DELETE' })).status, 204)
    assert.equal((await fetch(`${second}/${place(id)}`)).status, 404)
    await put(place(md5(files['y.txt'])), files['y.txt'], 'POST', second)
    assert.equal((await fetch(`${second}/${place(id)}`)).status, 200)
  })

  it('refuses manifests that are damaged or would write elsewhere', async () => {
    const digest = md5('x')
    const entry = (path: string) => `{"md5": "${digest}", "relpath": ${JSON.stringify(path)}}`
    const bad = [
      '[',
      '{}',
      '[1]',
      `[{"md5": "short", "relpath": "a"}]`,
      `[${entry('../a')}]`,
      `[${entry('/etc/passwd')}]`,
      `[${entry('a//b')}]`,
      `[${entry('a\u0000b')}]`,
      `[${entry('a')}, ${entry('a')}]`,
      `[${entry('a')}, ${entry('a/b')}]`,
      '['.repeat(100_000),
    ]
    for (const text of bad) {
      const answer = await put(place(`${md5(text)}.dir`), text)
      assert.equal(answer.status, 400, text.slice(0, 60))
    }
    const { text } = manifest({ a: 'x' })
    assert.equal((await put(place(`${md5('other')}.dir`), text)).status, 400)
  })

  it('takes a manifest with metadata under the name that it has without', async () => {
    await pushed('with metadata')
    const { id } = manifest({ a: 'with metadata' })
    const text = JSON.stringify([{ relpath: 'a', md5: md5('with metadata'), size: 13, cloud: {} }])
    assert.equal((await put(place(id), text)).status, 201)
    assert.equal((await get(place(id))).status, 200)
  })

  it('knows the names of DVC 2, where line ends do not count in texts', async () => {
    const id = md5('one\ntwo\n')
    const old = `${id.slice(0, 2)}/${id.slice(2)}`
    assert.equal((await put(old, 'one\r\ntwo\r\n')).status, 201)
    assert.equal(await (await get(old)).text(), 'one\r\ntwo\r\n')
    assert.equal((await put(old, 'one\r\nthree\r\n')).status, 400)
    const binary = Buffer.concat([Buffer.from([0, 13, 10]), randomBytes(2_500_000)])
    const binaryId = md5(binary)
    const oldBinary = `${binaryId.slice(0, 2)}/${binaryId.slice(2)}`
    assert.equal((await put(oldBinary, binary)).status, 201)
  })

  it('survives a client that leaves in the middle of an answer, and of an upload', async () => {
    const path = await pushed(randomBytes(5_000_000))
    for (let i = 0; i < 20; i++) {
      const answer = await get(path)
      await answer.body?.cancel()
    }
    const lost = place(md5('never whole'))
    await new Promise<void>((resolve) => {
      const { port } = new URL(root)
      const socket = connect(Number(port), '127.0.0.1', () => {
        socket.write(
          `POST /dvc/team/${lost} HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nnever\r\n`,
        )
        setTimeout(() => socket.destroy(), 50)
      })
      socket.on('close', () => resolve())
    })
    assert.equal((await get(lost)).status, 404)
    assert.equal((await get(path, { range: 'bytes=0-3' })).status, 206)
  })

  it('takes the same directory from forty clients at once', async () => {
    const files = Object.fromEntries(
      Array.from({ length: 25 }, (_, i) => [`f${i}`, `of forty clients ${i}`]),
    )
    const { id, text } = manifest(files)
    await Promise.all(
      Array.from({ length: 40 }, async (_, client) => {
        const contents = Object.values(files)
        const own = [...contents.slice(client % 25), ...contents.slice(0, client % 25)]
        if (client % 2 === 0) await put(place(id), text)
        for (const content of own) await pushed(content)
        await put(place(id), text)
      }),
    )
    assert.equal(await (await get(place(id))).text(), text)
    for (const content of Object.values(files)) {
      assert.equal(await (await get(place(md5(content)))).text(), content)
    }
  })

  it('lists, moves and removes by WebDAV', async () => {
    const dav = `${opened.url}/dvc/dav`
    const content = 'moved'
    await put('files/md5/.upload.tmp', content, 'PUT', dav)
    const to = `${dav}/${place(md5(content))}`
    const moved = await fetch(`${dav}/files/md5/.upload.tmp`, {
      method: 'MOVE',
      headers: { destination: to },
    })
    assert.equal(moved.status, 201)
    assert.equal(await (await fetch(to)).text(), content)
    const wrong = await fetch(to, {
      method: 'COPY',
      headers: { destination: `${dav}/${place(md5('another'))}` },
    })
    assert.equal(wrong.status, 400)
    const list = async (path: string, depth: string) => {
      const answer = await fetch(`${dav}/${path}`, { method: 'PROPFIND', headers: { depth } })
      const hrefs = [...(await answer.text()).matchAll(/<D:href>([^<]*)</g)].map(([, href]) => href)
      return { status: answer.status, hrefs }
    }
    assert.deepEqual(await list('files', '1'), {
      status: 207,
      hrefs: ['/dvc/dav/files/', '/dvc/dav/files/md5/'],
    })
    assert.deepEqual((await list(place(md5(content)), '0')).hrefs, [
      `/dvc/dav/${place(md5(content))}`,
    ])
    assert.equal((await list('files', 'infinity')).status, 403)
    assert.equal((await list('absent', '1')).status, 404)
    assert.equal((await fetch(to, { method: 'DELETE' })).status, 204)
    assert.equal((await list('files', '1')).status, 404)
  })

  it('tells what it refused to those who own the remote', async () => {
    const client = opened.client()
    const { items } = await client.remotes.listProblems({ params: { project: 'team' } })
    assert.ok(items.some(({ kind }) => kind === 'not what its name says'))
    await client.remotes.clearProblems({ params: { project: 'team', repo: 'team' } })
    assert.deepEqual(await client.remotes.listProblems({ params: { project: 'team' } }), {
      items: [],
    })
    const remotes = await client.remotes.listRemotes({ params: { project: 'team' } })
    assert.equal(remotes.items[0]?.repo, 'team')
    assert.ok((remotes.items[0]?.objects ?? 0) > 5)
  })
})

/** Sends a path as it is; `fetch` would resolve its dots. */
function rawRequest(url: string, method: string, body: string): Promise<number> {
  const { port } = new URL(url)
  const path = url.slice(url.indexOf('/dvc/'))
  return new Promise((resolve, reject) => {
    const sent = request({ port, path, method, host: '127.0.0.1' }, (answer) => {
      answer.resume()
      resolve(answer.statusCode ?? 0)
    })
    sent.on('error', reject)
    sent.end(body)
  })
}
