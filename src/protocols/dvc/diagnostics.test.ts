import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import { after, before, describe, it } from 'node:test'
import type { BlobTables } from '#ports/blobs/blob-tables'
import { openServer, type OpenedServer } from '../../app/opened-server.contract.ts'

const md5 = (content: string | Uint8Array) => createHash('md5').update(content).digest('hex')
const place = (id: string) => `files/md5/${id.slice(0, 2)}/${id.slice(2)}`

describe('what the owner of a DVC remote is told', () => {
  const params = { project: 'team', repo: 'team' }
  let opened: OpenedServer
  let root: string
  before(async () => {
    opened = await openServer({ auth: 'tokens' })
    root = `${opened.url}/dvc/team`
  })
  after(() => opened.close())

  const client = () => opened.client(opened.server.adminToken)
  const send = (path: string, program: string, init: RequestInit = {}) =>
    fetch(`${root}/${path}`, {
      ...init,
      headers: { authorization: `Bearer ${opened.server.adminToken}`, 'user-agent': program },
    })

  /** Sums are written every few seconds. */
  async function visitsOnceThere(count: number) {
    for (;;) {
      const { items } = await client().remotes.listVisits({ params })
      if (items.length >= count) return items
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }

  it('who pushed and pulled, how much, and what went wrong', async () => {
    const content = 'pushed once'
    const path = place(md5(content))
    await (await send(path, 'dvc/3.67.1', { method: 'HEAD' })).arrayBuffer()
    assert.equal((await send(path, 'dvc/3.67.1', { method: 'POST', body: content })).status, 201)
    const wrong = { method: 'POST', body: 'something else' }
    assert.equal((await send(place(md5('what was meant')), 'dvc/3.67.1', wrong)).status, 400)
    for (let i = 0; i < 3; i++) assert.equal(await (await send(path, 'other/1')).text(), content)
    const batch = { method: 'POST', body: `${md5(content)}\n${'0'.repeat(32)}\n` }
    const answer = await (await send('get', 'gyre', batch)).text()
    assert.match(answer, /pushed once.*end 2/s)
    await send('have', 'gyre', batch)
    const visits = await visitsOnceThere(3)
    const of = (program: string) => visits.find((visit) => visit.client.endsWith(program))
    const sizeBytes = content.length
    const dvc = of('dvc/3.67.1')
    assert.deepEqual(dvc?.pushed, { objects: 1, sizeBytes })
    assert.deepEqual([dvc?.asked, dvc?.failures], [1, 1])
    assert.match(dvc?.lastFailure ?? '', /has md5/)
    assert.match(dvc?.who ?? '', /^token:admin/)
    assert.deepEqual(of('other/1')?.pulled, { objects: 3, sizeBytes: 3 * sizeBytes })
    assert.deepEqual([of('gyre')?.pulled.objects, of('gyre')?.asked], [1, 2])
  })

  it('that credentials were wrong, which is no visit', async () => {
    const answer = await fetch(`${root}/${place(md5('x'))}`, {
      headers: { authorization: 'Bearer wrong', 'user-agent': 'dvc/stranger' },
    })
    assert.equal(answer.status, 401)
    const { items } = await client().remotes.listProblems({ params: { project: 'team' } })
    assert.ok(
      items.some(
        ({ kind, client: who }) => kind === 'unauthenticated' && who.endsWith('dvc/stranger'),
      ),
    )
    const visits = await visitsOnceThere(1)
    assert.ok(visits.every((visit) => !visit.client.endsWith('dvc/stranger')))
  })

  it('which files a directory waits for, by their names', async () => {
    const members = ['a.txt', 'b/ü.txt', 'c.txt'].map(
      (path) => `{"md5": "${md5(`of ${path}`)}", "relpath": ${JSON.stringify(path)}}`,
    )
    const text = `[${members.join(', ')}]`
    const directory = place(`${md5(text)}.dir`)
    await send(directory, 'dvc', { method: 'POST', body: text })
    await send(place(md5('of a.txt')), 'dvc', { method: 'POST', body: 'of a.txt' })
    const { items } = await client().remotes.listWaiting({ params, query: { members: 1 } })
    assert.deepEqual(
      items.map(({ path, missing, missingObjects }) => ({ path, missing, missingObjects })),
      [
        {
          path: directory,
          missing: [{ path: 'b/ü.txt', md5: md5('of b/ü.txt') }],
          missingObjects: 2,
        },
      ],
    )
    const projectElse = { params: { project: 'default', repo: 'team' } }
    await assert.rejects(client().remotes.listWaiting(projectElse), { code: 'not_found' })
  })

  it('that the store lost or damaged something of it', async () => {
    const contents = ['will be damaged', 'will be lost', 'stays']
    for (const body of contents) await send(place(md5(body)), 'dvc', { method: 'POST', body })
    const { tables, blobs } = opened.server.platform
    const whole = await client().remotes.checkRemote({ params, body: {} })
    assert.deepEqual([whole.missing, whole.damaged, whole.next], [[], [], null])
    assert.ok(whole.checked.objects >= 4)
    await damage(opened, createHash('sha256').update('will be damaged').digest('hex'))
    await tables.write<BlobTables, void>(async (tx) => {
      await tx.deleteFrom('blob_places').where('md5', '=', md5('will be lost')).execute()
    })
    const found = { missing: [] as string[], damaged: [] as string[], rounds: 0 }
    for (let after: string | null = ''; after !== null; found.rounds++) {
      const body = { after, mostBytes: 20 }
      const report = await client().remotes.checkRemote({ params, body })
      found.missing.push(...report.missing)
      found.damaged.push(...report.damaged)
      after = report.next
    }
    assert.deepEqual(found.missing, [place(md5('will be lost'))])
    assert.deepEqual(found.damaged, [place(md5('will be damaged'))])
    assert.ok(found.rounds > 2)
    assert.equal(await blobs.has(createHash('sha256').update('stays').digest('hex')), true)
    await send(place(md5('will be lost')), 'dvc', { method: 'POST', body: 'will be lost' })
  })
})

/** Flips a byte of a blob where it lies. */
async function damage({ server, directory }: OpenedServer, sha256: string): Promise<void> {
  const { object, start } = await server.platform.tables
    .read<BlobTables>()
    .selectFrom('blob_places')
    .select(['object', 'start'])
    .where('sha256', '=', sha256)
    .executeTakeFirstOrThrow()
  const file = await open(`${directory}/blobs/${object}`, 'r+')
  const byte = Buffer.alloc(1)
  await file.read(byte, 0, 1, start)
  await file.write(Buffer.from([byte[0]! ^ 1]), 0, 1, start)
  await file.close()
}
