import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { type OpenedPlatform, openPlatform } from '#app/platform'
import { type Subject, subject } from '#kernel/subjects'
import { asSystem, type Context } from '#domains/access/index'
import { commit } from './commit.ts'
import { rebuildEdges } from './rebuild-edges.ts'
import type { JournalTables } from './store.ts'
import { verifyChain } from './verify-chain.ts'

const count = 5

/** Writes a few records that follow from one another, in one project. */
async function writeRecords(ctx: Context): Promise<void> {
  for (let i = 1; i <= count; i++) {
    await commit(ctx, async (change) => {
      change.record({
        verb: 'data.committed',
        subject: subject('data', 'flights', i),
        project: 'p',
        inputs: i === 1 ? [] : [subject('data', 'flights', i - 1) as Subject],
        outputs: [subject('blob', `b${i}`)],
        detail: { rows: i * 100, name: 'ünï' },
      })
    })
  }
}

describe('verifyChain', () => {
  let directory: string
  let opened: OpenedPlatform
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'gyre-chain-'))
    opened = await openPlatform({ dataDirectory: directory })
    await writeRecords(asSystem(opened.platform, 'test'))
  })
  afterEach(async () => {
    await opened.close()
    await rm(directory, { recursive: true })
  })

  /** What somebody with the file in hand could do. */
  function tamper(sql: string): void {
    const database = new DatabaseSync(join(directory, 'gyre.db'))
    database.exec(sql)
    database.close()
  }

  it('finds an untouched chain in order', async () => {
    const report = await verifyChain(opened.platform)
    assert.equal(report.firstBroken, null)
    assert.equal(report.intact, true)
    assert.equal(report.records, count)
    assert.match(report.head, /^[0-9a-f]{64}$/)
  })

  it('takes an empty journal for intact', async () => {
    const empty = await mkdtemp(join(tmpdir(), 'gyre-chain-'))
    const other = await openPlatform({ dataDirectory: empty })
    const report = await verifyChain(other.platform)
    await other.close()
    await rm(empty, { recursive: true })
    assert.deepEqual([report.intact, report.records, report.head], [true, 0, '0'.repeat(64)])
  })

  const edits: Record<string, string> = {
    at: 'at = at + 1',
    actor: "actor = 'somebody'",
    verb: "verb = 'data.quarantined'",
    subject: "subject = 'data:other@3'",
    project: "project = 'q'",
    inputs: "inputs = '[]'",
    outputs: "outputs = '[]'",
    detail: "detail = replace(detail, '300', '301')",
    'detail, in the same sense': "detail = replace(detail, ':', ': ')",
    'detail, no longer JSON': "detail = '{'",
    prev_hash: "prev_hash = '" + '1'.repeat(64) + "'",
    hash: "hash = '" + '1'.repeat(64) + "'",
  }
  for (const [field, edit] of Object.entries(edits)) {
    it(`names a record whose ${field} was changed`, async () => {
      tamper(`update journal set ${edit} where seq = 3`)
      const report = await verifyChain(opened.platform)
      assert.equal(report.intact, false)
      assert.equal(report.firstBroken?.seq, 3)
      assert.equal(report.records, 2)
    })
  }

  it('names a record that was removed, also at the beginning and the end', async () => {
    for (const seq of [5, 3, 1]) {
      tamper(`delete from journal where seq = ${seq}`)
      const report = await verifyChain(opened.platform)
      assert.equal(report.firstBroken?.seq, seq)
      assert.match(report.firstBroken?.problem ?? '', /missing/)
    }
  })

  it('names the place where two records changed places', async () => {
    tamper(`update journal set seq = -2 where seq = 2; update journal set seq = 2 where seq = 3;
      update journal set seq = 3 where seq = -2`)
    assert.equal((await verifyChain(opened.platform)).firstBroken?.seq, 2)
  })

  it('notices a record that was added behind the end', async () => {
    tamper(`insert into journal select 6, at, actor, verb, subject, project, inputs, outputs, detail,
      hash, hash from journal where seq = 5`)
    assert.equal((await verifyChain(opened.platform)).firstBroken?.seq, 6)
  })

  it('notices when the end of the chain was altered with the head left as it was', async () => {
    tamper("update journal_head set hash = '" + '2'.repeat(64) + "'")
    assert.equal((await verifyChain(opened.platform)).intact, false)
  })

  it('rebuilds the lineage as it was', async () => {
    const ctx = asSystem(opened.platform, 'test')
    const edges = () =>
      ctx.tables
        .read<JournalTables>()
        .selectFrom('journal_edges')
        .select(['seq', 'project', 'source', 'target'])
        .orderBy('seq')
        .orderBy('source')
        .execute()
    const before = await edges()
    tamper('delete from journal_edges where seq > 2')
    assert.equal(await rebuildEdges(ctx), before.length)
    assert.deepEqual(await edges(), before)
  })
})
