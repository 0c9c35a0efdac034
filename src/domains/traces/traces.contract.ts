import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type OpenedPlatform, openPlatform } from '#app/platform'
import { asSystem, type Context } from '#domains/access/index'
import { listRecords } from '#domains/journal/index'
import { createExperiment, createRun, deleteExperiment } from '#domains/runs/index'
import { attributeValue } from './attributes.ts'
import {
  createAssessment,
  deleteAssessment,
  deleteTraces,
  deleteTraceTag,
  getAssessment,
  getTrace,
  getTraceInfo,
  isWhole,
  linkPromptsToTrace,
  linkTracesToRun,
  listTraces,
  logSpans,
  queryTraceMetrics,
  saveTrace,
  searchTraces,
  setTraceTag,
  type Span,
  correlateFilters,
  updateAssessment,
} from './index.ts'
import { readTraces } from './store.ts'

const project = 'lab'

let counter = 0
/** A new trace: its id, and spans of it. */
function newTrace(): { id: string; span: (n: number, more?: Partial<Span>) => Span } {
  const traceId = (++counter).toString(16).padStart(32, '0')
  return {
    id: `tr-${traceId}`,
    span: (n, more = {}) => ({
      traceId,
      spanId: n.toString(16).padStart(16, '0'),
      ...(n === 1 ? {} : { parentSpanId: '0000000000000001' }),
      name: n === 1 ? 'root' : `step ${n}`,
      startTimeUnixNano: `17000000000000000${(n + 10).toString()}`,
      endTimeUnixNano: '1700000001500000001',
      attributes: [],
      status: { code: 1 },
      ...more,
    }),
  }
}

function attributes(values: Parameters<typeof attributeValue>[0] & object): Span['attributes'] {
  return Object.entries(values).map(([key, value]) => ({ key, value: attributeValue(value) }))
}

