import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type OpenedPlatform, openPlatform } from '#app/platform'
import { createReactions } from '#app/reactions'
import { asSystem, type Context } from '#domains/access/index'
import { readRecordsAfter } from '#domains/journal/index'
import { createModel, renameModel } from '#domains/models/index'
import { declareEndpoint, getEndpoint } from './index.ts'

/** What endpoints do when a model gets another name, on whichever database `place` names. */
export function testFollowedNames(place: () => Promise<{ databaseUrl?: string }>): void {
  const project = 'lab'
  let directory: string
  let opened: OpenedPlatform
  let ctx: Context

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'gyre-names-'))
    opened = await openPlatform({ dataDirectory: directory, ...(await place()) })
    ctx = asSystem(opened.platform, 'test')
  })
  after(async () => {
    await opened.close()
    await rm(directory, { recursive: true })
  })

  test('an endpoint goes on with the model that it was declared for', async () => {
    const react = createReactions(opened.platform)
    await createModel(ctx, { project, model: 'old' })
    await declareEndpoint(ctx, { project, endpoint: 'serving', model: 'old' })
    await renameModel(ctx, { project, model: 'old', name: 'new' })
    const renamed = await readRecordsAfter(ctx, 0, 100)
    const last = renamed.at(-1)
    assert.equal(last?.verb, 'model.renamed')
    await new Promise((resolve) => setTimeout(resolve, 5))
    await createModel(ctx, { project, model: 'old' })
    await declareEndpoint(ctx, { project, endpoint: 'another', model: 'old' })
    await react(last!)
    await react(last!)
    const modelOf = async (endpoint: string) =>
      (await getEndpoint(ctx, { project, endpoint })).model
    assert.deepEqual([await modelOf('serving'), await modelOf('another')], ['new', 'old'])
    const told = (await readRecordsAfter(ctx, last!.seq, 100)).filter(
      ({ detail }) => detail['was'] === 'old',
    )
    assert.equal(told.length, 1)
  })
}
