import { createHash, randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, open, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { commitDataset } from '#app/workspace/dataset/commit-dataset'
import { createClient } from '#client/client'
import { median, startServer, timePeer } from '../process.ts'

const sizeMb = 150

/**
 * A version of one new file of 150 MB, from the work tree to the acknowledgement. Beside it the raw
 * cost of what has to happen to the bytes: read, sha256, written and made durable once; and `dvc add` of
 * the same file, from GYRE_BENCH_DVC (else dvc), its start-up included.
 */
export async function measureCommit(scratch: string): Promise<object> {
  const directory = await mkdtemp(join(scratch, 'commit-'))
  const server = await startServer(join(directory, 'store'))
  const client = createClient({ url: server.url })
  const params = { project: 'default', dataset: 'big' }
  await client.data.declareDataset({ params, body: {} })
  const seconds: number[] = []
  const rawSeconds: number[] = []
  const dvcSeconds: (number | null)[] = []
  const dvc = process.env['GYRE_BENCH_DVC'] ?? 'dvc'
  const peer = join(directory, 'peer')
  await mkdir(peer)
  await timePeer(dvc, ['init', '--no-scm', '--quiet'], peer)
  for (let round = 0; round < 3; round++) {
    const path = join(directory, 'repository', 'big')
    await mkdir(path, { recursive: true })
    const content = randomBytes(sizeMb * 1_000_000)
    await writeFile(join(path, 'file.bin'), content)
    const startedAt = performance.now()
    const { signal } = new AbortController()
    await commitDataset({ client, ...params, path, message: `round ${round}`, signal })
    seconds.push((performance.now() - startedAt) / 1000)
    rawSeconds.push(await rawCost(join(path, 'file.bin'), join(directory, `raw-${round}`)))
    await writeFile(join(peer, 'file.bin'), content)
    dvcSeconds.push(await timePeer(dvc, ['add', '--quiet', 'file.bin'], peer))
  }
  await server.stop()
  const known = dvcSeconds.filter((took) => took !== null)
  return {
    sizeMb,
    seconds: median(seconds),
    rawSeconds: median(rawSeconds),
    dvcAddSeconds: known.length === 0 ? null : median(known),
    rounds: 3,
  }
}

async function rawCost(from: string, to: string): Promise<number> {
  const startedAt = performance.now()
  const content = await readFile(from)
  createHash('sha256').update(content).digest('hex')
  const file = await open(to, 'w')
  await file.writeFile(content)
  await file.sync()
  await file.close()
  return (performance.now() - startedAt) / 1000
}
