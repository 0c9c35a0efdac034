import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { GyreError } from '#kernel/errors'
import { openDataDirectory } from './data-directory.ts'

const root = await mkdtemp(join(tmpdir(), 'gyre-data-'))
after(() => rm(root, { recursive: true }))
let count = 0
const fresh = () => join(root, `parent ${++count}`, 'dätä')

function failsWith(code: string, text: RegExp): (thrown: unknown) => boolean {
  return (thrown) => {
    assert.ok(thrown instanceof GyreError, String(thrown))
    assert.equal(thrown.code, code)
    assert.match(thrown.public, text)
    return true
  }
}

test('a directory is made, kept out of Git, and can be opened again', async () => {
  const path = fresh()
  for (let i = 0; i < 2; i++) {
    const data = await openDataDirectory(path)
    assert.equal(data.path, path)
    assert.ok((await stat(data.blobsPath)).isDirectory())
    assert.equal(await readFile(join(path, 'gyre-format'), 'utf8'), '1\n')
    assert.equal(await readFile(join(path, '.gitignore'), 'utf8'), '*\n')
    await data.release()
    await data.release()
  }
})

test('a second server is refused and told who holds it', async () => {
  const path = fresh()
  const data = await openDataDirectory(path)
  const said = new RegExp(`another gyre server.*process ${process.pid}`, 'i')
  await assert.rejects(openDataDirectory(path), failsWith('conflict', said))
  await data.release()
  await (await openDataDirectory(path)).release()
})

test('the lock of a server that was killed is gone with it', async () => {
  const path = fresh()
  const program = `const { openDataDirectory } = await import(process.argv[1])
    await openDataDirectory(process.argv[2])
    process.stdout.write('open')
    setInterval(() => {}, 1000)`
  const module = join(import.meta.dirname, 'data-directory.ts')
  const argv = ['--conditions=gyre-source', '--input-type=module', '-e', program, module, path]
  const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'] })
  await new Promise((resolve) => child.stdout.once('data', resolve))
  const said = new RegExp(`process ${child.pid}`)
  await assert.rejects(openDataDirectory(path), failsWith('conflict', said))
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGKILL')
  await ended
  await (await openDataDirectory(path)).release()
})

test('a directory of a newer version is refused and left as it is', async () => {
  const path = fresh()
  await (await openDataDirectory(path)).release()
  for (const text of ['2\n', 'something else']) {
    await writeFile(join(path, 'gyre-format'), text)
    await assert.rejects(openDataDirectory(path), failsWith('refused', /newer version/))
    assert.equal(await readFile(join(path, 'gyre-format'), 'utf8'), text)
  }
})

test('scratch directories are their own, and gone at the next start', async () => {
  const path = fresh()
  const data = await openDataDirectory(path)
  const [one, two] = [await data.scratch(), await data.scratch()]
  assert.notEqual(one.path, two.path)
  await writeFile(join(two.path, 'file'), 'left')
  await one.remove()
  await data.release()
  const again = await openDataDirectory(path)
  await assert.rejects(stat(two.path))
  await again.release()
})

test('telemetry keys are places under the directory, whatever their names', async () => {
  const data = await openDataDirectory(fresh())
  const file = await data.telemetryPath('predictions/late-flights/2001-01-01.parquet')
  assert.equal(file, join(data.path, 'telemetry/predictions/late-flights/2001-01-01.parquet'))
  await writeFile(file, 'x')
  const long = await data.telemetryPath(
    `predictions/${'名'.repeat(128)}/${'名'.repeat(100)}.parquet`,
  )
  assert.ok(long.endsWith('.parquet'))
  await writeFile(long, 'x')
  for (const key of ['../x', '/etc/passwd', 'a/../b', '', 'a//b', 'a\\b']) {
    await assert.rejects(data.telemetryPath(key), failsWith('invalid', /not a valid path/))
  }
  await data.release()
})

test('a place where no directory can be made is said to be so, with its path', async () => {
  const file = join(root, 'a-file')
  await writeFile(file, '')
  await assert.rejects(openDataDirectory(file), failsWith('unavailable', /a-file.*not a directory/))
  await assert.rejects(
    openDataDirectory(join(file, 'below')),
    failsWith('unavailable', /a-file\/below.*not a directory/),
  )
  await assert.rejects(openDataDirectory('/proc/gyre'), failsWith('unavailable', /\/proc\/gyre/))
})
