import { createHash, randomBytes } from 'node:crypto'
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs'
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startNginx } from '../nginx.ts'
import { type BenchServer, residentBytes, startServer, timePeer } from '../process.ts'

/** The shape of dvc-bench's `mnist`: 70,000 files of about 280 bytes. */
const fileCount = Number(process.env['GYRE_BENCH_FILES'] ?? 70_000)
/** What the unmodified dvc pushes; it needs a minute for every 50,000. */
const dvcFileCount = Number(process.env['GYRE_BENCH_DVC_FILES'] ?? 10_000)
const perRequest = 5000

/**
 * The DVC remote: small files by our own batches, beside writing the same bytes into one file; and the
 * unmodified dvc pushing to it, beside dvc pushing to nginx. Seconds.
 */
export async function measureRemote(scratch: string): Promise<object> {
  const directory = await mkdtemp(join(scratch, 'remote-'))
  const server = await startServer(join(directory, 'store'))
  const batch = await measureBatch(server)
  const rawSeconds = rawCost(join(directory, 'raw'))
  const dvc = await measureDvc(directory, server)
  const residentMb = Math.round((await residentBytes(server.pid)) / 1e6)
  await server.stop()
  return { files: fileCount, ...batch, rawSeconds, dvc, residentMb }
}

function contentOf(i: number): Buffer {
  return Buffer.from(`file ${i} `.repeat(24))
}

const md5 = (content: Uint8Array): string => createHash('md5').update(content).digest('hex')

async function measureBatch({ url }: BenchServer): Promise<object> {
  const post = async (operation: string, body: Uint8Array<ArrayBuffer> | string) => {
    const answer = await fetch(`${url}/dvc/batch/${operation}`, { method: 'POST', body })
    if (!answer.ok) throw new Error(`${operation}: ${answer.status}`)
    return new Uint8Array(await answer.arrayBuffer())
  }
  const records = Array.from({ length: fileCount }, (_, i) => {
    const content = contentOf(i)
    return { id: md5(content), content }
  })
  const ids = records.map(({ id }) => `${id}\n`).join('')
  const missingSeconds = await timed(() => post('have', ids))
  const putSeconds = await timed(async () => {
    for (let start = 0; start < records.length; start += perRequest) {
      const some = records.slice(start, start + perRequest)
      const lines = some.flatMap(({ id, content }) => [
        Buffer.from(`${id} ${content.length}\n`),
        content,
      ])
      await post('put', Buffer.concat(lines))
    }
  })
  const haveSeconds = await timed(() => post('have', ids))
  const getSeconds = await timed(() => post('get', ids))
  return { missingSeconds, putSeconds, haveSeconds, getSeconds }
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now()
  await work()
  return (performance.now() - startedAt) / 1000
}

/** Hashing the same bytes twice and writing them once, durably. */
function rawCost(path: string): number {
  const startedAt = performance.now()
  const file = openSync(path, 'w')
  for (let i = 0; i < fileCount; i++) {
    const content = contentOf(i)
    md5(content)
    createHash('sha256').update(content).digest('hex')
    writeSync(file, content)
  }
  fsyncSync(file)
  closeSync(file)
  return (performance.now() - startedAt) / 1000
}

async function measureDvc(directory: string, server: BenchServer): Promise<object | null> {
  const dvc = process.env['GYRE_BENCH_DVC'] ?? 'dvc'
  const nginx = await startNginx(await mkdtemp(join(directory, 'nginx-')))
  if (nginx === null) return null
  const work = join(directory, 'work')
  await mkdir(join(work, 'data'), { recursive: true })
  for (let i = 0; i < dvcFileCount; i++) {
    await writeFile(join(work, 'data', `${i}`), Buffer.concat([contentOf(i), randomBytes(8)]))
  }
  const isThere = (await timePeer(dvc, ['init', '--no-scm', '--quiet'], work)) !== null
  const places = { gyre: `${server.url}/dvc/bench`, nginx: nginx.url }
  const seconds: Record<string, unknown> = { files: dvcFileCount }
  if (isThere) await timePeer(dvc, ['add', '--quiet', 'data'], work)
  for (const [name, url] of isThere ? Object.entries(places) : []) {
    await timePeer(dvc, ['remote', 'add', name, url], work)
    await timePeer(dvc, ['remote', 'modify', name, 'method', 'PUT'], work)
    const pushSeconds = await timePeer(dvc, ['push', '--quiet', '-r', name], work)
    const againSeconds = await timePeer(dvc, ['push', '--quiet', '-r', name], work)
    seconds[name] = { pushSeconds, againSeconds }
  }
  await nginx.stop()
  return isThere ? seconds : null
}
