import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, lstatSync, readdirSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { addPaths } from './add-path.ts'
import { checkCache } from './check-cache.ts'
import { checkOutOutputs } from './check-out-outputs.ts'
import { newRepository, selected, work } from './repository.contract.ts'
import { statusOf } from './status-of.ts'

const program = fileURLToPath(new URL('../../../../bin/gyre.js', import.meta.url))

const files = Object.fromEntries([
  ...Array.from({ length: 3000 }, (_, i) => [`data/${i % 10}/${i}`, `content ${i}`]),
  ['data/large', 'x'.repeat(30_000_000)],
]) as Record<string, string>

/** Kills the command as hard as can be once `isUnderWay`, or lets it end when it never is. */
async function killWhen(
  directory: string,
  words: readonly string[],
  isUnderWay: () => boolean,
): Promise<void> {
  const child: ChildProcess = spawn(process.execPath, [program, 'data', ...words], {
    cwd: directory,
    stdio: 'ignore',
  })
  const closed = once(child, 'close')
  while (child.exitCode === null && !isUnderWay()) await pause(1)
  child.kill('SIGKILL')
  await closed
}

function objectsIn(directory: string): string[] {
  if (!existsSync(directory)) return []
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .map((path) => join(directory, path))
    .filter((path) => lstatSync(path).isFile())
}

test('killed while adding, nothing half is trusted, and adding again ends well', async (t) => {
  const repository = await newRepository(t, files)
  const { root, cache } = repository
  for (const some of [1, 500, 2500]) {
    await killWhen(root, ['add', 'data'], () => objectsIn(cache.root('md5')).length >= some)
    const whole = objectsIn(cache.root('md5')).filter(
      (path) => (lstatSync(path).mode & 0o777) === 0o444,
    )
    const { bad } = await checkCache(repository, [], false, work)
    const names = new Set(whole.map((path) => path.split('/').slice(-2).join('')))
    assert.deepEqual(
      bad.filter(({ digest }) => names.has(digest)),
      [],
    )
  }
  const [added] = await addPaths(repository, [join(root, 'data')], work)
  assert.equal(added?.files, 3001)
  assert.deepEqual((await checkCache(repository, await selected(repository), false, work)).bad, [])
})

test('killed while checking out, a directory is there as a whole or not at all', async (t) => {
  const repository = await newRepository(t, files)
  const { root, temporary } = repository
  await addPaths(repository, [join(root, 'data')], work)
  await rm(join(root, 'data'), { recursive: true })
  const drafts = (): number =>
    readdirSync(temporary)
      .filter((name) => name.startsWith('gyre-drafts-'))
      .reduce((sum, name) => sum + objectsIn(join(temporary, name)).length, 0)
  for (const some of [1, 1000]) {
    await killWhen(root, ['checkout'], () => drafts() >= some)
    if (!existsSync(join(root, 'data'))) continue
    assert.equal(objectsIn(join(root, 'data')).length, 3001)
    await rm(join(root, 'data'), { recursive: true })
  }
  const all = await selected(repository)
  await checkOutOutputs(repository, all, { ...work, force: false })
  assert.equal((await statusOf(repository, all, work))[0]?.state, 'unchanged')
})
