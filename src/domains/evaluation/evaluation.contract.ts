import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type OpenedPlatform, openPlatform } from '#app/platform'
import { asSystem, type Context } from '#domains/access/index'
import { listRecords, sentenceOf } from '#domains/journal/index'
import { createExperiment, deleteExperiment } from '#domains/runs/index'
import { createAssessment, saveTrace } from '#domains/traces/index'
import {
  changeIssue,
  createEvaluationSet,
  deleteEvaluationRecords,
  deleteEvaluationSet,
  deleteScorer,
  getEvaluationSet,
  getIssue,
  getScorer,
  listEvaluationRecords,
  listScorers,
  listScorerSampling,
  listScorerVersions,
  openIssue,
  placeEvaluationSet,
  registerScorer,
  searchEvaluationSets,
  searchIssues,
  setScorerSampling,
  tagEvaluationSet,
  upsertEvaluationRecords,
} from './index.ts'

/** What the room promises, on whichever database `place` names. */
export function testEvaluation(place: () => Promise<{ databaseUrl?: string }>): void {
  const project = 'lab'
  let directory: string
  let opened: OpenedPlatform
  let ctx: Context
  let counter = 0

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'gyre-evaluation-'))
    opened = await openPlatform({ dataDirectory: directory, ...(await place()) })
    ctx = asSystem(opened.platform, 'test')
  })
  after(async () => {
    await opened.close()
    await rm(directory, { recursive: true })
  })

  async function newExperiment(): Promise<string> {
    return (await createExperiment(ctx, { project, name: `evaluation ${++counter}` })).id
  }

  async function newSet(
    name: string,
    tags: Record<string, string> = {},
    experiments: string[] = [],
  ) {
    return createEvaluationSet(ctx, { project, name, experiments, tags })
  }

  async function found(filter: string, orderBy = ['name'], experiments: string[] = []) {
    const search = { project, experiments, filter, orderBy, limit: 100 }
    return (await searchEvaluationSets(ctx, search)).items.map((set) => set.name)
  }

  test('a set is made, tagged, shown in experiments, found and deleted', async () => {
    const [one, two] = [await newExperiment(), await newExperiment()]
    const set = await newSet('qa', { team: 'ml', 'mlflow.user': 'ada' }, [one, one])
    assert.deepEqual([set.experiments, set.createdBy, set.recordCount], [[one], 'ada', 0])
    await newSet('other', { team: 'data' })
    const place = { project, set: set.id }
    await tagEvaluationSet(ctx, { ...place, tags: { team: null, env: 'prod' } })
    assert.deepEqual((await getEvaluationSet(ctx, place)).tags, {
      env: 'prod',
      'mlflow.user': 'ada',
    })
    await placeEvaluationSet(ctx, { ...place, add: [two, one] })
    const placed = await placeEvaluationSet(ctx, { ...place, remove: [one, '999'] })
    assert.deepEqual(placed.experiments, [two])
    assert.deepEqual(await found("tags.env = 'prod'"), ['qa'])
    assert.deepEqual(await found("name LIKE 'o%' AND tag.team = 'data'"), ['other'])
    assert.deepEqual(await found("name IN ('qa', 'other')", ['name DESC']), ['qa', 'other'])
    assert.deepEqual(await found('created_time > 0'), ['other', 'qa'])
    assert.deepEqual(await found('', [], [two, 'x']), ['qa'])
    assert.deepEqual(await found('', [], ['x']), [])
    for (const wrong of ["size = '1'", "name > 'a'", "created_time = 'x'", 'name']) {
      await assert.rejects(found(wrong), { code: 'invalid' }, wrong)
    }
    const first = await searchEvaluationSets(ctx, {
      project,
      experiments: [],
      filter: '',
      orderBy: [],
      limit: 1,
    })
    assert.equal(first.items.length, 1)
    assert.ok(first.nextPageToken !== undefined)
    await assert.rejects(newSet('bad', {}, ['999']), { code: 'not_found' })
    await assert.rejects(newSet(' '), { code: 'invalid' })
    await deleteEvaluationSet(ctx, place)
    await deleteEvaluationSet(ctx, place)
    await assert.rejects(getEvaluationSet(ctx, place), { code: 'not_found' })
  })

  test('records are the same by their inputs, whatever the order of members', async () => {
    const { id: set } = await newSet('records')
    const place = { project, set }
    const first = await upsertEvaluationRecords(ctx, {
      ...place,
      records: [
        { inputs: { q: 'What?', n: 1 }, expectations: { a: 'x' }, tags: { level: 'easy' } },
        {
          inputs: { q: 'Why?' },
          outputs: 'because',
          source: { type: 'TRACE', data: { trace_id: 'tr-1' } },
        },
      ],
    })
    assert.deepEqual(first, { inserted: 2, updated: 0 })
    const second = await upsertEvaluationRecords(ctx, {
      ...place,
      records: [
        { inputs: { n: 1, q: 'What?' }, expectations: { b: 2 }, outputs: { y: 0.5 } },
        { inputs: { q: 'How?' } },
        { inputs: { q: 'How?' }, tags: { again: true } },
      ],
    })
    assert.deepEqual(second, { inserted: 1, updated: 2 })
    const { items } = await listEvaluationRecords(ctx, { ...place, limit: 10 })
    const byQuestion = new Map(items.map((record) => [record.inputs['q'], record]))
    const what = byQuestion.get('What?')
    assert.deepEqual(
      [what?.expectations, what?.outputs, what?.tags],
      [{ a: 'x', b: 2 }, { y: 0.5 }, { level: 'easy' }],
    )
    assert.equal(byQuestion.get('Why?')?.sourceId, 'tr-1')
    assert.deepEqual(byQuestion.get('How?')?.tags, { again: true })
    const { fields, recordCount } = await getEvaluationSet(ctx, place)
    assert.equal(recordCount, 3)
    assert.deepEqual(fields, {
      inputs: { n: 'integer', q: 'string' },
      outputs: 'string',
      expectations: { a: 'string', b: 'integer' },
      version: '1.0',
    })
    assert.equal(
      await deleteEvaluationRecords(ctx, { ...place, records: [what?.id ?? '', 'dr-x'] }),
      1,
    )
    await assert.rejects(upsertEvaluationRecords(ctx, { ...place, set: 'd-none', records: [] }), {
      code: 'not_found',
    })
  })

  test('pages of records hold each once, also those of one moment', async () => {
    const { id: set } = await newSet('pages')
    const records = Array.from({ length: 23 }, (_, i) => ({ inputs: { i } }))
    await upsertEvaluationRecords(ctx, { project, set, records })
    const seen: unknown[] = []
    let pageToken: string | undefined
    do {
      const page = await listEvaluationRecords(ctx, { project, set, limit: 5, pageToken })
      seen.push(...page.items.map((record) => record.inputs['i']))
      pageToken = page.nextPageToken
    } while (pageToken !== undefined)
    assert.deepEqual([seen.length, new Set(seen).size], [23, 23])
    for (const wrong of ['x', btoa('1:2'), '%']) {
      await assert.rejects(
        listEvaluationRecords(ctx, { project, set, limit: 5, pageToken: wrong }),
        {
          code: 'invalid',
        },
      )
    }
  })

  test('scorers have versions; the newest is meant unless one is named', async () => {
    const experiment = await newExperiment()
    const place = { project, experiment, name: 'polite' }
    for (let version = 1; version <= 3; version++) {
      const definition = JSON.stringify({ name: 'polite', version })
      assert.equal((await registerScorer(ctx, { ...place, definition })).version, version)
    }
    await registerScorer(ctx, { ...place, name: 'brief', definition: '{}' })
    const newest = await listScorers(ctx, { project, experiments: [experiment] })
    assert.deepEqual(
      newest.map(({ name, version }) => [name, version]),
      [
        ['brief', 1],
        ['polite', 3],
      ],
    )
    assert.equal(
      (await getScorer(ctx, { ...place, version: 2 })).definition,
      '{"name":"polite","version":2}',
    )
    await deleteScorer(ctx, { ...place, version: 3 })
    assert.equal((await getScorer(ctx, place)).version, 2)
    const sampling = await setScorerSampling(ctx, {
      ...place,
      sampleRate: 0.5,
      filter: "status = 'OK'",
    })
    const again = await setScorerSampling(ctx, { ...place, sampleRate: 0.25 })
    assert.equal(again.id, sampling.id)
    const rates = await listScorerSampling(ctx, { project, scorers: [sampling.scorer, 'x'] })
    assert.deepEqual(
      rates.map(({ sampleRate, filter }) => [sampleRate, filter]),
      [[0.25, undefined]],
    )
    await deleteScorer(ctx, place)
    await assert.rejects(listScorerVersions(ctx, place), { code: 'not_found' })
    assert.deepEqual(await listScorerSampling(ctx, { project, scorers: [sampling.scorer] }), [])
    for (const definition of ['', '[]', 'x']) {
      await assert.rejects(registerScorer(ctx, { ...place, definition }), { code: 'invalid' })
    }
    await assert.rejects(setScorerSampling(ctx, { ...place, sampleRate: 2 }), { code: 'invalid' })
    await deleteExperiment(ctx, { project, experiment })
    await assert.rejects(registerScorer(ctx, { ...place, definition: '{}' }), { code: 'conflict' })
  })

  test('two who register a version at once get two versions', async () => {
    const experiment = await newExperiment()
    const scorer = { project, experiment, name: 'raced', definition: '{}' }
    await registerScorer(ctx, scorer)
    const made = await Promise.all(Array.from({ length: 5 }, () => registerScorer(ctx, scorer)))
    assert.deepEqual(
      made.map(({ version }) => version).toSorted((a, b) => a - b),
      [2, 3, 4, 5, 6],
    )
  })

  test('issues: the severe first, with how many traces they are seen in', async () => {
    const experiment = await newExperiment()
    const issue = (name: string, severity?: string) =>
      openIssue(ctx, {
        project,
        experiment,
        name,
        description: 'd',
        severity,
        rootCauses: ['slow'],
        categories: [],
      })
    const plain = await issue('plain')
    const high = await issue('high', 'high')
    const low = await issue('low', 'low')
    for (const trace of ['tr-a', 'tr-b']) {
      await saveTrace(ctx, {
        project,
        id: trace,
        experiment,
        state: 'OK',
        requestedAt: 1,
        tags: {},
        metadata: {},
      })
      const assessment = {
        name: low.id,
        kind: 'issue' as const,
        value: 'low',
        source: { type: 'CODE', id: 'x' },
      }
      await createAssessment(ctx, { project, trace, assessment })
    }
    const base = { project, experiment, filter: '', limit: 2, countTraces: true }
    const { items, nextPageToken } = await searchIssues(ctx, base)
    assert.deepEqual(
      items.map(({ id, traceCount }) => [id, traceCount]),
      [
        [high.id, 0],
        [low.id, 2],
      ],
    )
    const rest = await searchIssues(ctx, { ...base, pageToken: nextPageToken })
    assert.deepEqual(
      rest.items.map(({ id }) => id),
      [plain.id],
    )
    await changeIssue(ctx, { project, issue: plain.id, status: 'resolved', name: 'gone' })
    const resolved = await searchIssues(ctx, { ...base, filter: "status = 'resolved'" })
    assert.deepEqual(
      resolved.items.map(({ name }) => name),
      ['gone'],
    )
    assert.deepEqual((await getIssue(ctx, { project, issue: plain.id })).rootCauses, ['slow'])
    for (const change of [{ status: 'open' }, { severity: 'huge' }, { name: '' }]) {
      await assert.rejects(changeIssue(ctx, { project, issue: plain.id, ...change }), {
        code: 'invalid',
      })
    }
    await assert.rejects(searchIssues(ctx, { ...base, filter: "name = 'x'" }), { code: 'invalid' })
    await assert.rejects(getIssue(ctx, { project, issue: 'iss-none' }), { code: 'not_found' })
  })

  test('every change is told in a sentence', async () => {
    const { items } = await listRecords(ctx, project, { order: 'oldest', limit: 500 })
    const told = new Set(items.map((record) => sentenceOf(record)))
    for (const sentence of [
      'Evaluation set qa was created.',
      'Evaluation set records got 1 new record and 2 changed ones.',
      'Scorer polite was registered.',
      'Issue gone is resolved.',
    ]) {
      assert.ok(told.has(sentence), `${sentence} is not among ${[...told].join(' ')}`)
    }
  })
}
