import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { after, before, describe, it } from 'node:test'
import { type OpenedServer, openServer } from '../../app/opened-server.contract.ts'

interface Outcome {
  stored: number
  sizeBytes: number
  refused: { id: string; code: string; message: string }[]
}

const md5 = (content: string | Uint8Array) => createHash('md5').update(content).digest('hex')

function record(content: string | Uint8Array, id = md5(content)): Buffer {
  const bytes = Buffer.from(content)
  return Buffer.concat([Buffer.from(`${id} ${bytes.length}\n`), bytes])
}

describe('many objects in one request', () => {
  let opened: OpenedServer
  let root: string
  before(async () => {
    opened = await openServer()
    root = `${opened.url}/dvc/many`
  })
  after(() => opened.close())

  const post = (operation: string, body: string | Uint8Array<ArrayBuffer>) =>
    fetch(`${root}/${operation}`, { method: 'POST', body })
  const have = async (ids: readonly string[]) =>
    (await (await post('have', ids.map((id) => `${id}\n`).join(''))).text())
      .split('\n')
      .slice(0, -1)
  const put = async (records: readonly Buffer[]): Promise<Outcome> => {
    const answer = await post('put', Buffer.concat(records))
    assert.equal(answer.status, 200)
    return (await answer.json()) as Outcome
  }
  const get = async (ids: readonly string[]) =>
    Buffer.from(await (await post('get', ids.map((id) => `${id}\n`).join(''))).arrayBuffer())

  it('stores thousands, knows them, and gives them back in the order asked', async () => {
    const contents = Array.from({ length: 3000 }, (_, i) => `small file ${i}`)
    const ids = contents.map((content) => md5(content))
    assert.deepEqual(await have(ids), ids)
    const outcome = await put(contents.map((content) => record(content)))
    assert.equal(outcome.stored, 3000)
    assert.deepEqual(outcome.refused, [])
    assert.deepEqual(await have([...ids, md5('absent')]), [md5('absent')])
    const asked = [...ids.slice(1500), md5('absent'), ...ids.slice(0, 1500)]
    const wanted = [...contents.slice(1500), undefined, ...contents.slice(0, 1500)].map((content) =>
      content === undefined ? Buffer.from(`${md5('absent')} -\n`) : record(content),
    )
    const got = await get(asked)
    assert.equal(Buffer.compare(got, Buffer.concat([...wanted, Buffer.from('end 3001\n')])), 0)
  })

  it('takes large, empty and legacy ones among the small ones', async () => {
    const large = randomBytes(3_000_001)
    const records = [
      record('before'),
      record(large),
      record(''),
      record('a\r\nb\r\n', `dos2unix:${md5('a\nb\n')}`),
      record('behind'),
    ]
    assert.equal((await put(records)).stored, 5)
    const got = await get([md5(large), `dos2unix:${md5('a\nb\n')}`, md5('')])
    const wanted = Buffer.concat([records[1]!, records[3]!, records[2]!, Buffer.from('end 3\n')])
    assert.equal(Buffer.compare(got, wanted), 0)
  })

  it('refuses what is not what its id says, and stores the rest', async () => {
    const large = randomBytes(2_000_000)
    const outcome = await put([
      record('one good'),
      record('bad', md5('good')),
      record(large, md5('another')),
      record('{', `${md5('{')}.dir`),
      record('another good'),
    ])
    assert.equal(outcome.stored, 2)
    assert.deepEqual(
      new Map(outcome.refused.map(({ id, code }) => [id, code])),
      new Map([
        [md5('good'), 'invalid'],
        [md5('another'), 'invalid'],
        [`${md5('{')}.dir`, 'invalid'],
      ]),
    )
    assert.deepEqual(await have([md5('one good'), md5('another good')]), [])
    assert.deepEqual(await have([md5('good')]), [md5('good')])
  })

  it('shows a manifest when all of it is there, in whatever order it came', async () => {
    const text = `[{"md5": "${md5('m1')}", "relpath": "1"}, {"md5": "${md5('m2')}", "relpath": "2"}]`
    const id = `${md5(text)}.dir`
    await put([record(text, id), record('m1')])
    assert.deepEqual(await have([id, md5('m1')]), [id])
    assert.equal(String(await get([id])), `${id} -\nend 1\n`)
    await put([record('m2')])
    assert.deepEqual(await have([id]), [])
    assert.equal(String(await get([id])), `${id} ${text.length}\n${text}end 1\n`)
  })

  it('says what is wrong with a body that is none', async () => {
    const bad: [string, string][] = [
      ['put', 'no record at all'],
      ['put', `${md5('x')} 1`],
      ['put', `${md5('x')} 5\nx`],
      ['put', `${md5('x')} -1\nx`],
      ['put', `nonsense 1\nx`],
      ['put', `${md5('large')} 5000000\ncut short`],
      ['put', 'x'.repeat(10_000)],
      ['have', 'nonsense\n'],
      ['get', '../../etc/passwd\n'],
    ]
    for (const [operation, body] of bad) {
      const answer = await post(operation, body)
      assert.equal(answer.status, 400, `${operation} ${body.slice(0, 50)}`)
      const { error } = (await answer.json()) as { error: { code: string } }
      assert.equal(error.code, 'invalid')
    }
    const many = Array.from({ length: 100_001 }, (_, i) => `${md5(String(i))}\n`).join('')
    assert.equal((await post('have', many)).status, 413)
  })

  it('keeps what came whole before a connection broke', async () => {
    const contents = Array.from({ length: 2500 }, (_, i) => `before the break ${i}`)
    const { port } = new URL(root)
    const sent = request({ port, host: '127.0.0.1', path: '/dvc/many/put', method: 'POST' })
    const closed = new Promise<void>((resolve) => sent.on('error', () => resolve()))
    sent.write(Buffer.concat(contents.map((content) => record(content))))
    sent.write(`${md5('half')} 4\nha`)
    const ids = [...contents.map((content) => md5(content)), md5('half')]
    while ((await have(ids)).length > 501) await sleep(20)
    sent.destroy()
    await closed
    const missing = await have(ids)
    assert.ok(missing.includes(md5('half')))
    const outcome = await put(contents.map((content) => record(content)))
    assert.equal(outcome.stored, 2500)
  })

  it('does not mind a reader that leaves early', async () => {
    const large = randomBytes(4_000_000)
    await put([record(large)])
    for (let i = 0; i < 10; i++) {
      const answer = await post('get', `${md5(large)}\n`)
      await answer.body?.cancel()
    }
    assert.equal((await get([md5(large)])).length, record(large).length + 'end 1\n'.length)
  })
})
