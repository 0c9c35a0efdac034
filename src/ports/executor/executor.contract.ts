import assert from 'node:assert/strict'
import { existsSync, realpathSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { after, before, describe, test } from 'node:test'
import { GyreError } from '#kernel/errors'
import type { Command, Execution, Executor, ExitReport } from './executor.ts'

interface Run {
  report: ExitReport
  out: string[]
  err: string[]
}

type Start = (command: Partial<Command>) => Promise<Execution & Omit<Run, 'report'>>

/** What every executor of POSIX commands promises. */
export function runExecutorContract(name: string, open: () => Executor): void {
  describe(`executor on ${name}`, () => {
    let directory = ''
    before(async () => {
      directory = realpathSync(await mkdtemp(join(tmpdir(), 'gyre executor ')))
    })
    after(() => rm(directory, { recursive: true }))

    const start: Start = async (command) => {
      const out: string[] = []
      const err: string[] = []
      const complete = { workingDirectory: directory, environment: {}, ...command }
      const execution = await open().start(complete, (line, stream) => {
        const lines = stream === 'out' ? out : err
        lines.push(line)
      })
      return {
        id: execution.id,
        exit: execution.exit,
        cancel: (graceMs) => execution.cancel(graceMs),
        out,
        err,
      }
    }
    const run = async (command: Partial<Command>): Promise<Run> => {
      const { exit, out, err } = await start(command)
      return { report: await exit, out, err }
    }
    testExits(run)
    testOutput(run)
    testSurroundings(run, () => directory)
    testRefusals(start, () => directory)
    testStopping(start, () => directory)
  })
}

type RunCommand = (command: Partial<Command>) => Promise<Run>

/** Whether the process whose number the file holds still runs; one that only waits to be buried does not. */
async function isRunning(pidFile: string): Promise<boolean> {
  const pid = (await readFile(pidFile, 'utf8')).trim()
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)
  return stat !== undefined && !/\) Z/.test(stat)
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let i = 0; i < 500; i++) {
    if (await condition()) return
    await sleep(10)
  }
  assert.fail('it did not come to pass in five seconds')
}

function testExits(run: RunCommand): void {
  test('a command that succeeds, and one that fails', async () => {
    const done = await run({ argv: ['true'] })
    assert.deepEqual(
      [done.report.reason, done.report.exitCode, done.report.signal],
      ['exited', 0, null],
    )
    assert.ok(done.report.endedAt >= done.report.startedAt)
    const failed = await run({ shell: 'exit 7' })
    assert.deepEqual([failed.report.reason, failed.report.exitCode], ['exited', 7])
  })

  test('a command that dies of a signal', async () => {
    const { report } = await run({ shell: 'kill -SEGV $$' })
    assert.deepEqual(
      [report.reason, report.exitCode, report.signal],
      ['signalled', null, 'SIGSEGV'],
    )
  })

  test('peak memory counts the descendants', async () => {
    const program = 'const b = Buffer.alloc(120e6, 1); setTimeout(() => b.length, 400)'
    const { report } = await run({
      shell: '"$NODE" -e "$PROGRAM"; true',
      environment: { NODE: process.execPath, PROGRAM: program },
    })
    assert.ok(Number(report.peakMemoryBytes) > 120e6, `${report.peakMemoryBytes} bytes`)
  })

  test('two hundred short ones, twenty at a time', async () => {
    let left = 200
    const worker = async () => {
      while (left-- > 0) {
        const { report, out } = await run({ shell: 'echo one; echo two' })
        assert.deepEqual([report.exitCode, out], [0, ['one', 'two']])
      }
    }
    await Promise.all(Array.from({ length: 20 }, worker))
  })
}

function testOutput(run: RunCommand): void {
  test('lines come whole and in order, the last part as well', async () => {
    const { out, err } = await run({
      shell: `printf 'a\\n\\nb'; printf 'c\\n'; echo problem >&2; printf 'naïve 日本 '; sleep 0.05; printf 'end'`,
    })
    assert.deepEqual(out, ['a', '', 'bc', 'naïve 日本 end'])
    assert.deepEqual(err, ['problem'])
  })

  test('fifty thousand lines are all there', async () => {
    const { out } = await run({ argv: ['seq', '50000'] })
    assert.deepEqual(
      out,
      Array.from({ length: 50_000 }, (_, i) => String(i + 1)),
    )
  })

  test('a character cut in two by the pipe is put together', async () => {
    const { out } = await run({ shell: `printf '\\303'; sleep 0.1; printf '\\244\\n'` })
    assert.deepEqual(out, ['ä'])
  })

  test('a progress bar shows its end, and windows line ends are line ends', async () => {
    const { out } = await run({ shell: `printf '10%%\\r50%%\\r100%%\\n'; printf 'dos\\r\\n'` })
    assert.deepEqual(out, ['100%', 'dos'])
  })

  test('an endless line comes in parts and is not kept', async () => {
    const { out } = await run({ shell: `head -c 1000000 /dev/zero | tr '\\0' x; echo; echo after` })
    assert.equal(out.pop(), 'after')
    assert.ok(out.every((line) => line.length <= 65_536))
    assert.equal(out.join('').length, 1_000_000)
  })

  test('bytes that are no text do no harm', async () => {
    const { out } = await run({ shell: `printf '\\377\\376 x\\n'` })
    assert.equal(out.length, 1)
    assert.match(String(out[0]), / x$/)
  })
}

