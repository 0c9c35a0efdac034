import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { preparePython } from '../python-environment.ts'

const programs = await preparePython({
  name: 'wsgidav',
  requirements: ['wsgidav==4.*', 'cheroot==11.*'],
  module: 'wsgidav, cheroot',
  variable: 'GYRE_TEST_WSGIDAV',
})

export const skipWebdav: false | string = programs === undefined && 'no Python with wsgidav'

export interface WebdavServer {
  /** `webdav://…`, a place that only we have; `there` says whether the directory is made. */
  place(there: boolean): Promise<string>
  close(): Promise<void>
}

/** A WebDAV server that is neither Gyre nor dvc, with an empty directory. */
export async function startWebdavServer(): Promise<WebdavServer> {
  const port = await freePort()
  const root = await mkdtemp(join(tmpdir(), 'gyre-webdav-'))
  const child = spawn(
    join(programs ?? '', 'wsgidav'),
    ['--host=127.0.0.1', `--port=${port}`, `--root=${root}`, '--auth=anonymous', '--quiet'],
    { stdio: 'ignore' },
  )
  await untilUp(child, `http://127.0.0.1:${port}`)
  let count = 0
  return {
    async place(there) {
      const path = `team/place${++count}`
      // dvc does not make the directory of a remote, only those below it.
      if (there) await mkdir(join(root, path), { recursive: true })
      return `webdav://127.0.0.1:${port}/${path}`
    },
    async close() {
      const closed = once(child, 'close')
      child.kill()
      await closed
      await rm(root, { recursive: true })
    },
  }
}

async function untilUp(child: ChildProcess, endpoint: string): Promise<void> {
  for (;;) {
    if (child.exitCode !== null) throw new Error('The WebDAV server ended.')
    const answer = await fetch(endpoint).catch(() => undefined)
    if (answer !== undefined) return
    await sleep(100)
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  server.close()
  await once(server, 'close')
  return port
}
