import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { addPaths } from './add-path.ts'
import { newRepository, work } from './repository.contract.ts'

const files = { 'data/a': 'a', 'data/b': 'b', 'data/sub/c': 'c' }

test('two at once: the second waits, and is told who is at it when that takes too long', async (t) => {
  const repository = await newRepository(t, files)
  const { root, temporary } = repository
  const holder = spawn(
    'flock',
    ['-x', join(temporary, 'lock'), 'sh', '-c', 'echo held; sleep 60'],
    {
      stdio: ['ignore', 'pipe', 'ignore'],
      detached: true,
    },
  )
  await once(holder.stdout, 'data')
  await writeFile(join(temporary, 'lock'), ` ${holder.pid}\n`)
  await assert.rejects(
    addPaths(repository, [join(root, 'data')], work),
    /Process \d+ \(flock .*\) is working in this repository/,
  )
  // Killed as hard as can be: the lock is gone with it.
  process.kill(-(holder.pid ?? 0), 'SIGKILL')
  await once(holder, 'close')
  const both = await Promise.all([
    addPaths(repository, [join(root, 'data')], work),
    addPaths(repository, [join(root, 'data')], work),
  ])
  assert.equal(both.filter(([added]) => added?.changed === true).length, 1)
})

test('a stage of dvc that runs keeps its outputs to itself', async (t) => {
  const repository = await newRepository(t, files)
  const { root, temporary } = repository
  const claim = (pid: number) =>
    writeFile(
      join(temporary, 'rwlock'),
      JSON.stringify({ write: { [join(root, 'data')]: { pid, cmd: 'dvc repro' } }, read: {} }),
    )
  await claim(process.pid)
  await assert.rejects(
    addPaths(repository, [join(root, 'data')], work),
    /data is in use by process \d+ \(dvc repro\)/,
  )
  await claim(2 ** 22 + 1)
  await addPaths(repository, [join(root, 'data')], work)
})
