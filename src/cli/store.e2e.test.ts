import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, describe, it } from 'node:test'
import { runGyre } from '../app/faults/server-process.contract.ts'
import { type OpenedServer, openServer } from '../app/opened-server.contract.ts'

/** The commands of docs/operate/store.md, as it has them, without their comments. */
function documented(): string[] {
  const text = readFileSync(join(import.meta.dirname, '../../docs/operate/store.md'), 'utf8')
  return [...text.matchAll(/^gyre (store|why|remotes|data) .*$/gm)].map(([line]) =>
    line.replace(/ *#.*/, ''),
  )
}

describe('the commands that keep the store in order', () => {
  let opened: OpenedServer
  let directory: string
  let sha256: string
  before(async () => {
    opened = await openServer()
    directory = await mkdtemp(join(tmpdir(), 'gyre-store-'))
    const client = opened.client()
    const params = { project: 'default', dataset: 'flights' }
    await client.data.declareDataset({
      params,
      body: { description: '', path: null, timestamp: null, knownAt: null, expectations: [] },
    })
    for (let i = 1; i <= 12; i++) {
      const content = new TextEncoder().encode(`version ${i}`)
      sha256 = createHash('sha256').update(content).digest('hex')
      const blob = { params: { project: 'default', sha256 }, body: content }
      const stat = await client.data.uploadBlob(blob)
      const files = [{ path: 'notes.txt', ...stat }]
      await client.data.commitVersion({ params, body: { files, message: `${i}` } })
    }
  })
  after(async () => {
    await opened.close()
    await rm(directory, { recursive: true })
  })

  async function type(command: string): Promise<string> {
    const words = command.match(/"[^"]*"|\S+/g) ?? []
    const args = words.slice(1).map((word) => word.replaceAll('"', ''))
    const environment = { GYRE_URL: opened.url, HOME: directory }
    const { code, out, err } = await runGyre({ args, directory, environment })
    assert.equal(code, 0, `${command}: ${out}${err}`)
    return out
  }

  it('tell of remotes, and how to make one', async () => {
    assert.match(await type('gyre remotes list'), /dvc remote add/)
    await type('gyre remotes add team')
    assert.match(await type('gyre remotes list'), /dvc\/team/)
    assert.match(await type('gyre remotes problems'), /Nothing was refused/)
  })

  it('do what the document says', async () => {
    const told = new Map<string, string>()
    let hold = ''
    for (const command of documented()) {
      const filled = command.replace('<sha256>', sha256).replace('<hold>', hold)
      const said = await type(filled)
      told.set(command, said)
      hold = /is held: (\w+)/.exec(said)?.[1] ?? hold
    }
    assert.ok(told.size >= 9, [...told.keys()].join('\n'))
    assert.match(told.get('gyre store status') ?? '', /blobs of .* take/)
    assert.match(told.get('gyre store gc --dry-run') ?? '', /0 blobs \(0 B\) would be deleted/)
    assert.match(told.get('gyre store scrub') ?? '', /were read; 0 were repaired/)
    assert.match(told.get('gyre why blob:<sha256>') ?? '', /version 12 of data set flights/)
    assert.match(told.get('gyre store holds') ?? '', /flights.*needed for the audit/)
    assert.match(told.get('gyre store gc --dry-run') ?? '', /by versions of data sets/)
    assert.match(told.get('gyre store usage') ?? '', /flights +12 +0 +111 B +111 B/)
    assert.match(
      told.get('gyre store retention flights --versions 5 --days 90 --dry-run') ?? '',
      /v12 .*stays: latest[^]*v1 .*stays: young/,
    )
    assert.match(told.get('gyre data files flights@12') ?? '', /notes\.txt/)
    assert.match(told.get('gyre data uses flights@12') ?? '', /is the latest/)
    assert.match(told.get('gyre remotes check team') ?? '', /0 objects/)
    assert.match(told.get('gyre remotes waiting team') ?? '', /is whole/)
  })
})

describe('gyre store index rebuild', () => {
  it('finds blobs that the tables do not know, and says what is lost', async () => {
    const { server, url, directory } = await openServer()
    const rebuild = (...args: string[]) =>
      runGyre({ args: ['store', 'index', 'rebuild', '--json', '--data', directory, ...args] })
    try {
      for (const content of ['small', 'x'.repeat(200_000)]) {
        const answer = await fetch(`${url}/dvc/team/some/${content.length}`, {
          method: 'PUT',
          body: content,
        })
        assert.equal(answer.status, 201)
      }
      await server.close()
      const database = new DatabaseSync(join(directory, 'gyre.db'))
      database.exec('delete from blob_places; delete from blob_objects')
      database.close()
      const found = await rebuild()
      assert.equal(found.code, 0, found.err)
      assert.deepEqual(JSON.parse(found.out), { objects: 2, found: 2, lost: [] })
      await rm(join(directory, 'blobs', 'packs'), { recursive: true })
      const { code, out } = await rebuild()
      assert.equal(code, 1)
      const sha256 = createHash('sha256').update('small').digest('hex')
      assert.deepEqual(JSON.parse(out), { objects: 1, found: 0, lost: [sha256] })
    } finally {
      await rm(directory, { recursive: true })
    }
  })

  it('makes no store where there is none', async () => {
    const { code, err } = await runGyre({
      args: ['store', 'index', 'rebuild', '--data', '/nowhere'],
    })
    assert.equal(code, 1)
    assert.match(err, /holds no Gyre store/)
  })
})
