import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { StageReport } from '#domains/pipelines/index'
import { lockDirectory } from './directory-lock.ts'
import { prepareDirectory } from './prepare-directory.ts'
import { planLocally, reproduceLocally, type LocalReproduction } from './reproduce-locally.ts'
import { createProcessExecutor } from '#adapters/process/executor'

const golden = fileURLToPath(new URL('./golden/', import.meta.url))

async function newDirectory(t: TestContext, files: Record<string, string>): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'gyre-repro-'))
  t.after(() => rm(directory, { recursive: true, force: true }))
  for (const [path, text] of Object.entries(files)) {
    await mkdir(join(directory, path, '..'), { recursive: true })
    await writeFile(join(directory, path), text)
  }
  return directory
}

async function repro(directory: string, change: Partial<LocalReproduction> = {}) {
  const updates: StageReport[] = []
  const output: string[] = []
  const result = await reproduceLocally({
    directory,
    targets: [],
    force: false,
    single: false,
    keepGoing: false,
    parallel: 2,
    parameters: {},
    environment: { PATH: process.env['PATH'], HOME: process.env['HOME'] },
    onStage: (update) => updates.push(update),
    onOutput: (stage, line) => output.push(`${stage}: ${line}`),
    note: (text) => output.push(text),
    signal: new AbortController().signal,
    ...change,
  })
  const reasons = Object.fromEntries(updates.map((u) => [u.stage, `${u.state}: ${u.reason}`]))
  return { ...result, reasons, output, updates }
}

const at = (directory: string, path: string) => readFile(join(directory, path), 'utf8')

test('dvc.lock is what DVC 3.67 wrote for the same repository, byte for byte', async (t) => {
  const directory = await newDirectory(t, {
    'data/a.txt': 'hi\n',
    'data/b.txt': 'ho\n',
    'data/é/z.txt': 'x\n',
    'sub/.keep': '',
  })
  for (const file of ['dvc.yaml', 'params.yaml'])
    await cp(join(golden, file), join(directory, file))
  const first = await repro(directory)
  assert.equal(first.state, 'succeeded', JSON.stringify(first.reasons))
  assert.equal(first.ran.length, 8)
  assert.equal(await at(directory, 'dvc.lock'), await at(golden, 'dvc.lock'))
  const again = await repro(directory)
  assert.deepEqual([again.ran, again.reason], [[], 'Everything was up to date.'])
  const params = await at(directory, 'params.yaml')
  await writeFile(join(directory, 'params.yaml'), params.replace('n: 3', 'n: 4'))
  const changed = await repro(directory)
  assert.deepEqual(changed.ran.sort(), ['train@eu', 'train@us', 'whole'])
  assert.match(changed.reasons['train@eu'] ?? '', /The parameter n went from 3 to 4/)
  assert.equal(await at(directory, 'dvc.lock'), await at(golden, 'dvc-after-n-4.lock'))
})

const chain = `stages:
  one: {cmd: "cat in.txt > one.txt", deps: [in.txt], outs: [one.txt]}
  two: {cmd: "mkdir -p dir && cp one.txt dir/copy.txt && echo said two", deps: [one.txt], outs: [dir]}
`

test('every skip, run and restore has its reason', async (t) => {
  const directory = await newDirectory(t, { 'dvc.yaml': chain, 'in.txt': 'a' })
  const first = await repro(directory)
  assert.equal(first.reasons['one'], 'succeeded: It has not run before.')
  assert.ok(first.output.includes('two: said two'))
  assert.equal(
    (await repro(directory)).reasons['two'],
    'skipped: Command, 1 dependency, 1 output are as they were when it last ran.',
  )
  await rm(join(directory, 'dir'), { recursive: true })
  await rm(join(directory, 'one.txt'))
  const plan = await planLocally({ directory, targets: [], single: false, force: false })
  assert.deepEqual(
    plan.map(({ action }) => action),
    ['restore', 'restore'],
  )
  const restored = await repro(directory)
  assert.deepEqual(restored.ran, [])
  assert.equal(restored.reasons['two'], 'skipped: The output dir is missing. The cache has them.')
  assert.equal(await at(directory, 'dir/copy.txt'), 'a')
  await writeFile(join(directory, 'in.txt'), 'b')
  const planned = await planLocally({ directory, targets: [], single: false, force: false })
  assert.deepEqual(
    planned.map(({ action, reason }) => `${action}: ${reason}`),
    ['run: The dependency in.txt changed.', 'after: It comes after one, which would run.'],
  )
  assert.deepEqual((await repro(directory)).ran, ['one', 'two'])
  await writeFile(join(directory, 'dvc.yaml'), chain.replace('said two', 'says two'))
  assert.equal((await repro(directory)).reasons['two'], 'succeeded: Its command changed.')
  const forced = await repro(directory, { force: true, targets: ['one'] })
  assert.deepEqual([forced.ran, forced.reasons['one']], [['one'], 'succeeded: It is forced.'])
})

test('outputs go to the cache in the layout of DVC, read-only, and out of Git', async (t) => {
  const directory = await newDirectory(t, { 'dvc.yaml': chain, 'in.txt': 'a' })
  execFileSync('git', ['init', '--quiet'], { cwd: directory })
  await repro(directory)
  const md5 = '0cc175b9c0f1b6a831c399e269772661'
  const object = join(directory, '.dvc/cache/files/md5', md5.slice(0, 2), md5.slice(2))
  assert.equal(await readFile(object, 'utf8'), 'a')
  assert.equal((await stat(object)).mode & 0o777, 0o444)
  const [list] = (
    await readdir(join(directory, '.dvc/cache/files/md5'), { recursive: true })
  ).filter((path) => path.endsWith('.dir'))
  assert.equal(
    await at(directory, join('.dvc/cache/files/md5', list ?? '')),
    `[{"md5": "${md5}", "relpath": "copy.txt"}]`,
  )
  assert.equal(await at(directory, '.gitignore'), '/one.txt\n/dir\n')
  assert.equal(await at(directory, '.dvc/.gitignore'), '/config.local\n/tmp\n/cache\n')
})

