import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { runSecretsContract } from '#ports/secrets/secrets.contract'
import { installationKeys } from './installation-key.ts'
import { createSecrets } from './secrets.ts'

async function inDirectory(work: (directory: string) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'gyre-secrets-'))
  try {
    await work(directory)
  } finally {
    await rm(directory, { recursive: true })
  }
}

const secretsOf = async (directory: string, named?: string) =>
  createSecrets(await installationKeys(directory, named))

const passphrase = 'correct horse battery staple'

runSecretsContract('AES-GCM', async () => ({
  secrets: await secretsOf('', passphrase),
  another: await secretsOf('', Buffer.alloc(32, 7).toString('base64')),
}))

test('the key of a data directory is made once, readable by its owner alone', () =>
  inDirectory(async (directory) => {
    const opened = await Promise.all(Array.from({ length: 8 }, () => secretsOf(directory)))
    const sealed = opened[0]!.seal('text', 'a')
    for (const secrets of [...opened, await secretsOf(directory)]) {
      assert.equal(secrets.open(sealed, 'a'), 'text')
    }
    assert.deepEqual(await readdir(directory), ['secrets.key'])
    assert.equal((await stat(join(directory, 'secrets.key'))).mode & 0o777, 0o600)
  }))

test('a damaged key file is never replaced', () =>
  inDirectory(async (directory) => {
    await writeFile(join(directory, 'secrets.key'), 'short\n')
    await assert.rejects(secretsOf(directory), { code: 'unavailable', message: /backup/ })
    assert.equal((await stat(join(directory, 'secrets.key'))).size, 6)
  }))

test('a key may be replaced: the new one seals, the old one still opens', () =>
  inDirectory(async (directory) => {
    const [first, second] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)]
    const old = (await secretsOf(directory, first.toString('hex'))).seal('text', 'a')
    const both = await secretsOf(
      directory,
      `${second.toString('base64')},${first.toString('base64')}`,
    )
    assert.equal(both.open(old, 'a'), 'text')
    const fresh = both.seal('text', 'a')
    assert.equal((await secretsOf(directory, second.toString('hex'))).open(fresh, 'a'), 'text')
    assert.deepEqual(await readdir(directory), [])
  }))

test('a key that protects nothing is refused', () =>
  inDirectory(async (directory) => {
    await assert.rejects(secretsOf(directory, 'short'), { code: 'invalid' })
  }))
