import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { GyreError } from '#kernel/errors'
import { type OpenedServer, openServer } from '../opened-server.contract.ts'
import { packageDirectory } from '../package-facts.ts'
import { readRepository } from '../workspace/repository-texts.ts'

type Plan = Awaited<ReturnType<ReturnType<OpenedServer['client']>['server']['plan']>>

function actionsOf({ changes }: Plan): Record<string, string> {
  return Object.fromEntries(changes.map(({ kind, name, action }) => [`${kind} ${name}`, action]))
}

describe('a declaration', () => {
  let opened: OpenedServer
  let files: Record<string, string>
  before(async () => {
    opened = await openServer()
    ;({ files } = await readRepository(join(packageDirectory(), 'examples', 'flights')))
  })
  after(() => opened.close())

  function body(changed: Record<string, string> = {}) {
    return { directory: '/repository', commit: null, dirty: false, files: { ...files, ...changed } }
  }
  const params = { project: 'flights' }

  it('is planned for a project that is not there yet, without making it', async () => {
    const client = opened.client()
    const plan = await client.server.plan({ params, body: body() })
    assert.equal(plan.differs, true)
    assert.ok(plan.changes.every(({ action }) => action === 'create'))
    const { items } = await client.access.listProjects()
    assert.ok(items.every(({ name }) => name !== 'flights'))
  })

  it('is applied, and then there is nothing to change', async () => {
    const client = opened.client()
    const applied = await client.server.apply({ params, body: body() })
    assert.equal(applied.differs, true)
    const { journalSeq } = await client.server.describe()
    const again = await client.server.apply({ params, body: body() })
    assert.equal(
      again.differs,
      false,
      JSON.stringify(again.changes.filter((c) => c.action !== 'none')),
    )
    assert.equal((await client.server.describe()).journalSeq, journalSeq)
  })

  it('shows what changed, member by member, and what is no longer declared', async () => {
    const client = opened.client()
    const text = (files['gyre.yaml'] ?? '')
      .replace('value: 0.6', 'value: 0.65')
      .replace(/^ {2}retrain-quarterly:.*$/m, '')
    const plan = await client.server.plan({ params, body: body({ 'gyre.yaml': text }) })
    const actions = actionsOf(plan)
    assert.equal(actions['model late-flights'], 'update')
    assert.equal(actions['trigger retrain-quarterly'], 'remove')
    assert.equal(actions['dataset flights'], 'none')
    const model = plan.changes.find(({ kind }) => kind === 'model')
    assert.equal(model?.differences.length, 1)
    assert.match(model?.differences[0]?.path ?? '', /^gate\[\d\]\.value$/)
    assert.deepEqual([model?.differences[0]?.from, model?.differences[0]?.to], [0.6, 0.65])
    await client.server.apply({ params, body: body({ 'gyre.yaml': text }) })
    const { items } = await client.pipelines.listTriggers({ params })
    assert.ok(items.every(({ name }) => name !== 'retrain-quarterly'))
  })

  const wrong: Record<string, { text: string; says: RegExp }> = {
    'with a misspelt section': {
      text: 'project: flights\nmodel: {}\n',
      says: /gyre\.yaml:2:1: .*mean "models"/,
    },
    'with a section nobody knows': {
      text: 'xyzzy: 1\n',
      says: /gyre\.yaml:1:1: there is no key "xyzzy".*keys are/,
    },
    'that is broken YAML': {
      text: 'project: [flights\nmodels: {}\n',
      says: /gyre\.yaml:\d+:\d+: this is not valid YAML/,
    },
    'with a key twice': {
      text: 'project: a\nproject: b\n',
      says: /gyre\.yaml:2:1: this is not valid YAML/,
    },
    'that is a list': { text: '- a\n', says: /must be a mapping/ },
    'that is empty': { text: '', says: /must be a mapping/ },
    'of another project': { text: 'project: other\n', says: /declares the project "other"/ },
    'with a check that does not exist': {
      text: 'project: flights\nmodels:\n  late:\n    gate:\n      - { check: maximal }\n',
      says: /gyre\.yaml:5:9: models\.late\.gate\[0\]: there is no check "maximal"/,
    },
    'with a file that is not there': {
      text: 'project: flights\npipelines:\n  p: { file: other.yaml }\n',
      says: /gyre\.yaml:3:8: pipelines\.p\.file: there is no file other\.yaml/,
    },
    'with a trigger on nothing': {
      text: 'project: flights\ntriggers:\n  t: { on: whim, run: p }\n',
      says: /gyre\.yaml:3:3: triggers\.t/,
    },
    'that unfolds without bounds': {
      text: `a: &a [x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\nproject: [*d,*d,*d,*d,*d]\n`,
      says: /gyre\.yaml/,
    },
  }
  for (const [what, { text, says }] of Object.entries(wrong)) {
    it(`is refused ${what}`, async () => {
      const client = opened.client()
      await assert.rejects(
        client.server.plan({ params, body: body({ 'gyre.yaml': text }) }),
        (error) => {
          assert.ok(error instanceof GyreError)
          assert.equal(error.code, 'invalid')
          assert.match(error.public, says)
          return true
        },
      )
    })
  }
})
