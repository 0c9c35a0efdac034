import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import { runObjectsContract } from '#ports/objects/objects.contract'
import { openFsObjects } from './objects.ts'

const root = await mkdtemp(join(tmpdir(), 'gyre-objects-'))
after(() => rm(root, { recursive: true }))

runObjectsContract('a directory', async () => openFsObjects(await mkdtemp(join(root, 'place-'))))
