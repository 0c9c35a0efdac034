import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { GyreError } from '#kernel/errors'

export interface DirectoryLock {
  release(): Promise<void>
}

interface Holder {
  pid: number
  since: string
}

const sqliteBusy = 5

/**
 * Holds a directory alone. The lock is the kernel's, by way of SQLite's locking of an empty file: it
 * vanishes with its holder, however that ends, so there are no stale locks to judge. The file
 * `server.json` beside it only says who holds it. Those who hold it `shared` keep out only one who
 * wants it alone.
 */
export async function lockDirectory(directory: string, shared = false): Promise<DirectoryLock> {
  const holderPath = join(directory, 'server.json')
  const holder: Holder = { pid: process.pid, since: new Date().toISOString() }
  // Found out before the lock is tried: SQLite would say less about a directory it cannot write.
  const probe = join(directory, `.probe-${process.pid}`)
  await writeFile(probe, 'x', { flush: true })
  await rm(probe)
  const database = new DatabaseSync(join(directory, 'lock'), { timeout: 0 })
  try {
    database.exec(shared ? 'begin; select count(*) from sqlite_master' : 'begin exclusive')
  } catch (thrown) {
    database.close()
    if (!isBusy(thrown)) throw thrown
    throw await heldBy(holderPath, thrown)
  }
  if (!shared) await writeFile(holderPath, `${JSON.stringify(holder)}\n`)
  let released = false
  return {
    async release() {
      if (released) return
      released = true
      if (!shared) await rm(holderPath, { force: true })
      database.close()
    },
  }
}

function isBusy(thrown: unknown): boolean {
  return thrown instanceof Error && 'errcode' in thrown && thrown.errcode === sqliteBusy
}

async function heldBy(holderPath: string, cause: unknown): Promise<GyreError> {
  const text = await readFile(holderPath, 'utf8').catch(() => '')
  const match = /"pid":(\d+),"since":"([^"]*)"/.exec(text)
  const who = match === null ? '' : `: process ${match[1]}, since ${match[2]}`
  return new GyreError({
    code: 'conflict',
    public: `Another Gyre server is using it${who}. Stop that server, or choose another directory with --data.`,
    cause,
  })
}
