import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { readTar, tarEnd, tarHeader, tarPadding } from '#kernel/tar'
import { type OpenedServer, openServer } from './opened-server.contract.ts'

type Client = ReturnType<OpenedServer['client']>

async function bytesOf(content: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of content) chunks.push(chunk)
  return Buffer.concat(chunks)
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

async function unpack(archive: Uint8Array): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>()
  for await (const { path, content } of readTar(once(archive))) {
    files.set(path, await bytesOf(content))
  }
  return files
}

function pack(files: ReadonlyMap<string, Buffer>): Buffer<ArrayBuffer> {
  const parts = [...files].flatMap(([path, content]) => [
    tarHeader({ path, sizeBytes: content.length }),
    content,
    tarPadding(content.length),
  ])
  return Buffer.concat([...parts, tarEnd])
}

const sha256 = (content: Uint8Array): string => createHash('sha256').update(content).digest('hex')

describe('a model on its way to another server', () => {
  let here: OpenedServer
  let there: OpenedServer
  let client: Client
  let far: Client
  let run: string
  let archive: Buffer<ArrayBuffer>
  const params = { project: 'default', model: 'late' }
  const version = { ...params, version: '1' }

  before(async () => {
    here = await openServer()
    there = await openServer()
    client = here.client()
    far = there.client()
    await furnish()
    const { content } = await client.transfer.exportVersion({ params: version })
    archive = Buffer.from(await bytesOf(content))
  })
  after(async () => {
    await here.close()
    await there.close()
  })

  async function furnish(): Promise<void> {
    const project = { project: 'default' }
    const dataset = { project: 'default', dataset: 'flights' }
    await client.data.declareDataset({
      params: dataset,
      body: { description: '', path: null, timestamp: null, knownAt: null, expectations: [] },
    })
    const content = new TextEncoder().encode('a,b\n1,2\n')
    const digest = sha256(content)
    const stat = await client.data.uploadBlob({
      params: { ...project, sha256: digest },
      body: content,
    })
    const files = [{ path: 'rows.csv', ...stat }]
    await client.data.commitVersion({ params: dataset, body: { files, message: 'one' } })
    const made = await client.runs.createRun({ params: project, body: { experiment: 'nightly' } })
    run = made.id
    await client.runs.logToRun({
      params: { ...project, run },
      body: {
        parameters: { depth: '6', Größe: 'ü' },
        metrics: Array.from({ length: 2500 }, (_, step) => ({
          key: step % 2 === 0 ? 'loss' : 'odd/name',
          value: step === 7 ? ('NaN' as const) : 1 / (step + 1),
          step,
          timestamp: 1_700_000_000_000 + step,
        })),
      },
    })
    await client.runs.finishRun({ params: { ...project, run }, body: { status: 'finished' } })
    const model = new TextEncoder().encode('not really ONNX')
    const stored = await client.models.uploadModelFile({ params, body: model })
    const column = { name: 'distance', type: 'number' }
    await client.models.declareModel({
      params,
      body: { description: 'Will it be late?', gate: [{ check: 'signature' }] },
    })
    await client.models.registerVersion({
      params,
      body: {
        run,
        learner: 'trees',
        options: { depth: 6 },
        signature: { inputs: [column], outputs: [column] },
        features: ['distance'],
        inputs: ['data:flights@1'],
        files: [{ path: 'model.onnx', ...stored }],
        tags: { team: 'ops' },
      },
    })
    await client.registry.updateVersion({ params: version, body: { licence: 'MIT' } })
    await client.registry.reviewVersion({
      params: version,
      body: { verdict: 'approved', comment: 'as agreed' },
    })
    await client.models.setAlias({
      params: { ...params, alias: 'beta' },
      body: { version: 1, reason: 'the trial' },
    })
  }

  const bring = (body: Buffer<ArrayBuffer>, model?: string) =>
    far.transfer.importVersion({
      params: { project: 'default' },
      query: model === undefined ? {} : { model },
      body,
    })

  it('arrives with files, run, points and words, and knows where it came from', async () => {
    const report = await bring(archive)
    assert.equal(report.isNew, true)
    assert.deepEqual([report.run, report.runProblem], [run, ''])
    assert.deepEqual(report.foreignData, ['data:flights@1'])
    const found = await far.models.getVersion({ params: version })
    assert.deepEqual(
      [found.learner, found.options, found.tags, found.licence, found.aliases, found.inputs],
      ['trees', { depth: 6 }, { team: 'ops' }, 'MIT', [], []],
    )
    const model = await far.models.getModel({ params })
    assert.deepEqual(
      [model.description, model.gate],
      ['Will it be late?', [{ check: 'signature' }]],
    )
    const file = await far.models.downloadVersionFile({
      params: version,
      query: { path: 'model.onnx' },
    })
    assert.equal((await bytesOf(file.content)).toString(), 'not really ONNX')
    const [before, now] = await Promise.all(
      [client, far].map((each) => each.runs.getRun({ params: { project: 'default', run } })),
    )
    assert.deepEqual(now?.metricSummaries, before?.metricSummaries)
    assert.deepEqual(now?.parameters, before?.parameters)
    assert.deepEqual([now?.status, now?.experimentName], ['finished', 'nightly'])
    const { origin } = await far.transfer.getOrigin({ params: version })
    assert.deepEqual(
      [origin?.model, origin?.version, origin?.aliases, origin?.data, origin?.reviews.length],
      ['late', 1, ['beta'], [{ dataset: 'flights', version: '1', rows: 1 }], 1],
    )
    const { items } = await far.registry.listReviews({ params: version })
    assert.deepEqual(items, [], 'an approval elsewhere is none here')
    const card = await bytesOf((await far.registry.getCard({ params: version })).content)
    assert.match(
      card.toString(),
      /## Origin\n\n- \*\*Imported from:\*\* late v1 of project default/,
    )
  })

  it('comes once, however often it is sent, and under another name as well', async () => {
    const again = await bring(archive)
    assert.deepEqual([again.isNew, again.version.version], [false, 1])
    const named = await bring(archive, 'their-late')
    assert.deepEqual([named.isNew, named.version.model, named.run], [true, 'their-late', run])
    const back = await client.transfer.importVersion({
      params: { project: 'default' },
      query: { model: 'back-again' },
      body: archive,
    })
    assert.deepEqual(back.foreignData, [], 'the data is here as it was there')
    assert.deepEqual(back.version.inputs, ['data:flights@1'])
    const elsewhere = await client.transfer.importVersion({
      params: { project: 'other' },
      body: archive,
    })
    assert.equal(elsewhere.run, null)
    assert.match(elsewhere.runProblem, /is in the project "default" already/)
  })

  it('comes once when it is sent twice at once, and whole when an import ended early', async () => {
    const twice = await Promise.all([bring(archive, 'twice'), bring(archive, 'twice')])
    assert.deepEqual(
      twice.map(({ version: { version: number } }) => number),
      [1, 1],
    )
    const place = { project: 'default', run }
    const half = await openServer()
    try {
      const late = half.client()
      await late.imports.importExperiment({
        params: { project: 'default' },
        body: {
          number: 7,
          name: 'nightly',
          tags: {},
          state: 'active',
          artifactLocation: '',
          createdAt: 1,
          updatedAt: 1,
          source: 'a test',
        },
      })
      await late.imports.importRun({
        params: { project: 'default' },
        body: {
          id: run,
          experiment: 7,
          name: 'half',
          user: '',
          status: 'finished',
          state: 'active',
          startedAt: null,
          endedAt: null,
          artifactUri: '',
          parameters: {},
          tags: {},
          source: 'a test',
        },
      })
      await late.transfer.importVersion({ params: { project: 'default' }, body: archive })
      const { metricSummaries } = await late.runs.getRun({ params: place })
      const before = await client.runs.getRun({ params: place })
      assert.deepEqual(metricSummaries, before.metricSummaries)
    } finally {
      await half.close()
    }
  })

  it('is where clients of MLflow look for it, when one registered it', async () => {
    const mlflow = async (url: string, path: string, body?: object): Promise<never> => {
      const init =
        body === undefined
          ? {}
          : {
              method: 'POST',
              body: JSON.stringify(body),
              headers: { 'content-type': 'application/json' },
            }
      const answer = await fetch(`${url}/api/2.0/mlflow/${path}`, init)
      assert.equal(answer.status, 200, path)
      return (await answer.json()) as never
    }
    const made = await client.runs.createRun({
      params: { project: 'default' },
      body: { experiment: 'nightly' },
    })
    await client.runs.uploadArtifact({
      params: { project: 'default', run: made.id },
      query: { path: 'model/MLmodel' },
      body: new TextEncoder().encode('flavors: {sklearn: {}}'),
    })
    const name = 'by mlflow'
    await mlflow(here.url, 'registered-models/create', { name })
    const source = `runs:/${made.id}/model`
    await mlflow(here.url, 'model-versions/create', { name, source, run_id: made.id })
    const asked = { params: { project: 'default', model: name, version: '1' } }
    const { content } = await client.transfer.exportVersion(asked)
    const { version: brought } = await bring(Buffer.from(await bytesOf(content)))
    assert.equal(brought.learner, 'sklearn')
    const query = `name=${encodeURIComponent(name)}&version=1`
    const { artifact_uri: uri } = await mlflow(
      there.url,
      `model-versions/get-download-uri?${query}`,
    )
    const path = String(uri).replace('mlflow-artifacts:/', '')
    const file = await fetch(`${there.url}/api/2.0/mlflow-artifacts/artifacts/${path}/MLmodel`)
    assert.equal(await file.text(), 'flavors: {sklearn: {}}')
  })

  it('can go on from there to a third place', async () => {
    const { content } = await far.transfer.exportVersion({ params: version })
    const next = Buffer.from(await bytesOf(content))
    const third = await far.transfer.importVersion({
      params: { project: 'third' },
      body: next,
    })
    assert.deepEqual([third.isNew, third.origin.model], [true, 'late'])
  })

  it('is refused with what was changed, and where', async () => {
    const files = await unpack(archive)
    const manifest = JSON.parse(String(files.get('manifest.json'))) as {
      files: { path: string; sha256: string; sizeBytes: number }[]
      run: { points: { sha256: string } }
      journal: { verb: string; seq: number; actor: string }[]
      format: string
      formatVersion: number
      version: { features: unknown }
    }
    const modelDigest = manifest.files[0]?.sha256 ?? ''
    const points = manifest.run.points.sha256
    const withManifest = (change: (copy: typeof manifest) => void) => {
      const copy = structuredClone(manifest)
      change(copy)
      return new Map([...files, ['manifest.json', Buffer.from(JSON.stringify(copy))]])
    }
    const without = (path: string) => new Map([...files].filter(([each]) => each !== path))
    const replaced = Buffer.from('not really 0NNX')
    const swapped = withManifest((copy) => {
      const [file] = copy.files
      if (file !== undefined) file.sha256 = sha256(replaced)
    })
    swapped.delete(`blobs/${modelDigest}`)
    swapped.set(`blobs/${sha256(replaced)}`, replaced)
    const cases: [RegExp, Buffer<ArrayBuffer>][] = [
      [
        /the file model\.onnx has the sha256 [0-9a-f]{64}; manifest\.json says/,
        pack(new Map([...files, [`blobs/${modelDigest}`, replaced]])),
      ],
      [/model\.onnx has the sha256 .*; journal record \d+ says/, pack(swapped)],
      [/the file model\.onnx is missing/, pack(without(`blobs/${modelDigest}`))],
      [/the metrics of the run is missing/, pack(without(`blobs/${points}`))],
      [/it holds extra, which/, pack(new Map([...files, ['extra', Buffer.from('x')]]))],
      [
        /journal record \d+ \(version\.approved\) does not match its hash/,
        pack(
          withManifest((copy) => {
            for (const record of copy.journal) {
              if (record.verb === 'version.approved') record.actor = 'user:somebody'
            }
          }),
        ),
      ],
      [
        /no journal record in it says how/,
        pack(
          withManifest((copy) => {
            copy.journal = copy.journal.filter(({ verb }) => verb !== 'version.registered')
          }),
        ),
      ],
      [/the first file is/, pack(without('manifest.json'))],
      [/no archive of a model/, pack(withManifest((copy) => void (copy.format = 'x')))],
      [/format version 2/, pack(withManifest((copy) => void (copy.formatVersion = 2)))],
      [
        /wrong at version\.features/,
        pack(withManifest((copy) => void (copy.version.features = 3))),
      ],
      [/ends early/, archive.subarray(0, 5000)],
      [/a header is not what it says/, Buffer.from('PK'.repeat(600))],
      [/ends early/, Buffer.alloc(0)],
    ]
    for (const [message, body] of cases) {
      await assert.rejects(bring(body, 'tampered'), (thrown: Error & { code?: string }) => {
        assert.match(thrown.message, message)
        assert.ok(['refused', 'invalid'].includes(thrown.code ?? ''), thrown.code)
        return true
      })
    }
    await assert.rejects(far.models.getModel({ params: { ...params, model: 'tampered' } }), {
      code: 'not_found',
    })
  })
})
