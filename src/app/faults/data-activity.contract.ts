import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { withFrames } from '#app/training/frames'
import type { Client } from '#client/client'
import { type Activity, between, found, type World } from './activity.contract.ts'
import { digestOf } from './run-activity.contract.ts'

interface Content {
  bytes: Uint8Array<ArrayBuffer>
  rows: number
  extension: 'csv' | 'parquet'
}

interface AskedVersion {
  dataset: string
  /** Known only when it was acknowledged. */
  version: number | undefined
  rows: number
  sha256s: string[]
}

const datasets = ['one', 'two'] as const
const parquetFiles = 6

/** Versions of small CSV and Parquet files: their blobs first, then the commit. */
export function dataActivity({ directory, project, random }: World): Activity {
  const versions: AskedVersion[] = []
  const parquets: Content[] = []
  let serial = 0
  const activity = {
    name: 'data',
    places: 2,
    acknowledged: 0,
    async prepare(client: Client) {
      parquets.push(...(await makeParquets(directory)))
      for (const dataset of datasets) {
        await client.data.declareDataset({ params: { project, dataset }, body: {} })
      }
    },
    async act(client: Client, place: number) {
      const dataset = datasets[place % datasets.length] as string
      const contents = Array.from({ length: between(random, 1, 3) }, newContent)
      const version: AskedVersion = {
        dataset,
        version: undefined,
        rows: contents.reduce((sum, { rows }) => sum + rows, 0),
        sha256s: [],
      }
      const files = []
      for (const [at, content] of contents.entries()) {
        const blob = await upload(client, content)
        files.push({ path: `part-${at}.${content.extension}`, ...blob })
        version.sha256s.push(blob.sha256)
      }
      versions.push(version)
      const params = { project, dataset }
      const made = await client.data.commitVersion({ params, body: { files } })
      version.version = made.version
      activity.acknowledged++
      assert.equal(made.rows, version.rows)
    },
    async verify(client: Client) {
      for (const dataset of datasets) await verifyDataset(client, project, dataset)
      for (const asked of versions) await verifyVersion(client, asked)
    },
  }

  async function upload(
    client: Client,
    { bytes }: Content,
  ): Promise<{ sha256: string; md5: string; sizeBytes: number }> {
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    const blob = await client.data.uploadBlob({ params: { project, sha256 }, body: bytes })
    activity.acknowledged++
    return blob
  }

  function newContent(): Content {
    const known = parquets[random.integer(parquets.length * 2)]
    if (known !== undefined) return known
    const rows = between(random, 1, 500)
    const lines = Array.from({ length: rows }, (_, row) => `${serial++},${row % 7},text ${row}`)
    const text = `a,b,c\n${lines.join('\n')}\n`
    return { bytes: new TextEncoder().encode(text), rows, extension: 'csv' }
  }

  async function verifyVersion(client: Client, asked: AskedVersion): Promise<void> {
    if (asked.version === undefined) return
    const params = { project, dataset: asked.dataset, version: String(asked.version) }
    const version = await found(client.data.getVersion({ params }))
    assert.ok(version, `version ${asked.version} of ${asked.dataset} is lost`)
    assert.equal(version.rows, asked.rows)
    const { items } = await client.data.listFiles({ params })
    assert.deepEqual(
      items.map((file) => file.sha256),
      asked.sha256s,
    )
  }
  return activity
}

/** Every version that is there, acknowledged or not, is whole: number, summary, files and blobs. */
async function verifyDataset(client: Client, project: string, dataset: string): Promise<void> {
  const params = { project, dataset }
  const declared = await client.data.getDataset({ params })
  const { items } = await client.data.listVersions({ params, query: { limit: 1000 } })
  assert.equal(items.length, declared.versions)
  assert.equal(items[0]?.version ?? null, declared.latestVersion)
  const checked = new Set<string>()
  for (const { version, files: count } of items) {
    const place = { ...params, version: String(version) }
    const { items: files } = await client.data.listFiles({ params: place })
    assert.equal(files.length, count)
    for (const { path, sha256 } of files) {
      if (checked.has(sha256)) continue
      checked.add(sha256)
      const { content } = await client.data.downloadFile({ params: place, query: { path } })
      assert.equal(await digestOf(content), sha256, `${dataset}@${version} has a damaged ${path}`)
    }
  }
}

async function makeParquets(directory: string): Promise<Content[]> {
  return withFrames(async (session) => {
    const contents: Content[] = []
    for (let at = 0; at < parquetFiles; at++) {
      const rows = 100 + at * 37
      const path = join(directory, `made-${at}.parquet`)
      const sql = `SELECT range AS a, range % ${at + 2} AS b, 'text ' || range AS c FROM range(${rows})`
      await session.exportParquet(sql, path)
      contents.push({ bytes: new Uint8Array(await readFile(path)), rows, extension: 'parquet' })
    }
    return contents
  })
}
