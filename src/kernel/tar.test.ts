import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { readTar, tarEnd, tarHeader, tarPadding } from './tar.ts'

const run = promisify(execFile)

const files = new Map([
  ['model.onnx', 'x'.repeat(511)],
  ['empty', ''],
  ['größe/東京.txt', 'ü'.repeat(300)],
  [`${'long/'.repeat(60)}end`, 'y'.repeat(512)],
  ['a b=c', 'z'.repeat(1025)],
])

function archiveOf(texts: ReadonlyMap<string, string>): Buffer {
  const parts = [...texts].flatMap(([path, text]) => {
    const content = Buffer.from(text)
    const sizeBytes = content.length
    return [tarHeader({ path, sizeBytes }), content, tarPadding(sizeBytes)]
  })
  return Buffer.concat([...parts, tarEnd])
}

async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

async function read(bytes: Uint8Array, size = 4096): Promise<Map<string, string>> {
  const found = new Map<string, string>()
  for await (const { path, sizeBytes, content } of readTar(inPieces(bytes, size))) {
    const parts: Uint8Array[] = []
    for await (const part of content) parts.push(part)
    assert.equal(Buffer.concat(parts).length, sizeBytes)
    found.set(path, Buffer.concat(parts).toString())
  }
  return found
}

test('what was written is read again, however it comes', async () => {
  const archive = archiveOf(files)
  for (const size of [1, 7, 511, 512, 513, 100_000]) {
    assert.deepEqual(await read(archive, size), files, `pieces of ${size}`)
  }
})

test('a file that nobody reads is passed over', async () => {
  const paths: string[] = []
  for await (const { path } of readTar(inPieces(archiveOf(files), 100))) paths.push(path)
  assert.deepEqual(paths, [...files.keys()])
})

test('tar unpacks it, and what tar packs is read', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'gyre-tar-'))
  try {
    await writeFile(join(directory, 'ours.tar'), archiveOf(files))
    await run('tar', ['xf', 'ours.tar'], { cwd: directory })
    for (const [path, text] of files) {
      assert.equal(await readFile(join(directory, path), 'utf8'), text, path)
    }
    const names = [...files.keys()]
    for (const format of ['posix', 'ustar']) {
      const packed = format === 'ustar' ? ['model.onnx', 'empty', 'a b=c'] : names
      await run('tar', [`--format=${format}`, '-cf', 'theirs.tar', ...packed], { cwd: directory })
      const found = await read(await readFile(join(directory, 'theirs.tar')))
      assert.deepEqual(
        [...found],
        packed.map((name) => [name, files.get(name)]),
        format,
      )
    }
  } finally {
    await rm(directory, { recursive: true })
  }
})

test('a file of more than 8 GB keeps its size', async () => {
  const sizeBytes = 9 * 2 ** 30
  const header = tarHeader({ path: 'large', sizeBytes })
  const { value } = await readTar(inPieces(header, 512)).next()
  assert.equal(value?.sizeBytes, sizeBytes)
})

test('what is cut off or changed is refused with the place', async () => {
  const archive = archiveOf(files)
  await assert.rejects(read(archive.subarray(0, 700)), {
    code: 'invalid',
    message: /byte 700.*ends early/,
  })
  const changed = Buffer.from(archive)
  changed[3] = 90
  await assert.rejects(read(changed), { code: 'invalid', message: /byte 0/ })
  await assert.rejects(read(Buffer.from('PK not a tar'.repeat(100))), { code: 'invalid' })
  await assert.rejects(read(Buffer.alloc(0)), { code: 'invalid' })
})
