import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import { runBlobsContract } from '#ports/blobs/blobs.contract'
import { openStore, type StoreUnderTest } from './under-test.contract.ts'

const root = await mkdtemp(join(tmpdir(), 'gyre-blobs-'))
const opened: StoreUnderTest[] = []
after(async () => {
  for (const store of opened) await store.close()
  await rm(root, { recursive: true })
})

runBlobsContract('a file system', async () => {
  const store = await openStore({ below: root })
  opened.push(store)
  return store.blobs
})
