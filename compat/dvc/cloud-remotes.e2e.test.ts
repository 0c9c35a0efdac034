import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { appendFile, chmod, cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { credentials, skipS3, startS3Server } from '#adapters/s3/s3-server.contract'
import { dvcPrograms } from './dvc-repository.ts'
import { gyreAdd, gyreGarbage, gyrePull, gyrePush, gyreStatus } from './gyre-data.ts'
import { type RealDvc, startDvc } from './real-dvc.ts'
import { skipWebdav, startWebdavServer } from './webdav-server.ts'

const skip = dvcPrograms === undefined ? 'no Python with dvc' : false

/** A server that both programs push to; each place is a remote of its own, as lines of its section. */
interface Cloud {
  /** `there`: its directory is made, where there are directories. */
  place(there: boolean): Promise<string[]>
  close(): Promise<void>
}

async function startS3(): Promise<Cloud> {
  const server = await startS3Server()
  return {
    async place() {
      const { bucket, prefix } = server.place()
      return [
        `url = s3://${bucket}/${prefix}`,
        `endpointurl = ${server.endpoint}`,
        `access_key_id = ${credentials.accessKeyId}`,
        `secret_access_key = ${credentials.secretAccessKey}`,
      ]
    },
    close: () => server.close(),
  }
}

async function startWebdav(): Promise<Cloud> {
  const server = await startWebdavServer()
  return {
    place: async (there) => [`url = ${await server.place(there)}`],
    close: () => server.close(),
  }
}

/** Enough for listing to be cheaper than asking for each. */
const manyFiles = 60

testCloud('S3', skipS3, startS3)
testCloud('WebDAV', skipWebdav, startWebdav)

function testCloud(kind: string, without: string | false, start: () => Promise<Cloud>): void {
  describe(`remotes on ${kind}`, { skip: skip === false ? without : skip }, () => {
    let scratch: string
    let cloud: Cloud
    let dvc: RealDvc
    let count = 0
    before(async () => {
      scratch = await mkdtemp(join(tmpdir(), 'gyre-dvc-cloud-'))
      cloud = await start()
      dvc = startDvc(join(dvcPrograms ?? '', 'python'), scratch)
    })
    after(async () => {
      await dvc.close()
      await cloud.close()
      await rm(scratch, { recursive: true, force: true })
    })

    async function newRepository(): Promise<string> {
      const directory = join(scratch, `repository-${++count}`)
      await mkdir(join(directory, 'data', 'many'), { recursive: true })
      execFileSync('git', ['init', '--quiet'], { cwd: directory })
      await dvc.perform({ operation: 'init', directory })
      await connectNew(directory, false)
      for (const name of ['a', 'é'])
        await writeFile(join(directory, 'data', name), `${name} ${count}`)
      await writeFile(join(directory, 'data', 'empty'), '')
      await writeFile(join(directory, 'data', 'large'), Buffer.alloc(3 << 20, count))
      return directory
    }

    async function connectNew(directory: string, there: boolean): Promise<void> {
      const lines = (await cloud.place(there)).map((line) => `    ${line}\n`)
      const text = `[core]\n    remote = r\n['remote "r"']\n${lines.join('')}`
      await writeFile(join(directory, '.dvc', 'config.local'), text)
    }

    async function writeMany(directory: string): Promise<void> {
      for (let i = 0; i < manyFiles; i++) {
        await writeFile(join(directory, 'data', 'many', String(i)), `file ${i} of ${count}`)
      }
    }

    async function clone(directory: string): Promise<string> {
      const copy = join(scratch, `clone-${++count}`)
      await cp(directory, copy, { recursive: true })
      for (const path of ['data', '.dvc/cache', '.dvc/tmp']) {
        await rm(join(copy, path), { recursive: true })
      }
      return copy
    }

    it('what one of the two pushes, the other knows and pulls', async () => {
      const directory = await newRepository()
      await writeMany(directory)
      await gyreAdd(directory, ['data'])
      const pushed = await gyrePush(directory)
      assert.equal(pushed.objects, manyFiles + 5)
      assert.equal((await gyrePush(directory)).objects, 0)
      await rm(join(directory, '.dvc', 'tmp', 'gyre'), { recursive: true })
      assert.equal((await gyrePush(directory)).objects, 0)
      assert.equal(await dvc.perform({ operation: 'push', directory }), 0)
      const byDvc = await clone(directory)
      await dvc.perform({ operation: 'pull', directory: byDvc })
      assert.deepEqual(await gyreStatus(byDvc), {})

      await connectNew(directory, true)
      await dvc.perform({ operation: 'push', directory })
      const byGyre = await clone(directory)
      await gyrePull(byGyre)
      assert.deepEqual(await dvc.perform({ operation: 'status', directory: byGyre }), {})
      assert.equal(readFileSync(join(byGyre, 'data', 'many', '17'), 'utf8').slice(0, 8), 'file 17 ')
    })

    it('a file that takes more than one request is the same on the other side', async () => {
      const directory = await newRepository()
      const content = createHash('shake256', { outputLength: 70 << 20 })
        .update('large')
        .digest()
      await writeFile(join(directory, 'data', 'larger'), content)
      await gyreAdd(directory, ['data'])
      await gyrePush(directory)
      const byDvc = await clone(directory)
      await dvc.perform({ operation: 'pull', directory: byDvc })
      assert.deepEqual(await gyreStatus(byDvc), {})
      const byGyre = await clone(directory)
      await gyrePull(byGyre)
      assert.equal(Buffer.compare(readFileSync(join(byGyre, 'data', 'larger')), content), 0)
    })

    it('what is not its name is not sent, and no manifest promises it', async () => {
      const directory = await newRepository()
      await gyreAdd(directory, ['data'])
      const digest = createHash('md5')
        .update(readFileSync(join(directory, 'data', 'a')))
        .digest('hex')
      const object = join(directory, '.dvc/cache/files/md5', digest.slice(0, 2), digest.slice(2))
      await chmod(object, 0o644)
      await appendFile(object, 'damage')
      await assert.rejects(gyrePush(directory), /could not be sent .*something else/s)
      const copy = await clone(directory)
      await assert.rejects(gyrePull(copy), /could not be had/)
    })

    it('what nothing needs any more is found and removed', async () => {
      const directory = await newRepository()
      await gyreAdd(directory, ['data'])
      await gyrePush(directory)
      await writeFile(join(directory, 'data', 'a'), 'another')
      await gyreAdd(directory, ['data'])
      await gyrePush(directory)
      const found = await gyreGarbage(directory, false)
      assert.deepEqual([found.objects, found.kept, found.removed], [2, 5, false])
      await gyreGarbage(directory, true)
      assert.equal((await gyreGarbage(directory, false)).objects, 0)
      const copy = await clone(directory)
      await dvc.perform({ operation: 'pull', directory: copy })
      assert.deepEqual(await gyreStatus(copy), {})
    })

    it('a place that is not there, or nobody to ask, is said', async () => {
      const directory = await newRepository()
      await gyreAdd(directory, ['data'])
      const config = join(directory, '.dvc', 'config.local')
      const text = readFileSync(config, 'utf8')
      await writeFile(config, text.replace(/127\.0\.0\.1:\d+/, '127.0.0.1:1'))
      await assert.rejects(gyrePush(directory), /does not answer/)
    })
  })
}
