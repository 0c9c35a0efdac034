import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { GyreError } from '#kernel/errors'
import { type OpenedPlatform, openPlatform } from '#app/platform'
import { asSystem, type Context } from '#domains/access/index'
import type { JournalTables } from '#domains/journal/index'
import {
  checkExpectations,
  commitVersion,
  compareVersions,
  type DataFile,
  type DataVersionDetail,
  declareDataset,
  downloadFile,
  getDataset,
  getVersion,
  latestVersion,
  listFiles,
  listVersions,
  missingBlobs,
  openVersion,
  previewVersion,
  releaseVersion,
  uploadBlob,
} from './index.ts'

/** What the room promises, on whichever database `place` names. */
export function testData(place: () => Promise<{ databaseUrl?: string }>): void {
  const project = 'p'
  let directory: string
  let opened: OpenedPlatform
  let ctx: Context

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'gyre-data-'))
    opened = await openPlatform({ dataDirectory: directory, ...(await place()) })
    ctx = asSystem(opened.platform, 'test')
  })
  after(async () => {
    await opened.close()
    await rm(directory, { recursive: true })
  })

  async function file(path: string, content: string | Uint8Array): Promise<DataFile> {
    const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    return { path, ...(await uploadBlob(ctx, { project, sha256, content: bytes })) }
  }

  async function declare(
    name: string,
    expectations: unknown = [],
    timestamp: string | null = null,
  ) {
    const definition = { description: '', path: null, timestamp, knownAt: null, expectations }
    return declareDataset(ctx, { project, dataset: name, ...definition })
  }

  async function commitFiles(
    dataset: string,
    files: readonly DataFile[],
  ): Promise<DataVersionDetail> {
    return commitVersion(ctx, { project, dataset, files, message: 'test' })
  }

  /** `count` rows of a number, a text and a boolean. */
  function csv(from: number, count: number, shift = 0): string {
    const lines = Array.from(
      { length: count },
      (_, i) => `${from + i + shift},${i % 10 === 0 ? '' : `name ${i % 7}`},${i % 2 === 0}`,
    )
    return `id,name,even\n${lines.join('\n')}\n`
  }

  async function verbs(subject: string): Promise<string[]> {
    const rows = await ctx.tables
      .read<JournalTables>()
      .selectFrom('journal')
      .select('verb')
      .where('subject', '=', subject)
      .orderBy('seq')
      .execute()
    return rows.map(({ verb }) => verb)
  }

  describe('commitVersion', () => {
    it('numbers versions, says what changed, and gives the same version for the same content', async () => {
      await declare('growing')
      const first = await file('a.csv', csv(0, 1000))
      const one = await commitFiles('growing', [first])
      assert.equal(one.version, 1)
      assert.equal(one.rows, 1000)
      assert.equal(one.parent, null)
      assert.deepEqual(
        one.schema.map(({ name, type }) => [name, type]),
        [
          ['id', 'integer'],
          ['name', 'string'],
          ['even', 'boolean'],
        ],
      )
      const second = await file('b.csv', csv(1000, 500))
      const two = await commitFiles('growing', [second, first])
      assert.equal(two.version, 2)
      assert.equal(two.parent, 1)
      assert.equal(two.rows, 1500)
      assert.deepEqual(
        { ...two.changes.files, changes: two.changes.files.changes.map((c) => c.path) },
        { added: 1, removed: 0, modified: 0, unchanged: 1, changes: ['b.csv'] },
      )
      assert.equal(two.changes.bytesNew, second.sizeBytes)
      assert.equal(two.changes.rowsArrived, 500)
      const again = await commitFiles('growing', [first, second])
      assert.equal(again.version, 2)
      assert.deepEqual(await verbs('data:growing@2'), ['data.committed'])
      assert.equal((await latestVersion(ctx, { project, dataset: 'growing' }))?.version, 2)
      const compared = await compareVersions(ctx, {
        project,
        dataset: 'growing',
        from: '2',
        to: '1',
      })
      assert.equal(compared.files.removed, 1)
    })

    it('profiles a version from its files as if it were one file', async () => {
      await declare('merged')
      await declare('single')
      const parts = [csv(0, 800), csv(800, 700, 3), csv(1500, 600)]
      const files = await Promise.all(parts.map((text, i) => file(`${i}.csv`, text)))
      const merged = await commitFiles('merged', files)
      const lines = parts.map((text) => text.split('\n').slice(1).join('\n'))
      const single = await commitFiles('single', [
        await file('all.csv', `id,name,even\n${lines.join('')}`),
      ])
      for (const [i, column] of merged.profile.columns.entries()) {
        const whole = single.profile.columns[i]!
        assert.equal(column.name, whole.name)
        assert.equal(column.rows, whole.rows)
        assert.equal(column.nulls, whole.nulls)
        assert.deepEqual([column.minimum, column.maximum], [whole.minimum, whole.maximum])
        assert.deepEqual(column.top, whole.top)
        assert.ok(Math.abs((column.mean ?? 0) - (whole.mean ?? 0)) < 1e-9)
        const spread = (column.standardDeviation ?? 0) - (whole.standardDeviation ?? 0)
        assert.ok(Math.abs(spread) < 1e-6)
        assert.ok(Math.abs(column.distinct - whole.distinct) <= 0.2 * whole.distinct)
        for (const [q, { value }] of column.quantiles.entries()) {
          assert.ok(
            Math.abs(value - whole.quantiles[q]!.value) < 0.03 * 2100,
            `${column.name} ${q}`,
          )
        }
        const total = column.histogram?.counts.reduce((sum, count) => sum + count, 0)
        if (total !== undefined) assert.equal(total, column.rows - column.nulls)
      }
    })

    it('keeps the edges of histograms, and measures how far the new rows are from the old', async () => {
      await declare('drifting')
      const first = await file('1.csv', csv(0, 2000))
      const one = await commitFiles('drifting', [first])
      const two = await commitFiles('drifting', [first, await file('2.csv', csv(0, 2000, 1500))])
      const edges = (v: DataVersionDetail) => v.profile.columns[0]?.histogram?.edges
      assert.deepEqual(edges(two), edges(one))
      const id = two.changes.columns.find(({ name }) => name === 'id')!
      assert.ok(id.arrivedDistance! > 0.7 && id.distance! < id.arrivedDistance!)
      const name = two.changes.columns.find((column) => column.name === 'name')!
      assert.equal(name.arrivedDistance, 0)
      assert.equal(name.arrivedNullRate, 0.1)
    })

    it('tells changes of the schema, and which of them break', async () => {
      await declare('shapes')
      await commitFiles('shapes', [await file('a.csv', 'a,b,c\n1,2,x\n3,4,y\n')])
      const two = await commitFiles('shapes', [await file('a.csv', 'a,b,d\n1.5,z,x\n3,4,y\n')])
      assert.deepEqual(
        two.changes.schema.map(({ column, change, breaking }) => [column, change, breaking]),
        [
          ['a', 'retyped', false],
          ['b', 'retyped', true],
          ['c', 'removed', true],
          ['d', 'added', false],
        ],
      )
    })

    it('versions files that are no tables, without a profile', async () => {
      await declare('pictures')
      const version = await commitFiles('pictures', [
        await file('deep/ünï 😀.png', new Uint8Array([1])),
      ])
      assert.equal(version.rows, null)
      assert.equal(version.profile.unread[0]?.path, 'deep/ünï 😀.png')
      assert.match(version.dvcDigest, /^[0-9a-f]{32}\.dir$/)
    })

    it('refuses a version whose blobs are missing, also those of another project', async () => {
      await declare('lacking')
      const there = await file('a.csv', csv(0, 10))
      const sha256 = 'f'.repeat(64)
      const absent = { path: 'b.csv', sha256, md5: 'a'.repeat(32), sizeBytes: 3 }
      await assert.rejects(commitFiles('lacking', [there, absent]), {
        code: 'conflict',
        message: /b\.csv/,
      })
      assert.deepEqual(await missingBlobs(ctx, { project, items: [there.sha256, sha256] }), [
        sha256,
      ])
      assert.deepEqual(await missingBlobs(ctx, { project: 'other', items: [there.sha256] }), [
        there.sha256,
      ])
      await assert.rejects(commitFiles('lacking', [{ ...there, sizeBytes: 1 }]), {
        code: 'invalid',
      })
      assert.equal((await getDataset(ctx, { project, dataset: 'lacking' })).versions, 0)
    })

    it('lets one of two commits on the same parent win', async () => {
      await declare('contended')
      const files = await Promise.all([1, 2, 3].map((i) => file(`${i}.csv`, csv(i, 20))))
      await commitFiles('contended', [files[0]!])
      const attempts = await Promise.allSettled(
        [1, 2].map((i) =>
          commitVersion(ctx, {
            project,
            dataset: 'contended',
            files: [files[0]!, files[i]!],
            parent: 1,
            message: '',
          }),
        ),
      )
      assert.deepEqual(attempts.map(({ status }) => status).toSorted(), ['fulfilled', 'rejected'])
      const reasons = attempts.flatMap((attempt) =>
        attempt.status === 'rejected' ? [(attempt.reason as GyreError).code] : [],
      )
      assert.deepEqual(reasons, ['conflict'])
      const both = await Promise.all(
        [1, 2].map((i) => commitFiles('contended', [files[i]!, files[0]!].slice(0, i))),
      )
      assert.equal(new Set(both.map(({ version }) => version)).size, 2)
    })

    it('refuses files that it cannot read, naming file and row', async () => {
      await declare('broken')
      const rows = csv(0, 50).split('\n').slice(1, -1)
      const odd = (line: string): string => ['id,name,even', ...rows, line, ...rows].join('\n')
      const cases: [string, string | Uint8Array, RegExp][] = [
        ['ragged.csv', odd('1,2,true,4'), /"ragged\.csv".*Row 52 has 4/],
        ['short.csv', odd('1'), /"short\.csv".*Row 52 has 1/],
        ['skipped.csv', 'a;b\n1;2\n1;2;3\n', /"skipped\.csv".*2 fields, but others have 3/],
        [
          'latin.csv',
          Buffer.from('a,b\n1,2\n1,\xe9\n', 'latin1'),
          /"latin\.csv".*Line: [23].*utf-8/,
        ],
        ['empty.csv', '', /"empty\.csv" is empty/],
        ['empty.parquet', '', /"empty\.parquet" is empty/],
        ['text.parquet', 'hello', /"text\.parquet" is no Parquet file/],
        ['cut.parquet', 'PAR1 cut short PAR1', /"cut\.parquet" cannot be read/],
        ['bad.jsonl', '{"a": 1}\n{"a": \n', /"bad\.jsonl".*line/],
      ]
      for (const [path, content, message] of cases) {
        const broken = await file(path, content)
        await assert.rejects(commitFiles('broken', [broken]), (thrown: GyreError) => {
          assert.equal(thrown.code, 'invalid', path)
          assert.match(thrown.public, message)
          assert.ok(!thrown.public.includes(directory), 'a path of the store leaks')
          return true
        })
      }
      assert.equal((await getDataset(ctx, { project, dataset: 'broken' })).versions, 0)
      const marked = await commitFiles('broken', [await file('bom.csv', `\ufeff${csv(0, 3)}`)])
      assert.deepEqual(
        marked.schema.map(({ name }) => name),
        ['id', 'name', 'even'],
      )
    })

    it('refuses a text that is one long line, or of another encoding, and NUL bytes do no harm', async () => {
      await declare('odd')
      const long = 'x'.repeat(8_000_000)
      const cases: [string, string | Uint8Array, RegExp][] = [
        [
          'mixed.csv',
          Buffer.concat([Buffer.from('a,b\n1,é\n'), Buffer.from([49, 44, 0xe9, 10])]),
          /utf-8/,
        ],
        ['utf16.csv', Buffer.from('\ufeffa,b\n1,2\n', 'utf16le'), /utf-8/],
        ['long.csv', `a,b\n1,${long}\n`, /[Ll]ine/],
        ['longer.csv', long, /[Ll]ine|sniff/],
        ['long.jsonl', `{"a": "${long}${long}${long}"}`, /maximum_object_size.*bytes exceeded/],
      ]
      for (const [path, content, message] of cases) {
        const broken = await file(path, content)
        await assert.rejects(commitFiles('odd', [broken]), (thrown: GyreError) => {
          assert.equal(thrown.code, 'invalid', path)
          assert.match(thrown.public, message)
          assert.ok(thrown.public.includes(path) && thrown.public.length < 2000, thrown.public)
          return true
        })
      }
      const nul = await commitFiles('odd', [await file('nul.csv', 'a,b\n1,\u00002\n')])
      assert.equal(nul.rows, 1)
    })

    it('refuses a Parquet file that is cut short, or lies in its statistics', async () => {
      await declare('lying', [
        {
          expect_column_values_to_be_between: {
            column: 'v',
            min_value: 1_000_000,
            max_value: 1_000_060,
          },
        },
      ])
      const path = join(directory, 'honest.parquet')
      const rows = `SELECT 1000000 + i AS v, 'name ' || i AS s, i / 7 AS d, nullif(i, 5) AS n FROM range(100) t(i)`
      await opened.platform.frames.session((session) => session.exportParquet(rows, path))
      const honest = await readFile(path)
      const lying = Buffer.from(honest)
      const [truth, lie] = [1_000_099n, 1_000_050n].map((value) => {
        const bytes = Buffer.alloc(8)
        bytes.writeBigInt64LE(value)
        return bytes
      }) as [Buffer, Buffer]
      const footer = honest.length - 8 - honest.readUInt32LE(honest.length - 8)
      for (let at = lying.indexOf(truth, footer); at >= 0; at = lying.indexOf(truth, at)) {
        lie.copy(lying, at)
      }
      assert.notEqual(Buffer.compare(lying, honest), 0)
      const cases: [string, Uint8Array, RegExp][] = [
        ['lying.parquet', lying, /statistics say of column v in row group 0: .*1000050.*1000099/],
        ['tail.parquet', honest.subarray(0, -1), /"tail\.parquet" cannot be read/],
        ['half.parquet', honest.subarray(0, honest.length / 2), /"half\.parquet" cannot be read/],
      ]
      for (const [name, content, message] of cases) {
        await assert.rejects(
          commitFiles('lying', [await file(name, content)]),
          (thrown: GyreError) => {
            assert.equal(thrown.code, 'invalid', name)
            assert.match(thrown.public, message)
            return true
          },
        )
      }
      await assert.rejects(
        commitFiles('lying', [await file('honest.parquet', honest)]),
        /1 of 1 expectations failed/,
      )
    })

    it('refuses paths that trick, and names that are none', async () => {
      await declare('tricked')
      const good = await file('a.csv', csv(0, 2))
      for (const path of ['../a', '/a', 'a//b', 'a/./b', 'a\\b', 'a\u0000', '']) {
        await assert.rejects(commitFiles('tricked', [{ ...good, path }]), { code: 'invalid' }, path)
      }
      await assert.rejects(commitFiles('tricked', [good, good]), { code: 'invalid' })
      await assert.rejects(commitFiles('tricked', [good, { ...good, path: 'a.csv/b' }]), {
        code: 'invalid',
      })
      await assert.rejects(commitFiles('tricked', []), { code: 'invalid' })
      await assert.rejects(commitFiles('no such', [good]), { code: 'invalid' })
      await assert.rejects(commitFiles('absent', [good]), {
        code: 'not_found',
        message: /has: .*tricked/,
      })
      await assert.rejects(declare('..'), { code: 'invalid' })
      await assert.rejects(
        uploadBlob(ctx, { project, sha256: 'a'.repeat(64), content: new Uint8Array([1]) }),
        { code: 'invalid' },
      )
    })
  })

  describe('quarantine', () => {
    const expectations = `
- expect_table_columns_to_match_set: {column_set: [id, name, even]}
- expect_column_values_to_be_between: {column: id, min_value: 0, max_value: 5000}
- expect_column_values_to_not_be_null: {column: name, mostly: 0.8, severity: warn}
`

    it('keeps what was refused out of use until an operator lets it through', async () => {
      await declare('guarded', expectations)
      const good = await file('1.csv', csv(0, 100))
      await commitFiles('guarded', [good])
      const bad = await file('2.csv', csv(4950, 100))
      const refused = (thrown: GyreError): boolean => {
        assert.equal(thrown.code, 'refused')
        assert.match(thrown.public, /Version 2 .* 1 of 3 expectations failed/)
        const [finding] = thrown.details as { path: string; message: string }[]
        assert.equal(finding?.path, 'expect_column_values_to_be_between')
        assert.match(finding?.message ?? '', /id: 49 of 100 values \(49 %\)/)
        return true
      }
      await assert.rejects(commitFiles('guarded', [good, bad]), refused)
      await assert.rejects(commitFiles('guarded', [good, bad]), refused)
      assert.deepEqual(await verbs('data:guarded@2'), ['data.refused'])
      const dataset = await getDataset(ctx, { project, dataset: 'guarded' })
      assert.deepEqual([dataset.latestVersion, dataset.versions, dataset.quarantined], [1, 2, 1])
      const open = () => openVersion(ctx, { project, dataset: 'guarded', version: 2 })
      await assert.rejects(open(), { code: 'conflict' })
      const seen = await getVersion(ctx, { project, dataset: 'guarded', version: '2' })
      assert.equal(seen.state, 'quarantined')
      const shown = await previewVersion(ctx, {
        project,
        dataset: 'guarded',
        version: '2',
        limit: 5,
      })
      assert.equal(shown.rows.length, 5)

      const version = { project, dataset: 'guarded', version: '2' }
      await assert.rejects(releaseVersion(ctx, { ...version, reason: ' ' }), { code: 'invalid' })
      const viewer = {
        ...ctx,
        principal: {
          kind: 'user' as const,
          name: 'v',
          grants: [{ project, role: 'editor' as const }],
        },
      }
      await assert.rejects(releaseVersion(viewer, { ...version, reason: 'x' }), {
        code: 'forbidden',
      })
      const released = await releaseVersion(ctx, { ...version, reason: 'new range agreed' })
      assert.equal(released.state, 'committed')
      assert.equal(released.latest, true)
      assert.equal(released.released?.reason, 'new range agreed')
      assert.equal((await open()).version, 2)
      await assert.rejects(releaseVersion(ctx, { ...version, reason: 'x' }), { code: 'conflict' })
      assert.deepEqual(await verbs('data:guarded@2'), ['data.refused', 'data.released'])
    })

    it('checks without committing, with other expectations if asked', async () => {
      await declare('tried', expectations)
      const bad = await file('2.csv', csv(4950, 100))
      const verdict = await checkExpectations(ctx, {
        project,
        dataset: 'tried',
        files: [bad],
        all: false,
      })
      assert.equal(verdict.success, false)
      const other = '- expect_table_row_count_to_equal: {value: 100}'
      const asked = { project, dataset: 'tried', files: [bad], expectations: other, all: false }
      assert.equal((await checkExpectations(ctx, asked)).success, true)
      assert.equal((await getDataset(ctx, { project, dataset: 'tried' })).versions, 0)
    })

    it('refuses a version without the declared column of time', async () => {
      await declare('timed', [], 'at')
      const bad = await file('t.csv', 'at,x\nsoon,1\nlater,2\n')
      await assert.rejects(commitFiles('timed', [bad]), { code: 'refused' })
      const good = await file('t.csv', 'at,x\n2001-01-01 00:00:00,1\n2001-01-02 00:00:00,2\n')
      assert.equal((await commitFiles('timed', [good])).state, 'committed')
    })
  })

  describe('reading versions', () => {
    it('pages through versions and files, and gives back the bytes', async () => {
      await declare('read')
      const texts = ['a', 'b', 'c'].map(
        (name) => [`${name}.csv`, csv(name.charCodeAt(0), 5)] as const,
      )
      const files = await Promise.all(texts.map(([path, text]) => file(path, text)))
      for (const count of [1, 2, 3]) await commitFiles('read', files.slice(0, count))
      const first = await listVersions(ctx, { project, dataset: 'read', limit: 2 })
      assert.deepEqual(
        first.items.map(({ version }) => version),
        [3, 2],
      )
      const rest = await listVersions(ctx, {
        project,
        dataset: 'read',
        limit: 2,
        pageToken: first.nextPageToken,
      })
      assert.deepEqual(
        rest.items.map(({ version }) => version),
        [1],
      )
      const version = { project, dataset: 'read', version: 'latest' }
      const page = await listFiles(ctx, { ...version, limit: 2 })
      const last = await listFiles(ctx, { ...version, limit: 2, pageToken: page.nextPageToken })
      assert.deepEqual([...page.items, ...last.items], files)
      const { content } = await downloadFile(ctx, { ...version, path: 'b.csv' })
      const chunks: Uint8Array[] = []
      for await (const chunk of content) chunks.push(chunk)
      assert.equal(Buffer.concat(chunks).toString(), texts[1]![1])
      await assert.rejects(downloadFile(ctx, { ...version, path: 'z.csv' }), { code: 'not_found' })
      await assert.rejects(getVersion(ctx, { ...version, version: '99' }), { code: 'not_found' })
      await assert.rejects(getVersion(ctx, { ...version, version: '1e3' }), { code: 'invalid' })
    })
  })
}
