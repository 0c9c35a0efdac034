import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { openOrMakeRepository } from '../repository/dvc-repository.ts'

const sqliteBusy = 5

/**
 * Takes a repository for one execution at a time, across processes of this machine, or says who has
 * it. The lock is the kernel's, by way of SQLite's locking of an empty file: it vanishes with its
 * holder, however that ends.
 */
export async function lockDirectory(
  directory: string,
  what: string,
): Promise<{ release(): void } | { heldBy: string }> {
  const { temporary } = await openOrMakeRepository(directory)
  const holderPath = join(temporary, 'gyre-repro.holder')
  const database = new DatabaseSync(join(temporary, 'gyre-repro.lock'), { timeout: 0 })
  try {
    database.exec('begin exclusive')
  } catch (thrown) {
    database.close()
    if (((thrown as { errcode?: number }).errcode ?? 0) % 256 !== sqliteBusy) throw thrown
    const heldBy = await readFile(holderPath, 'utf8').catch(() => '')
    return { heldBy: heldBy === '' ? 'another execution' : heldBy }
  }
  await writeFile(holderPath, what)
  return { release: () => database.close() }
}
