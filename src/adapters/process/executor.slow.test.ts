import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { after, test } from 'node:test'
import { runExecutorContract } from '#ports/executor/executor.contract'
import { createProcessExecutor } from './executor.ts'

runExecutorContract('this machine', createProcessExecutor)

const directory = await mkdtemp(join(tmpdir(), 'gyre-executor-'))
after(() => rm(directory, { recursive: true }))

test('a command and its descendants die with a server that is killed', async () => {
  const program = `const { createProcessExecutor } = await import(process.argv[1])
    await createProcessExecutor().start({
      shell: 'trap "" TERM HUP; sleep 600 & echo $! > child.tmp; echo $$ > self; mv child.tmp child; wait; sleep 600',
      workingDirectory: process.argv[2], environment: {},
    }, () => {})`
  const module = join(import.meta.dirname, 'executor.ts')
  const argv = ['--conditions=gyre-source', '--input-type=module', '-e', program, module, directory]
  const server = spawn(process.execPath, argv, { stdio: 'inherit' })
  const files = [join(directory, 'self'), join(directory, 'child')]
  for (let i = 0; i < 500 && !files.every((file) => existsSync(file)); i++) await sleep(10)
  const pids = await Promise.all(files.map(async (file) => (await readFile(file, 'utf8')).trim()))
  const living = () => pids.filter((pid) => existsSync(`/proc/${pid}/cmdline`))
  assert.deepEqual(living(), pids)
  server.kill('SIGKILL')
  for (let i = 0; i < 500 && living().length > 0; i++) await sleep(10)
  assert.deepEqual(living(), [])
})
