import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { type OpenedPlatform, openPlatform } from '#app/platform'
import { asSystem, type Context } from '#domains/access/index'
import { registerVersion, uploadModelFile } from '#domains/models/index'
import { compareCode, declarePipeline } from './index.ts'

describe('the code between two versions', () => {
  const project = 'lab'
  const model = 'late'
  let directory: string
  let opened: OpenedPlatform
  let ctx: Context
  const commits: string[] = []
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args], {
      cwd: join(directory, 'repository'),
      encoding: 'utf8',
    }).trim()

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'gyre-code-'))
    opened = await openPlatform({ dataDirectory: join(directory, 'store') })
    ctx = asSystem(opened.platform, 'test')
    execFileSync('git', ['init', '-q', join(directory, 'repository')])
    for (const text of ['one\n', 'one\ntwo\n', `${'long line\n'.repeat(60_000)}`]) {
      writeFileSync(join(directory, 'repository', 'größe.py'), text)
      git('add', '.')
      git('commit', '-qm', 'change')
      commits.push(git('rev-parse', 'HEAD'))
    }
    for (const gitCommit of [...commits, 'f'.repeat(40), '--output=x', undefined]) {
      const content = Buffer.from(String(gitCommit))
      const file = await uploadModelFile(ctx, { project, model, content })
      const column = { name: 'x', type: 'number' }
      await registerVersion(ctx, {
        project,
        model,
        learner: 'trees',
        features: ['x'],
        signature: { inputs: [column], outputs: [column] },
        files: [{ path: 'model.onnx', ...file }],
        gitCommit,
      })
    }
  })
  after(async () => {
    await opened.close()
    rmSync(directory, { recursive: true })
  })

  const compare = (left: number, right: number) =>
    compareCode(ctx, { project, model, left: String(left), right: String(right) })

  it('is told to be out of reach while no repository is known', async () => {
    const found = await compare(1, 2)
    assert.equal(found.isReachable, false)
    assert.match(found.reason, /No pipeline of the project has a repository/)
    assert.deepEqual(found.commits, { left: commits[0], right: commits[1] })
  })

  it('is what Git says of a repository of the project', async () => {
    await declarePipeline(ctx, {
      project,
      pipeline: 'elsewhere',
      directory: join(directory, 'nowhere'),
      file: 'dvc.yaml',
    })
    await declarePipeline(ctx, {
      project,
      pipeline: 'late',
      directory: join(directory, 'repository'),
      file: 'dvc.yaml',
    })
    const found = await compare(1, 2)
    assert.equal(found.isReachable, true, found.reason)
    assert.deepEqual(found.files, [{ path: 'größe.py', added: 1, removed: 0 }])
    assert.match(found.diff, /^\+two$/m)
    assert.equal(found.isCut, false)
  })

  it('is cut off where it is long', async () => {
    const found = await compare(2, 3)
    assert.equal(found.isCut, true)
    assert.ok(found.diff.length <= 400_000)
  })

  it('runs nothing that the repository configures', async () => {
    const marker = join(directory, 'ran')
    git('config', 'diff.external', `touch ${marker}`)
    git('config', 'core.fsmonitor', `touch ${marker}`)
    assert.equal((await compare(1, 2)).isReachable, true)
    assert.throws(() => execFileSync('test', ['-e', marker]))
  })

  it('is out of reach for a commit that is nowhere, is none, or was not recorded', async () => {
    assert.match((await compare(1, 4)).reason, /holds both commits/)
    assert.equal((await compare(1, 5)).isReachable, false)
    assert.match((await compare(1, 6)).reason, /not recorded/)
    assert.match((await compare(2, 2)).reason, /same commit/)
  })
})