function testSurroundings(run: RunCommand, directory: () => string): void {
  test('arguments are arguments, never a shell line', async () => {
    const odd = ['a b', '$HOME', '`id`', '"; exit 3', '*', '', "it's", '日本']
    const { out } = await run({ argv: ['printf', '%s\\n', ...odd] })
    assert.deepEqual(out, odd)
  })

  test('it runs in its directory with its own environment and none of ours', async () => {
    process.env['GYRE_TEST_SECRET'] = 'secret'
    const { out } = await run({
      shell: 'pwd; echo "$MINE/$GYRE_TEST_SECRET/$HOME"',
      environment: { MINE: 'yes ü' },
    })
    delete process.env['GYRE_TEST_SECRET']
    assert.deepEqual(out, [directory(), `yes ü//${process.env['HOME'] ?? ''}`])
  })

  test('a program is found beside its directory and by the PATH that is given', async () => {
    await writeFile(join(directory(), 'tool'), '#!/bin/sh\necho found "$1"\n', { mode: 0o755 })
    assert.deepEqual((await run({ argv: ['./tool', 'here'] })).out, ['found here'])
    const environment = { PATH: `/nowhere:${directory()}:/usr/bin:/bin` }
    assert.deepEqual((await run({ argv: ['tool', 'there'], environment })).out, ['found there'])
  })

  test('standard input is empty', async () => {
    assert.deepEqual((await run({ shell: 'cat; echo end' })).out, ['end'])
  })
}

function testRefusals(start: Start, directory: () => string): void {
  const refuse = async (command: Partial<Command>, text: RegExp) => {
    await assert.rejects(start(command), (thrown) => {
      assert.ok(thrown instanceof GyreError, String(thrown))
      assert.equal(thrown.code, 'invalid')
      assert.match(thrown.public, text)
      return true
    })
  }

  test('what cannot be started is refused and says why', async () => {
    await writeFile(join(directory(), 'text'), 'not a program')
    await refuse({ argv: ['no-such-program'] }, /"no-such-program" is not on the PATH/)
    await refuse({ argv: ['./no-such-program'] }, /no-such-program/)
    await refuse({ argv: ['./text'] }, /"\.\/text".*not executable/)
    await refuse({ argv: ['/'] }, /"\/"/)
    await refuse({ argv: [] }, /empty/)
    await refuse({}, /empty/)
    await refuse(
      { argv: ['true'], workingDirectory: '/no/such/place' },
      /\/no\/such\/place does not exist/,
    )
    await refuse({ argv: ['true'], workingDirectory: join(directory(), 'text') }, /not a directory/)
    await refuse({ argv: ['echo', 'a\0b'] }, /NUL/)
    await refuse({ argv: ['true'], environment: { 'A=B': 'x' } }, /A=B/)
    await refuse({ argv: ['true', 'x'.repeat(3_000_000)] }, /too long/)
  })
}

function testStopping(start: Start, directory: () => string): void {
  test('cancel asks first, and lets a command end in order', async () => {
    const execution = await start({
      shell: `trap 'echo bye; exit 3' TERM; echo ready; while :; do sleep 0.02; done`,
    })
    await until(() => execution.out.includes('ready'))
    await execution.cancel()
    const report = await execution.exit
    assert.deepEqual([report.reason, report.exitCode], ['cancelled', null])
    assert.deepEqual(execution.out, ['ready', 'bye'])
    await execution.cancel()
  })

  test('cancel kills what does not listen, and all its descendants', async () => {
    const pidFile = join(directory(), 'deaf.pid')
    const execution = await start({
      shell: `trap '' TERM; (trap '' TERM; sleep 600 & echo $! > "$FILE"; wait) & echo ready; sleep 600; sleep 600`,
      environment: { FILE: pidFile },
    })
    await until(() => execution.out.includes('ready') && existsSync(pidFile))
    await execution.cancel(50)
    const report = await execution.exit
    assert.deepEqual([report.reason, report.signal], ['cancelled', 'SIGKILL'])
    await until(async () => !(await isRunning(pidFile)))
  })

  test('a time-out ends it, with that reason', async () => {
    const execution = await start({ shell: 'echo begun; sleep 600', timeoutMs: 200 })
    const report = await execution.exit
    assert.deepEqual([report.reason, report.exitCode], ['timed-out', null])
    assert.deepEqual(execution.out, ['begun'])
  })

  test('what a command leaves in the background ends with it', async () => {
    const pidFile = join(directory(), 'left.pid')
    const execution = await start({
      shell: 'sleep 600 & echo $! > "$FILE"',
      environment: { FILE: pidFile },
    })
    assert.equal((await execution.exit).exitCode, 0)
    await until(async () => !(await isRunning(pidFile)))
  })

  test('executions have ids of their own', async () => {
    const [one, two] = [await start({ argv: ['true'] }), await start({ argv: ['true'] })]
    assert.notEqual(one.id, two.id)
    await Promise.all([one.exit, two.exit])
  })
}
