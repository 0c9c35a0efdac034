import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { type OpenedPlatform, openPlatform } from '#app/platform'
import { asSystem, type Context } from '#domains/access/index'
import { commitVersion, type DataFile, declareDataset, uploadBlob } from '#domains/data/index'
import {
  applyFeaturesDeclaration,
  checkConsistency,
  downloadTrainingSet,
  getTrainingSet,
  getView,
  joinFeatures,
  listConsistencyChecks,
  listTrainingSets,
  lookupFeatures,
  materializeService,
  materializeSource,
  OnlineFeatures,
} from './index.ts'

const root = new URL('../../../', import.meta.url)
const flightsFile = fileURLToPath(
  new URL('node_modules/vega-datasets/data/flights-3m.parquet', root),
)
const project = 'flights'
const service = 'late_flights'
const weekMs = 7 * 86_400_000
const monday = Date.UTC(2001, 0, 1)

/** What the room promises of real flights, on whichever database `place` names. */
export function testFeatures(place: () => Promise<{ databaseUrl?: string }>): void {
  let directory: string
  let opened: OpenedPlatform
  let ctx: Context
  let online: OnlineFeatures
  const files: DataFile[] = []

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'gyre-flights-'))
    opened = await openPlatform({ dataDirectory: directory, ...(await place()) })
    ctx = asSystem(opened.platform, 'test')
    online = new OnlineFeatures(opened.platform)
    const definition = { description: '', path: 'data/flights', expectations: [] }
    const times = { timestamp: 'date', knownAt: 'known_at' }
    await declareDataset(ctx, { project, dataset: 'flights', ...definition, ...times })
    const source = await readFile(new URL('examples/flights/features.yaml', root), 'utf8')
    await applyFeaturesDeclaration(ctx, { project, source })
  })
  after(async () => {
    online.close()
    await opened.close()
    await rm(directory, { recursive: true })
  })

  /** Commits one more week of real flights, known a week later. */
  async function commitWeek(week: number): Promise<void> {
    const path = join(directory, `${week}.parquet`)
    const [from, to] = [week - 1, week].map((n) =>
      new Date(monday + n * weekMs).toISOString().slice(0, 19),
    )
    await ctx.frames.session((session) =>
      session.exportParquet(
        `SELECT *, TIMESTAMP '${to}' AS known_at FROM ${session.scan([flightsFile])}
       WHERE date >= TIMESTAMP '${from}' AND date < TIMESTAMP '${to}' ORDER BY date, origin, destination`,
        path,
      ),
    )
    const content = await readFile(path)
    const sha256 = createHash('sha256').update(content).digest('hex')
    files.push({
      path: `${week}.parquet`,
      ...(await uploadBlob(ctx, { project, sha256, content })),
    })
    await commitVersion(ctx, { project, dataset: 'flights', files, message: `week ${week}` })
  }

  describe('features of the flights', { concurrency: false }, () => {
    it('says that nothing can be compared before the first materialisation', async () => {
      await commitWeek(1)
      const check = checkConsistency(ctx, online, { project, service, rows: 10, seed: 0 })
      await assert.rejects(check, { code: 'conflict', message: /gyre features materialize/ })
    })

    it('are the same for training and for serving, week after week', async () => {
      for (const week of [2, 3]) {
        await commitWeek(week)
        const [first] = await materializeService(ctx, { project, service })
        assert.equal(first?.filesRead, week === 2 ? 2 : 1)
        const report = await checkConsistency(ctx, online, {
          project,
          service,
          rows: 5000,
          seed: week,
        })
        assert.deepEqual(report.examples, [])
        assert.equal(report.mismatches, 0)
        assert.equal(report.consistent, true)
        assert.equal(report.rows, 5000)
        assert.equal(report.features.length, 8)
      }
      const reports = await listConsistencyChecks(ctx, { project, service, limit: 10 })
      assert.equal(reports.length, 2)
      const again = await materializeService(ctx, { project, service })
      assert.deepEqual(
        again.map(({ filesRead }) => filesRead),
        [0, 0],
      )
    })

    it('finds a value that was changed in the online store', async () => {
      const view = await getView(ctx, { project, view: 'origin_delays' })
      await ctx.tables.write<import('./index.ts').FeaturesTables, void>(async (tx) => {
        const rows = await tx
          .selectFrom('feature_online')
          .select(['entity', 'segment', 'tiles'])
          .where('view', '=', view.name)
          .where('entity', '=', 'ORD')
          .execute()
        for (const { entity, segment, tiles } of rows) {
          await tx
            .updateTable('feature_online')
            .set({
              tiles: tiles.replaceAll(/,(\d+)\.0\]/g, (_, n: string) => `,${Number(n) + 1}.0]`),
            })
            .where('view', '=', view.name)
            .where('entity', '=', entity)
            .where('segment', '=', segment)
            .execute()
        }
      })
      const damaged = new OnlineFeatures(opened.platform)
      const report = await checkConsistency(ctx, damaged, {
        project,
        service,
        rows: 20_000,
        seed: 1,
      })
      damaged.close()
      assert.equal(report.consistent, false)
      assert.ok(report.examples.every(({ keys }) => keys['origin'] === 'ORD'))
      assert.deepEqual(
        report.features.filter(({ mismatches }) => mismatches > 0).map(({ name }) => name),
        ['origin_late_rate_7d', 'origin_late_rate_28d'],
      )
    })

    it('are computed anew when a file was changed', async () => {
      const changed = files[1]
      files.splice(1, 1)
      await commitVersion(ctx, { project, dataset: 'flights', files, message: 'without week 2' })
      const done = await materializeSource(ctx, { project, dataset: 'flights', version: 4 })
      assert.deepEqual(
        done.map(({ filesRead }) => filesRead),
        [2, 2],
      )
      const report = await checkConsistency(ctx, online, { project, service, rows: 5000, seed: 3 })
      assert.equal(report.mismatches, 0)
      files.splice(1, 0, changed!)
      await commitVersion(ctx, { project, dataset: 'flights', files, message: 'with it' })
      await materializeService(ctx, { project, service })
    })

    it('make a training set that is the same each time, and knows what it was made from', async () => {
      const spine = {
        data: 'flights',
        from: '-14d',
        to: '-7d',
        sample: 2000,
        seed: 7,
        label: 'late=delay > 15',
        keep: ['delay'],
      }
      const set = await joinFeatures(ctx, { project, service, spine })
      const again = await joinFeatures(ctx, { project, service, spine })
      const other = await joinFeatures(ctx, { project, service, spine: { ...spine, seed: 8 } })
      assert.equal(again.sha256, set.sha256)
      assert.notEqual(other.sha256, set.sha256)
      assert.equal(set.rows, 2000)
      assert.deepEqual(set.columns.slice(0, 6), [
        'date',
        'origin',
        'destination',
        'distance',
        'delay',
        'late',
      ])
      const { version: view } = await getView(ctx, { project, view: 'origin_delays' })
      assert.equal(set.inputs[0], 'data:flights@5')
      assert.ok(set.inputs.includes(`view:origin_delays@${view}`))
      assert.equal((await getTrainingSet(ctx, { project, id: set.id })).sha256, set.sha256)
      assert.equal((await listTrainingSets(ctx, { project, limit: 10 })).length, 3)
      const { content } = await downloadTrainingSet(ctx, { project, id: set.id })
      const chunks: Uint8Array[] = []
      for await (const chunk of content) chunks.push(chunk)
      const bytes = Buffer.concat(chunks)
      assert.equal(createHash('sha256').update(bytes).digest('hex'), set.sha256)
      const rows = await ctx.frames.session(async (session) =>
        session.rows(
          `SELECT min(date) AS low, max(date) AS high, count(*) FILTER ((delay > 15)::INT <> late) AS odd
         FROM ${session.scan([await ctx.blobs.localPath(set.sha256)], 'parquet')}`,
        ),
      )
      assert.ok((rows[0]!['low'] as number) >= set.from! && (rows[0]!['high'] as number) < set.to!)
      assert.equal(rows[0]!['odd'], 0)
    })

    it('say which value of a request is wrong, and what is not known of it', async () => {
      const ask = (columns: Record<string, (string | number | null)[]>) =>
        lookupFeatures(ctx, online, { project, service, columns })
      const date = ['2001-01-25T12:00:00Z', monday, null]
      const found = await ask({
        origin: ['LAX', 'nowhere', 'LAX'],
        destination: ['SFO', null, 'SFO'],
        date,
        distance: [337, Number.NaN, 337],
      })
      const value = (name: string, row: number) => found.columns[found.names.indexOf(name)]![row]!
      assert.ok(value('origin_flights_28d', 0) > 1000)
      assert.equal(value('hour', 0), 12)
      assert.deepEqual(found.missing, [2, 2, 2, 2, 2, 1, 1, 1])
      const good = { origin: ['LAX'], destination: ['SFO'], date: [0], distance: [1] }
      const cases: [Record<string, (string | number | null)[]>, RegExp][] = [
        [{ ...good, date: ['soon'] }, /"date" has "soon" in row 0/],
        [{ ...good, distance: ['far'] }, /"distance" has "far" in row 0/],
        [{ ...good, distance: [1, 2] }, /"distance" has 2 values/],
        [{ origin: ['LAX'], destination: ['SFO'], date: [0] }, /lacks the column "distance"/],
      ]
      for (const [columns, message] of cases) {
        await assert.rejects(ask(columns), { code: 'invalid', message })
      }
      await assert.rejects(online.lookup(project, 'nothing', {}), { code: 'not_found' })
      await assert.rejects(online.lookup(project, `${service}@0123456789ab`, {}), {
        code: 'not_found',
      })
    })

    it('refuse rows that cannot be joined, and say why', async () => {
      const join = (spine: object) =>
        joinFeatures(ctx, {
          project,
          service,
          spine: { data: 'flights', seed: 0, keep: [], ...spine },
        })
      const cases: [object, string, RegExp][] = [
        [{ data: 'gone' }, 'not_found', /"gone"/],
        [{ data: 'flights@99' }, 'not_found', /flights@99/],
        [{ from: 'monday' }, 'invalid', /from: "monday"/],
        [{ from: '-5 fortnights' }, 'invalid', /from -5 fortnights/],
        [{ from: '-1d', to: '-2d' }, 'invalid', /There are no rows/],
        [{ label: 'late' }, 'invalid', /name=expression/],
        [{ label: 'late=delay >' }, 'invalid', /label late/],
        [{ label: 'late=gone > 1' }, 'invalid', /"gone"/],
        [{ label: 'hour=delay' }, 'invalid', /"hour" is a feature/],
        [{ keep: ['gone'] }, 'invalid', /"gone" to keep/],
      ]
      for (const [spine, code, message] of cases) {
        await assert.rejects(join(spine), { code, message }, JSON.stringify(spine))
      }
      const blob = 'e'.repeat(64)
      const given = joinFeatures(ctx, { project, service, spine: { blob, data: {} } })
      await assert.rejects(given, { code: 'not_found' })
      const lacking = files[0]!.sha256
      const renamed = joinFeatures(ctx, {
        project,
        service,
        spine: { blob: lacking, timestamp: 'x', data: {} },
      })
      await assert.rejects(renamed, { code: 'invalid', message: /no column "x"/ })
    })
  })

  describe('applyFeaturesDeclaration', () => {
    const view = (text: string): string => `
entities: {origin: {key: origin}}
views: {v: {entity: origin, source: flights, ${text}}}
`

    it('gives equal definitions equal versions, and changed ones new ones', async () => {
      const apply = (source: string) =>
        applyFeaturesDeclaration(ctx, { project: 'flights', source })
      const text = 'aggregations: {a: {function: mean, expression: delay, window: 7d}}'
      const one = await apply(view(text))
      const two = await apply(
        view('aggregations: {a: {window: 7d, expression: delay, function: mean}}'),
      )
      const three = await apply(view(text.replace('7d', '8d')))
      const four = await apply(view(text))
      assert.equal(one.views[0]?.change, 'created')
      assert.equal(two.views[0]?.change, 'same')
      assert.equal(three.views[0]?.change, 'changed')
      assert.notEqual(three.views[0]?.version, one.views[0]?.version)
      assert.equal(four.views[0]?.version, one.views[0]?.version)
      const old = await getView(ctx, { project, view: `v@${three.views[0]?.version ?? ''}` })
      assert.equal(old.current, false)
    })

    it('refuses what cannot be computed, naming the place', async () => {
      const cases: [string, RegExp][] = [
        ['{}: [', /not valid YAML/],
        ['views: 5', /views/],
        ['surprise: {}', /surprise/],
        [
          view('aggregations: {a: {function: mode, window: 7d}}'),
          /views\.v\.aggregations\.a\.function/,
        ],
        [view('aggregations: {a: {function: mean, window: 7d}}'), /mean needs an expression/],
        [view('aggregations: {a: {function: count, window: 36h}}'), /must be whole days/],
        [view('aggregations: {a: {function: count, window: soon}}'), /"soon" is not a duration/],
        [
          view('aggregations: {a: {function: mean, expression: gone, window: 7d}}'),
          /aggregations\.a: .*"gone"/,
        ],
        [
          view('aggregations: {a: {function: mean, expression: origin, window: 7d}}'),
          /needs numbers/,
        ],
        [
          view('aggregations: {a: {function: mean, expression: "delay >", window: 7d}}'),
          /aggregations\.a/,
        ],
        [view('features: {a: origin}'), /features are numbers/],
        [view('features: {"a b": delay}'), /a feature's name/],
        [view('ttl: 5d, aggregations: {a: {function: count, window: 7d}}'), /ttl/],
        [view('features: {}'), /either aggregations/],
        [
          view('features: {a: delay}').replace('entity: origin', 'entity: gone'),
          /no entity "gone"/,
        ],
        [view('features: {a: delay}').replace('key: origin', 'key: gone'), /no key column "gone"/],
        [view('features: {a: delay}').replace('key: origin', 'key: date'), /keys are texts/],
        ['services: {s: {views: [gone]}}', /no view "gone"/],
        ['services: {s: {}}', /needs views or expressions/],
        ['services: {s: {request: {x: number}, expressions: {x: x + 1}}}', /"x" is used twice/],
        [
          'services: {s: {request: {x: string}, expressions: {y: lower(x)}}}',
          /a number, a boolean or a time/,
        ],
        ['services: {s: {request: {x: color}}}', /services\.s\.request\.x/],
      ]
      for (const [source, message] of cases) {
        const apply = applyFeaturesDeclaration(ctx, { project: 'flights', source })
        await assert.rejects(apply, { code: 'invalid', message }, source)
      }
    })
  })
}