/** What the room promises, on whichever database `place` names. */
export function testTraces(place: () => Promise<{ databaseUrl?: string }>): void {
  let directory: string
  let opened: OpenedPlatform
  let ctx: Context
  let experiment: string

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'gyre-traces-'))
    opened = await openPlatform({ dataDirectory: directory, ...(await place()) })
    ctx = asSystem(opened.platform, 'test')
  })
  after(async () => {
    await opened.close()
    await rm(directory, { recursive: true })
  })

  async function newExperiment(): Promise<string> {
    const { id } = await createExperiment(ctx, { project, name: `traces ${++counter}` })
    experiment = id
    return id
  }

  async function log(spans: readonly Span[], more: { resource?: Span['attributes'] } = {}) {
    const batches = [{ resource: more.resource ?? [], spans }]
    return logSpans(ctx, { project, experiment, batches })
  }

  async function found(filter: string, orderBy: string[] = []): Promise<string[]> {
    const search = { project, experiments: [experiment], filter, orderBy, limit: 100 }
    return (await searchTraces(ctx, search)).items.map((info) => info.id)
  }

  test('spans alone make a trace: its times, its state, its name, what it used', async () => {
    await newExperiment()
    const { id, span } = newTrace()
    const usage = { input_tokens: 3, output_tokens: 4, total_tokens: 7 }
    await log([span(2, { attributes: attributes({ 'mlflow.chat.tokenUsage': usage }) })])
    const early = await getTraceInfo(ctx, { project, trace: id })
    assert.deepEqual(
      [early.state, early.requestedAt, early.durationMs],
      ['IN_PROGRESS', 1_700_000_000_000, 1500],
    )
    const root = span(1, {
      startTimeUnixNano: '1699999999000000000',
      status: { code: 2, message: 'no' },
      attributes: attributes({
        'mlflow.spanInputs': { messages: [{ role: 'user', content: 'why?' }] },
        'session.id': 's1',
        'user.id': 'ada',
        'mlflow.traceTag.team': 'search',
      }),
    })
    await log([root], {
      resource: attributes({ 'service.name': 'shop', 'telemetry.sdk.name': 'x' }),
    })
    const { info, spans } = await getTrace(ctx, { project, trace: id })
    assert.deepEqual(
      [info.state, info.requestedAt, info.durationMs, info.requestPreview],
      ['ERROR', 1_699_999_999_000, 2500, 'why?'],
    )
    assert.deepEqual(info.tags, {
      'mlflow.trace.spansLocation': 'TRACKING_STORE',
      'mlflow.traceName': 'root',
      'service.name': 'shop',
      team: 'search',
    })
    assert.deepEqual(info.metadata, {
      'mlflow.trace.session': 's1',
      'mlflow.trace.tokenUsage': '{"input_tokens": 3, "output_tokens": 4, "total_tokens": 7}',
      'mlflow.trace.user': 'ada',
    })
    assert.deepEqual(
      spans.map((each) => each.name),
      ['root', 'step 2'],
    )
  })

  test('a batch that is sent again changes nothing, and times stay exact', async () => {
    await newExperiment()
    const { id, span } = newTrace()
    const batch = [
      span(1, {
        attributes: attributes({ big: 1 }).concat({
          key: 'exact',
          value: { intValue: '9223372036854775807' },
        }),
        events: [{ timeUnixNano: '1700000000000000007', name: 'said \u0000 nothing' }],
        links: [{ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16) }],
      }),
      span(2),
    ]
    for (let i = 0; i < 3; i++) await log(batch)
    const rows = await readTraces(ctx)
      .selectFrom('trace_payloads')
      .select('span_count')
      .where('project', '=', project)
      .where('trace_id', '=', id)
      .execute()
    assert.equal(rows.length, 1)
    const [root] = (await getTrace(ctx, { project, trace: id })).spans
    assert.equal(root?.startTimeUnixNano, batch[0]?.startTimeUnixNano)
    assert.deepEqual(root?.events, batch[0]?.events)
    assert.deepEqual(root?.links, batch[0]?.links)
    const exact = root?.attributes.find(({ key }) => key === 'exact')
    assert.deepEqual(exact?.value, { intValue: '9223372036854775807' })
  })

  test('a trace that grows span by span is read in few pieces, and an ended span stays ended', async () => {
    await newExperiment()
    const { id, span } = newTrace()
    await log([span(1, { endTimeUnixNano: '0' })])
    await log([span(1)])
    for (let i = 2; i <= 80; i++) await log([span(i)])
    await log([span(1, { endTimeUnixNano: '0', name: 'late' })])
    const { spans } = await getTrace(ctx, { project, trace: id })
    assert.equal(spans.length, 80)
    assert.equal(spans[0]?.name, 'root')
    assert.equal(spans[0]?.endTimeUnixNano, '1700000001500000001')
    const payloads = await readTraces(ctx)
      .selectFrom('trace_payloads')
      .select('id')
      .where('trace_id', '=', id)
      .execute()
    assert.ok(payloads.length < 40, `${payloads.length} payloads`)
  })

  test('what the client says of the whole trace stays, before or after its spans', async () => {
    await newExperiment()
    const { id, span } = newTrace()
    const whole = {
      project,
      id,
      experiment,
      state: 'OK' as const,
      requestedAt: 5000,
      durationMs: 20,
      tags: { 'mlflow.traceName': 'mine', a: '1' },
      metadata: {
        'mlflow.trace.tokenUsage': '{"total_tokens": 50}',
        'mlflow.trace.sizeStats': '{"num_spans": 2}',
      },
    }
    await saveTrace(ctx, whole)
    await log([
      span(1, {
        status: { code: 2 },
        attributes: attributes({ 'mlflow.llm.cost': { total_cost: 0.5 } }),
      }),
    ])
    const half = await getTrace(ctx, { project, trace: id })
    assert.equal(isWhole(half), false)
    assert.deepEqual(await listTraces(ctx, { project, traces: [id, 'tr-none'] }), [half])
    await log([span(2)])
    const { info } = await getTrace(ctx, { project, trace: id })
    assert.equal(isWhole(await getTrace(ctx, { project, trace: id })), true)
    assert.deepEqual(
      [info.state, info.requestedAt, info.durationMs, info.tags['mlflow.traceName']],
      ['OK', 5000, 20, 'mine'],
    )
    assert.equal(info.metadata['mlflow.trace.tokenUsage'], '{"total_tokens": 50}')
    assert.equal(
      info.metadata['mlflow.trace.cost'],
      '{"input_cost": 0, "output_cost": 0, "total_cost": 0.5}',
    )
    await saveTrace(ctx, { ...whole, tags: { a: '2' }, metadata: {} })
    const again = await getTraceInfo(ctx, { project, trace: id })
    assert.deepEqual([again.tags['a'], again.tags['mlflow.traceName']], ['2', 'mine'])
  })

  test('spans of other conventions become those that readers know', async () => {
    await newExperiment()
    const { id, span } = newTrace()
    const openTelemetry = attributes({
      'gen_ai.operation.name': 'chat',
      'gen_ai.request.model': 'gpt-x',
      'gen_ai.provider.name': 'openai',
      'gen_ai.usage.input_tokens': 10,
      'gen_ai.usage.output_tokens': '5',
      'gen_ai.input.messages': '[{"role":"user"}]',
    })
    await log([span(1, { attributes: openTelemetry })])
    const { info, spans } = await getTrace(ctx, { project, trace: id })
    const own = Object.fromEntries(
      (spans[0]?.attributes ?? []).map(({ key, value }) => [key, value]),
    )
    assert.deepEqual(own['mlflow.spanType'], { stringValue: 'CHAT_MODEL' })
    assert.deepEqual(own['mlflow.llm.model'], { stringValue: 'gpt-x' })
    assert.equal(
      info.metadata['mlflow.trace.tokenUsage'],
      '{"input_tokens": 10, "output_tokens": 5, "total_tokens": 15}',
    )
    assert.deepEqual(await found("span.type = 'CHAT_MODEL'"), [id])
  })

  test('what is no span is told and left out, the rest is kept', async () => {
    await newExperiment()
    const { id, span } = newTrace()
    const result = await log([
      span(1),
      span(2, { spanId: '0'.repeat(16) }),
      span(3, { traceId: 'x' }),
    ])
    assert.deepEqual([result.traces, result.refused], [[id], 2])
    assert.match(result.problem ?? '', /Span 2 of 3: its span id/)
    await assert.rejects(logSpans(ctx, { project, experiment: '999', batches: [] }), {
      code: 'not_found',
    })
  })

  test('traces are found by everything that MLflow’s grammar names', async () => {
    await newExperiment()
    const [a, b] = [newTrace(), newTrace()]
    await log([
      a.span(1, { name: 'ask', attributes: attributes({ question: 'What is \\ MLflow?', n: 3 }) }),
      a.span(2, { name: 'search', attributes: attributes({ 'mlflow.spanType': 'RETRIEVER' }) }),
    ])
    await log([
      b.span(1, { name: 'asked', status: { code: 2 }, startTimeUnixNano: '1700000000500000000' }),
    ])
    await setTraceTag(ctx, { project, trace: a.id, key: 'env', value: 'prod' })
    await createAssessment(ctx, {
      project,
      trace: b.id,
      assessment: {
        name: 'score',
        kind: 'feedback',
        value: 4,
        source: { type: 'HUMAN', id: 'ada' },
      },
    })
    await createAssessment(ctx, {
      project,
      trace: a.id,
      assessment: {
        name: 'good',
        kind: 'expectation',
        value: 'yes',
        source: { type: 'CODE', id: 'x' },
      },
    })
    await linkPromptsToTrace(ctx, { project, trace: a.id, prompts: [{ name: 'p', version: '2' }] })
    const expected: readonly [string, string[]][] = [
      ['', [b.id, a.id]],
      ["status = 'OK'", [a.id]],
      ["attributes.status != 'OK' AND name LIKE 'ask%'", [b.id]],
      ["trace.name RLIKE 'sk(ed)?$'", [b.id, a.id]],
      ["name IN ('ask', 'x')", [a.id]],
      [`request_id = '${a.id}'`, [a.id]],
      ['timestamp_ms >= 1700000000500', [b.id]],
      ['execution_time_ms > 1400', [a.id]],
      ['end_time_ms <= 1700000001500', [b.id, a.id]],
      ["tag.env = 'prod'", [a.id]],
      ['tags.env IS NULL', [b.id]],
      ["tags.env RLIKE '^pr'", [a.id]],
      ["metadata.none = 'x'", []],
      ["span.name = 'search' AND span.type = 'RETRIEVER'", [a.id]],
      ["span.name = 'ask' AND span.type = 'RETRIEVER'", []],
      ["span.status = 'ERROR'", [b.id]],
      ["span.attributes.question LIKE '%is \\ ML%'", [a.id]],
      ["span.attributes.n = '3' AND span.name = 'ask'", [a.id]],
      ["span.attributes.n = '3' AND span.name = 'search'", []],
      ["trace.text LIKE '%is%MLflow?%'", [a.id]],
      ["trace.text ILIKE '%QUESTION: what%'", [a.id]],
      ['feedback.score > 3', [b.id]],
      ['feedback.score IS NULL', [a.id]],
      ["expectation.good = 'yes'", [a.id]],
      ["feedback.good = 'yes'", []],
      ["prompt = 'p/2'", [a.id]],
    ]
    for (const [filter, ids] of expected) assert.deepEqual(await found(filter), ids, filter)
    assert.deepEqual(await found('', ['execution_time_ms']), [b.id, a.id])
    assert.deepEqual(await found('', ['tag.env DESC']), [a.id, b.id])
    for (const wrong of [
      "x.y = 'z'",
      "status > 'OK'",
      "span.size = '1'",
      "name RLIKE '('",
      "feedback.a > 'x'",
    ]) {
      await assert.rejects(found(wrong), { code: 'invalid' }, wrong)
    }
    await assert.rejects(found('', ['span.name']), { code: 'invalid' })
  })

  test('pages hold all traces once, also where spans are read to tell', async () => {
    await newExperiment()
    const made: string[] = []
    for (let i = 0; i < 25; i++) {
      const { id, span } = newTrace()
      await log([
        span(1, { attributes: attributes({ word: i % 2 === 0 ? 'even number' : 'odd number' }) }),
      ])
      made.push(id)
    }
    for (const [filter, count] of [
      ['', 25],
      ["trace.text LIKE '%even number%'", 13],
    ] as const) {
      const seen: string[] = []
      let pageToken: string | undefined
      do {
        const page = await searchTraces(ctx, {
          project,
          experiments: [experiment],
          filter,
          limit: 7,
          pageToken,
        })
        seen.push(...page.items.map((info) => info.id))
        pageToken = page.nextPageToken
      } while (pageToken !== undefined)
      assert.deepEqual([seen.length, new Set(seen).size], [count, count])
    }
    const many = Array.from({ length: 2100 }, (_, i) => {
      return newTrace().span(1, { name: i === 0 ? 'the needle' : 'hay' })
    })
    for (let at = 0; at < many.length; at += 700) await log(many.slice(at, at + 700))
    const rare = { project, experiments: [experiment], filter: "trace.text LIKE '%needle%'" }
    let pages = 0
    const hits: string[] = []
    for (let pageToken: string | undefined; ;) {
      const page = await searchTraces(ctx, { ...rare, limit: 5, pageToken })
      hits.push(...page.items.map((info) => info.id))
      pages++
      pageToken = page.nextPageToken
      if (pageToken === undefined) break
    }
    assert.deepEqual([hits.length, pages], [1, 2], 'one request looks at a bounded number')
    const search = { project, experiments: [experiment], filter: '', limit: 5, pageToken: 'x' }
    await assert.rejects(searchTraces(ctx, search), { code: 'invalid' })
  })

  test('traces of a run are those made in it and those linked to it', async () => {
    await newExperiment()
    const run = (await createRun(ctx, { project, experiment })).id
    const [made, linked, other, late] = [newTrace(), newTrace(), newTrace(), newTrace()]
    for (const { span } of [made, linked, other]) await log([span(1)])
    await saveTrace(ctx, {
      project,
      id: made.id,
      experiment,
      state: 'OK',
      requestedAt: 1,
      tags: {},
      metadata: { 'mlflow.sourceRun': run },
    })
    for (let i = 0; i < 2; i++) {
      await linkTracesToRun(ctx, { project, traces: [linked.id, late.id, late.id], run })
    }
    const ofRun = `attribute.run_id = '${run}'`
    assert.deepEqual((await found(ofRun)).toSorted(), [made.id, linked.id].toSorted())
    await log([late.span(1)])
    assert.deepEqual((await found(ofRun)).toSorted(), [made.id, linked.id, late.id].toSorted())
    await assert.rejects(linkTracesToRun(ctx, { project, traces: ['no id'], run }), {
      code: 'invalid',
    })
    const many = Array.from({ length: 101 }, (_, i) => `tr-${i}`)
    await assert.rejects(linkTracesToRun(ctx, { project, traces: many, run }), { code: 'invalid' })
    await assert.rejects(
      linkTracesToRun(ctx, { project, traces: [made.id], run: 'f'.repeat(32) }),
      {
        code: 'not_found',
      },
    )
  })

  test('an assessment can be corrected, taken back and changed', async () => {
    await newExperiment()
    const { id, span } = newTrace()
    await log([span(1)])
    const source = { type: 'HUMAN', id: 'ada' }
    const first = await createAssessment(ctx, {
      project,
      trace: id,
      assessment: {
        name: 'q',
        kind: 'feedback',
        value: { rating: 4 },
        source,
        metadata: { a: '1' },
      },
    })
    const second = await createAssessment(ctx, {
      project,
      trace: id,
      assessment: { name: 'q', kind: 'feedback', value: 'no', source, overrides: first.id },
    })
    const place = { project, trace: id, assessment: first.id }
    assert.equal((await getAssessment(ctx, place)).valid, false)
    await deleteAssessment(ctx, { ...place, assessment: second.id })
    assert.equal((await getAssessment(ctx, place)).valid, true)
    const value = { kind: 'feedback' as const, value: 5, error: undefined }
    const changed = await updateAssessment(ctx, { ...place, value, metadata: { b: '2' } })
    assert.deepEqual([changed.value, changed.metadata], [5, { a: '1', b: '2' }])
    const other = { kind: 'expectation' as const, value: 5, error: undefined }
    await assert.rejects(updateAssessment(ctx, { ...place, value: other }), { code: 'invalid' })
    await assert.rejects(getAssessment(ctx, { ...place, assessment: second.id }), {
      code: 'not_found',
    })
    const { items } = await listRecords(ctx, project, {
      subject: `trace:${id}`,
      order: 'oldest',
      limit: 10,
    })
    assert.deepEqual(items.map((record) => record.verb).toSorted(), [
      'trace.assessed',
      'trace.assessed',
      'trace.reassessed',
      'trace.unassessed',
    ])
  })

  test('what is said of a session holds for all of its traces', async () => {
    await newExperiment()
    const [one, two, three] = [newTrace(), newTrace(), newTrace()]
    for (const [{ span }, session] of [
      [one, 's'],
      [two, 's'],
      [three, 't'],
    ] as const) {
      await log([span(1, { attributes: attributes({ 'session.id': session }) })])
    }
    await createAssessment(ctx, {
      project,
      trace: one.id,
      assessment: {
        name: 'polite',
        kind: 'feedback',
        value: true,
        source: { type: 'LLM_JUDGE', id: 'j' },
        metadata: { 'mlflow.trace.session': 's' },
      },
    })
    assert.deepEqual(
      (await found("feedback.polite = 'true'")).toSorted(),
      [one.id, two.id].toSorted(),
    )
    assert.deepEqual(await found('feedback.polite IS NULL'), [three.id])
  })

  test('figures by dimensions, time and percentiles', async () => {
    await newExperiment()
    for (let i = 1; i <= 5; i++) {
      const { span } = newTrace()
      const start = 1_700_000_000_000 + i * 1000
      await log([
        span(1, {
          name: i < 3 ? 'a' : 'b',
          status: { code: i === 5 ? 2 : 1 },
          startTimeUnixNano: `${start}000000`,
          endTimeUnixNano: `${start + 10 * i}000000`,
          attributes: attributes({ 'mlflow.chat.tokenUsage': { total_tokens: i } }),
        }),
      ])
    }
    const base = { project, experiments: [experiment], dimensions: [], filters: [], limit: 100 }
    const count = {
      ...base,
      view: 'TRACES' as const,
      metric: 'trace_count',
      aggregations: [{ kind: 'COUNT' as const }],
    }
    assert.deepEqual(await queryTraceMetrics(ctx, { ...count, dimensions: ['trace_status'] }), [
      { at: undefined, dimensions: { trace_status: 'ERROR' }, values: [1] },
      { at: undefined, dimensions: { trace_status: 'OK' }, values: [4] },
    ])
    const latency = await queryTraceMetrics(ctx, {
      ...base,
      view: 'SPANS',
      metric: 'latency',
      dimensions: ['span_name'],
      aggregations: [
        { kind: 'PERCENTILE', percentile: 50 },
        { kind: 'PERCENTILE', percentile: 75 },
        { kind: 'AVG' },
        { kind: 'MAX' },
      ],
    })
    assert.deepEqual(latency, [
      { at: undefined, dimensions: { span_name: 'a' }, values: [15, 17.5, 15, 20] },
      { at: undefined, dimensions: { span_name: 'b' }, values: [40, 45, 40, 50] },
    ])
    const buckets = await queryTraceMetrics(ctx, {
      ...count,
      intervalSeconds: 2,
      from: 1_700_000_000_000,
      until: 1_700_000_004_500,
      filters: ["span.name = 'b'"],
    })
    assert.deepEqual(
      buckets.map(({ at, values }) => [at, values[0]]),
      [
        [1_700_000_002_000, 1],
        [1_700_000_004_000, 1],
      ],
    )
    const sum = await queryTraceMetrics(ctx, {
      ...count,
      metric: 'total_tokens',
      aggregations: [{ kind: 'SUM' }],
    })
    assert.deepEqual(sum[0]?.values, [15])
    for (const wrong of [
      { metric: 'x' },
      { dimensions: ['span_name'] },
      { filters: ['x'] },
      { intervalSeconds: 5 },
    ]) {
      await assert.rejects(queryTraceMetrics(ctx, { ...count, ...wrong }), { code: 'invalid' })
    }
  })

  test('how often two filters meet', async () => {
    await newExperiment()
    for (let i = 0; i < 10; i++) {
      const { id, span } = newTrace()
      await log([span(1)])
      await setTraceTag(ctx, { project, trace: id, key: 'env', value: i < 6 ? 'prod' : 'dev' })
      await setTraceTag(ctx, { project, trace: id, key: 'kind', value: i < 7 ? 'tool' : 'llm' })
    }
    const { npmi, ...counts } = await correlateFilters(ctx, {
      project,
      experiments: [experiment],
      filters: ["tag.env = 'prod'", "tag.kind = 'tool'"],
    })
    assert.deepEqual([counts.total, counts.first, counts.second, counts.both], [10, 6, 7, 6])
    assert.ok(npmi > 0.69 && npmi < 0.7)
  })

  test('deleted traces are gone with all that belongs to them, and the record says how many', async () => {
    await newExperiment()
    const ids: string[] = []
    for (let i = 0; i < 4; i++) {
      const { id, span } = newTrace()
      await log([span(1, { startTimeUnixNano: `170000000${i}000000000`, endTimeUnixNano: '0' })])
      ids.push(id)
    }
    const base = { project, experiment }
    assert.equal(await deleteTraces(ctx, { ...base, until: 1_700_000_002_000, most: 2 }), 2)
    assert.deepEqual(await found('', ['timestamp']), ids.slice(2))
    assert.equal(await deleteTraces(ctx, { ...base, traces: [ids[3] ?? '', 'tr-none'] }), 1)
    for (const table of ['trace_payloads', 'trace_spans', 'trace_tags'] as const) {
      const left = await readTraces(ctx)
        .selectFrom(table)
        .select('trace_id')
        .where('trace_id', 'in', ids)
        .execute()
      assert.deepEqual([...new Set(left.map((row) => row.trace_id))], [ids[2]])
    }
    for (const wrong of [
      {},
      { until: 1, traces: ['a'] },
      { until: 1, most: 0 },
      { traces: ['a'], most: 1 },
    ]) {
      await assert.rejects(deleteTraces(ctx, { ...base, ...wrong }), { code: 'invalid' })
    }
  })

  test('tags: set, renamed, removed; wrong ones refused', async () => {
    await newExperiment()
    const { id, span } = newTrace()
    await log([span(1)])
    await setTraceTag(ctx, { project, trace: id, key: 'mlflow.traceName', value: 'other' })
    assert.deepEqual(await found("name = 'other'"), [id])
    await deleteTraceTag(ctx, { project, trace: id, key: 'mlflow.traceName' })
    await assert.rejects(deleteTraceTag(ctx, { project, trace: id, key: 'none' }), {
      code: 'not_found',
    })
    await assert.rejects(
      setTraceTag(ctx, { project, trace: id, key: 'k'.repeat(251), value: '' }),
      {
        code: 'invalid',
      },
    )
    await assert.rejects(setTraceTag(ctx, { project, trace: 'tr-none', key: 'k', value: '' }), {
      code: 'not_found',
    })
    await deleteExperiment(ctx, { project, experiment })
    const whole = {
      project,
      experiment,
      requestedAt: 1,
      state: 'OK' as const,
      tags: {},
      metadata: {},
    }
    await assert.rejects(saveTrace(ctx, whole), { code: 'conflict' })
  })

  test('two servers that log to one new trace at once lose nothing', async () => {
    await newExperiment()
    const { id, span } = newTrace()
    await Promise.all(Array.from({ length: 8 }, (_, i) => log([span(i + 1)])))
    assert.equal((await getTrace(ctx, { project, trace: id })).spans.length, 8)
  })
}
