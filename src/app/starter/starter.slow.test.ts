import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { parse } from 'yaml'
import { GyreError } from '#kernel/errors'
import { parsePipelinesDeclaration, resolveStages } from '#domains/pipelines/index'
import { readRepository } from '../declaration/repository.ts'
import { withFrames } from '../training/frames.ts'
import { profileTable } from './profile-table.ts'
import { openTable, splitRows } from './split-rows.ts'
import { starterFiles } from './starter-files.ts'
import { guessTarget } from './target.ts'

const rows = 1000

/** Columns of every kind that a user's CSV has, with names that hurt. */
function csv(): string {
  const lines = ['id,Tenure months,"a ""quoted"" name",note,signup,same,Churn']
  for (let i = 0; i < rows; i++) {
    const day = String((i % 28) + 1).padStart(2, '0')
    const missing = i % 50 === 0 ? '' : (i * 7) % 13
    const churn = i % 97 === 0 ? '' : i % 3 === 0 ? 'gone' : 'kept'
    lines.push(`${i},${i % 60},${missing},"text, with: comma",2024-01-${day},1,${churn}`)
  }
  return `${lines.join('\n')}\n`
}

describe('a starting repository', () => {
  let directory: string
  let path: string
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'gyre-starter-'))
    path = join(directory, 'customers.csv')
    await writeFile(path, csv())
  })
  after(() => rm(directory, { recursive: true }))

  function files(text: string): Promise<Record<string, string>> {
    return withFrames(async (session) => {
      const table = await openTable(session, path)
      const target = await guessTarget(session, table, text)
      const profile = await profileTable(session, table, target)
      return starterFiles({ name: 'ünï-1', path: 'customers.csv', target, profile })
    })
  }

  it('is one that the server understands', async () => {
    const made = await files('Churn')
    const repository = readRepository({ directory, commit: null, dirty: false, files: made })
    assert.equal(repository.project, 'ünï-1')
    const [pipeline] = parsePipelinesDeclaration(repository.section('pipelines'))
    const stages = await resolveStages(async (name) => made[name], pipeline?.file ?? '')
    const names = stages.map(({ name }) => name).toSorted()
    assert.deepEqual(names, ['baseline', 'evaluate', 'register', 'split', 'train'])
    assert.ok(Array.isArray(parse(made['expectations.yaml'] ?? '')))
  })

  it('learns from numbers only, and says why not from the rest', async () => {
    const params = (await files('Churn'))['params.yaml'] ?? ''
    const { features, target, label } = parse(params) as Record<string, string>
    assert.equal(features, 'Tenure months,a "quoted" name')
    assert.equal(target, `target="Churn" = 'kept'`)
    assert.equal(label, 'target')
    for (const name of ['id', 'note', 'signup', 'same', 'Churn']) {
      assert.match(params, new RegExp(`# {3}${name}: it `))
    }
  })

  it('asks for a yes or no where a column is none', async () => {
    await assert.rejects(files('Tenure months'), (error) => {
      assert.ok(error instanceof GyreError)
      assert.match(error.public, /--target "target="Tenure months" > 29/)
      return true
    })
    await assert.rejects(files('same'), { code: 'invalid' })
    await assert.rejects(files('unheard-of'), { code: 'invalid', public: /It has: id, / })
    await assert.rejects(files('x=unheard_of > 1'), { code: 'invalid' })
    const made = await files('long=id > 500')
    assert.match(made['params.yaml'] ?? '', /^label: long$/m)
  })

  describe('split', () => {
    const out = (name: string): string => join(directory, 'build', name)
    function split(more: { target?: string; holdout?: number; seed?: number; by?: string } = {}) {
      return withFrames((session) =>
        splitRows(session, {
          path,
          target: `target="Churn" = 'gone'`,
          holdout: 0.25,
          seed: 1,
          trainingOut: out('training.parquet'),
          holdoutOut: out('holdout.parquet'),
          ...more,
        }),
      )
    }
    async function ids(name: string): Promise<number[]> {
      return withFrames(async (session) => {
        const sql = `SELECT id, target FROM ${session.scan([out(name)])}`
        const found = await session.rows<{ id: number; target: number }>(sql)
        assert.ok(found.every(({ target }) => target === 0 || target === 1))
        return found.map(({ id }) => id).toSorted((a, b) => a - b)
      })
    }

    it('keeps rows apart, the same ones every time', async () => {
      const report = await split()
      assert.equal(report.dropped, Math.ceil(rows / 97))
      assert.equal(report.training + report.holdout + report.dropped, rows)
      assert.ok(report.holdout > rows / 5 && report.holdout < rows / 3)
      const first = await ids('holdout.parquet')
      assert.equal(
        new Set([...first, ...(await ids('training.parquet'))]).size,
        rows - report.dropped,
      )
      await split()
      assert.deepEqual(await ids('holdout.parquet'), first)
      await split({ seed: 2 })
      assert.notDeepEqual(await ids('holdout.parquet'), first)
      const lineage = JSON.parse(await readFile(out('training.parquet.json'), 'utf8')) as {
        sha256: string
      }
      assert.match(lineage.sha256, /^[0-9a-f]{64}$/)
    })

    it('keeps back the last rows by a column', async () => {
      await split({ by: 'id' })
      const kept = await ids('holdout.parquet')
      const learned = await ids('training.parquet')
      assert.ok(Math.min(...kept) > Math.max(...learned))
    })

    it('refuses what it cannot do', async () => {
      await assert.rejects(split({ holdout: 1 }), { code: 'invalid' })
      await assert.rejects(split({ by: 'unheard-of' }), { code: 'invalid' })
      await assert.rejects(split({ target: 'note' }), { code: 'invalid' })
      await assert.rejects(split({ holdout: 1e-9, by: 'same' }), { code: 'invalid' })
      const empty = join(directory, 'empty.csv')
      await writeFile(empty, '')
      await assert.rejects(
        withFrames((session) => openTable(session, empty)),
        { code: 'invalid' },
      )
    })
  })
})
