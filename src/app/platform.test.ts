import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { subject } from '#kernel/subjects'
import { asSystem } from '#domains/access/index'
import { commit } from '#domains/journal/index'
import { type OpenedPlatform, openPlatform } from './platform.ts'

describe('openPlatform', () => {
  let directory: string
  let opened: OpenedPlatform
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'gyre-platform-'))
    opened = await openPlatform({ dataDirectory: directory })
  })
  after(async () => {
    await opened.close()
    await rm(directory, { recursive: true })
  })

  it('makes ids that are ordered by creation', () => {
    const ids = Array.from({ length: 100_000 }, () => opened.platform.newId())
    assert.equal(new Set(ids).size, ids.length)
    assert.deepEqual(ids.toSorted(), ids)
    assert.match(ids[0]!, /^[0-9a-f]{32}$/)
  })

  it('tells listeners of a commit, and goes on when one of them throws', async () => {
    let heard = 0
    const stops = [
      opened.platform.onRecords(() => {
        throw new Error('a broken listener')
      }),
      opened.platform.onRecords(() => heard++),
    ]
    await commit(asSystem(opened.platform, 'test'), async (change) => {
      change.record({ verb: 'project.created', subject: subject('project', 'p'), project: 'p' })
    })
    for (const stop of stops) stop()
    assert.equal(heard, 1)
  })

  it('refuses a data directory that another server has', async () => {
    await assert.rejects(openPlatform({ dataDirectory: directory }), { code: 'conflict' })
  })

  it('runs queries when the engine is first needed', async () => {
    const rows = await opened.platform.frames.session((session) =>
      session.rows('SELECT 40 + 2 AS answer'),
    )
    assert.deepEqual(rows, [{ answer: 42 }])
  })
})