test('a failed stage blocks what comes after it, and is run again', async (t) => {
  const yaml = `stages:
  bad: {cmd: "echo about to fail; test -f ok && touch bad.txt", outs: [bad.txt]}
  next: {cmd: touch next.txt, deps: [bad.txt], outs: [next.txt]}
  other: {cmd: sleep 0.3 && touch other.txt, outs: [other.txt]}
`
  const directory = await newDirectory(t, { 'dvc.yaml': yaml })
  const failed = await repro(directory)
  assert.equal(failed.state, 'failed')
  assert.equal(failed.reasons['bad'], 'failed: Its command ended with exit code 1.')
  assert.equal(failed.reasons['next'], 'blocked: Stage bad failed.')
  assert.ok(failed.output.includes('bad: about to fail'))
  await writeFile(join(directory, 'ok'), '')
  const second = await repro(directory)
  assert.equal(second.state, 'succeeded')
  assert.deepEqual(second.skipped, ['other'])
})

test('what a stage promised must be there; what it needs, too', async (t) => {
  const lazy = await newDirectory(t, {
    'dvc.yaml': 'stages:\n  a: {cmd: "true", outs: [never.txt]}\n',
  })
  assert.match((await repro(lazy)).reasons['a'] ?? '', /did not make its output "never\.txt"/)
  const poor = await newDirectory(t, {
    'dvc.yaml': 'stages:\n  a: {cmd: "true", deps: [no.txt]}\n',
  })
  assert.match((await repro(poor)).reasons['a'] ?? '', /depends on "no\.txt", which does not exist/)
  const none = await newDirectory(t, {})
  await assert.rejects(repro(none), { code: 'invalid' })
})

test('independent stages run at the same time, up to the limit', async (t) => {
  // Each waits for the other to have begun: one after another they would never end.
  const wait = (mine: string, other: string) =>
    `touch ${mine}; for i in $(seq 200); do test -f ${other} && exit 0; sleep 0.05; done; exit 1`
  const yaml = `stages:\n  a: {cmd: "${wait('a', 'b')}"}\n  b: {cmd: "${wait('b', 'a')}"}\n`
  const directory = await newDirectory(t, { 'dvc.yaml': yaml })
  assert.equal((await repro(directory)).state, 'succeeded')
})

test('cancelling ends the running stage and starts no other', async (t) => {
  const yaml =
    'stages:\n  a: {cmd: "touch began; sleep 60", outs: [x]}\n  b: {cmd: "true", deps: [x]}\n'
  const directory = await newDirectory(t, { 'dvc.yaml': yaml })
  const cancel = new AbortController()
  const running = repro(directory, {
    signal: cancel.signal,
    onStage: (update) => {
      if (update.state === 'running') setTimeout(() => cancel.abort(), 200)
    },
  })
  assert.equal((await running).state, 'cancelled')
})

test('parameters can be set for one time; the file is as it was afterwards', async (t) => {
  const directory = await newDirectory(t, {
    'dvc.yaml':
      'stages:\n  a: {cmd: "cp params.yaml out.txt", params: [train.rows], outs: [out.txt]}\n',
    'params.yaml': '# kept\ntrain:\n  rows: 10 # here, too\n',
  })
  await repro(directory, { parameters: { 'train.rows': 400 } })
  assert.equal(await at(directory, 'out.txt'), '# kept\ntrain:\n  rows: 400 # here, too\n')
  assert.equal(await at(directory, 'params.yaml'), '# kept\ntrain:\n  rows: 10 # here, too\n')
  assert.match(await at(directory, 'dvc.lock'), /train\.rows: 400/)
  assert.match((await repro(directory)).reasons['a'] ?? '', /train\.rows went from 400 to 10/)
  await assert.rejects(repro(directory, { parameters: { 'train.rows.deep': 1 } }), {
    code: 'invalid',
  })
  assert.equal(await at(directory, 'params.yaml'), '# kept\ntrain:\n  rows: 10 # here, too\n')
})

test('an execution that was killed leaves no overridden parameters', async (t) => {
  const directory = await newDirectory(t, {
    'dvc.yaml': chain,
    'in.txt': 'a',
    'params.yaml': 'a: 1\n',
  })
  const request = { directory, executor: createProcessExecutor(), environment: {}, what: 'x' }
  const taken = await prepareDirectory({ ...request, parameters: { a: 2 } })
  assert.ok(!('heldBy' in taken))
  assert.equal(await at(directory, 'params.yaml'), 'a: 2\n')
  // As a killed process leaves it: the file set, the lock gone.
  await cp(join(directory, '.dvc'), join(directory, 'kept'), { recursive: true })
  await taken.release()
  await cp(join(directory, 'kept'), join(directory, '.dvc'), { recursive: true })
  await writeFile(join(directory, 'params.yaml'), 'a: 2\n')
  await repro(directory)
  assert.equal(await at(directory, 'params.yaml'), 'a: 1\n')
})

test('a directory is one execution at a time, and the other is told whose', async (t) => {
  const directory = await newDirectory(t, { 'dvc.yaml': chain, 'in.txt': 'a' })
  const lock = await lockDirectory(directory, 'execution 7')
  assert.ok('release' in lock)
  assert.deepEqual(await lockDirectory(directory, 'another'), { heldBy: 'execution 7' })
  await assert.rejects(repro(directory), /execution 7 works in this directory/)
  lock.release()
  assert.equal((await repro(directory)).state, 'succeeded')
})
