import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, type TestContext, test } from 'node:test'
import { type OpenedPlatform, openPlatform } from '#app/platform'
import { createRunnerOptions } from '#app/workspace/reproduce/runner-options'
import { asSystem, type Context } from '#domains/access/index'
import {
  cancelExecution,
  declarePipeline,
  type ExecutionDetail,
  getExecution,
  getPipeline,
  readStageLog,
  startExecution,
} from '#domains/pipelines/index'
import { type JobLoop, startJobLoop } from './job-loop.ts'
import { runnerHandlers } from './runner.ts'

const project = 'lab'
let data: string
let opened: OpenedPlatform
let ctx: Context
let loop: JobLoop

before(async () => {
  data = await mkdtemp(join(tmpdir(), 'gyre-runner-'))
  opened = await openPlatform({ dataDirectory: data })
  ctx = asSystem(opened.platform, 'test')
  loop = startRunner('first')
})
after(async () => {
  await loop.drain(0)
  await opened.close()
  await rm(data, { recursive: true })
})

function startRunner(owner: string): JobLoop {
  const options = createRunnerOptions(opened.platform, {
    url: 'http://127.0.0.1:1',
    token: 'secret',
  })
  return startJobLoop(opened.platform, {
    handlers: runnerHandlers(options),
    owner,
    concurrency: 4,
    leaseMs: 2000,
  })
}

async function newPipeline(t: TestContext, name: string, dvcYaml: string): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'gyre-runner-repo-'))
  t.after(() => rm(directory, { recursive: true, force: true }))
  await mkdir(directory, { recursive: true })
  await writeFile(join(directory, 'dvc.yaml'), dvcYaml)
  await declarePipeline(ctx, { project, pipeline: name, directory, file: 'dvc.yaml' })
  return directory
}

async function until(
  execution: string,
  wanted: (now: ExecutionDetail) => boolean,
): Promise<ExecutionDetail> {
  for (;;) {
    const now = await getExecution(ctx, { project, execution })
    if (wanted(now)) return now
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

const ended = (now: ExecutionDetail) => now.endedAt !== null

async function logOf(execution: string, stage: string): Promise<string> {
  return (await readStageLog(ctx, { project, execution, stage, offset: 0, limit: 100_000 })).text
}

test('an execution runs its stages, tells them where they are, and keeps what they say', async (t) => {
  const yaml = `stages:
  hello:
    cmd: "echo $GYRE_PROJECT $GYRE_STAGE $GYRE_URL $GYRE_TOKEN $GYRE_EXECUTION \${GYRE_CAUSE%%:*}; gyre --version > v.txt"
    outs: [v.txt]
  next: {cmd: "cat v.txt", deps: [v.txt]}
`
  const directory = await newPipeline(t, 'hello', yaml.replace('${GYRE', '\\\\${GYRE'))
  const { id } = await startExecution({ ...ctx, cause: 1 }, { project, pipeline: 'hello' })
  const done = await until(id, ended)
  assert.equal(done.state, 'succeeded', `${done.reason} ${await logOf(id, 'hello')}`)
  assert.equal(await logOf(id, 'hello'), `lab hello http://127.0.0.1:1 secret ${id} record\n`)
  assert.match(await readFile(join(directory, 'v.txt'), 'utf8'), /^\d+\.\d+\.\d+/)
  assert.deepEqual(
    (await getPipeline(ctx, { project, pipeline: 'hello' })).stages.map((s) => s.name),
    ['hello', 'next'],
  )
  const again = await startExecution(ctx, { project, pipeline: 'hello' })
  const skipped = await until(again.id, ended)
  assert.deepEqual(
    skipped.stages.map((s) => s.state),
    ['skipped', 'skipped'],
  )
})

test('a failing stage ends its execution and says why', async (t) => {
  await newPipeline(
    t,
    'failing',
    'stages:\n  a: {cmd: "echo no >&2; exit 3", outs: [x]}\n  b: {cmd: "true", deps: [x]}\n',
  )
  const { id } = await startExecution(ctx, { project, pipeline: 'failing' })
  const done = await until(id, ended)
  assert.deepEqual([done.state, done.reason], ['failed', 'Stage a failed.'])
  assert.deepEqual(
    done.stages.map((s) => [s.state, s.exitCode]),
    [
      ['failed', 3],
      ['blocked', null],
    ],
  )
  assert.equal(await logOf(id, 'a'), 'no\n')
})

test('a file that cannot be read fails the execution and is noted on the pipeline', async (t) => {
  await newPipeline(t, 'broken', 'stages: {a: {}}')
  const { id } = await startExecution(ctx, { project, pipeline: 'broken' })
  const done = await until(id, ended)
  assert.equal(done.state, 'failed')
  assert.match(done.reason, /cmd must be a command/)
  assert.match(
    (await getPipeline(ctx, { project, pipeline: 'broken' })).problem ?? '',
    /cmd must be/,
  )
})

test('a running execution is cancelled with its commands', async (t) => {
  const directory = await newPipeline(
    t,
    'long',
    'stages:\n  a: {cmd: "echo started; sleep 60; touch late.txt"}\n',
  )
  const { id } = await startExecution(ctx, { project, pipeline: 'long' })
  await until(id, (now) => (now.stages[0]?.logLength ?? 0) > 0)
  const cancelled = await cancelExecution(ctx, { project, execution: id, reason: 'Enough.' })
  assert.deepEqual([cancelled.state, cancelled.stages[0]?.state], ['cancelled', 'cancelled'])
  const again = await startExecution(ctx, { project, pipeline: 'long', targets: ['nope'] })
  // It gets the directory only when the cancelled one's commands are gone.
  assert.equal((await until(again.id, ended)).state, 'failed')
  await assert.rejects(readFile(join(directory, 'late.txt')))
})

test('a second execution waits for the directory, and says for whom', async (t) => {
  await newPipeline(t, 'shared', 'stages:\n  a: {cmd: "until test -f go; do sleep 0.05; done"}\n')
  const { directory } = await getPipeline(ctx, { project, pipeline: 'shared' })
  const first = await startExecution(ctx, { project, pipeline: 'shared' })
  await until(first.id, (now) => now.stages[0]?.state === 'running')
  const second = await startExecution(ctx, { project, pipeline: 'shared' })
  const waiting = await until(second.id, (now) => now.reason.includes('same directory'))
  assert.match(waiting.reason, new RegExp(`waits for execution ${first.id}`))
  await writeFile(join(directory, 'go'), '')
  assert.equal((await until(first.id, ended)).state, 'succeeded')
  assert.equal((await until(second.id, ended)).state, 'succeeded')
})

test('an execution whose runner stopped goes on where it was', async (t) => {
  const yaml = `stages:
  one: {cmd: "echo once >> count; cp count one.txt", outs: [one.txt]}
  two: {cmd: "until test -f go; do sleep 0.05; done; touch two.txt", deps: [one.txt], outs: [two.txt]}
`
  const directory = await newPipeline(t, 'resumed', yaml)
  const { id } = await startExecution(ctx, { project, pipeline: 'resumed' })
  await until(id, (now) => now.stages[1]?.state === 'running')
  await loop.drain(0)
  await writeFile(join(directory, 'go'), '')
  loop = startRunner('second')
  const done = await until(id, ended)
  assert.equal(done.state, 'succeeded')
  assert.deepEqual(
    done.stages.map((s) => s.state),
    ['skipped', 'succeeded'],
  )
  assert.equal(await readFile(join(directory, 'count'), 'utf8'), 'once\n')
})
