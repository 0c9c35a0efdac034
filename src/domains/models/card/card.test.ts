import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type OpenedPlatform, openPlatform } from '#app/platform'
import { asSystem, type Context } from '#domains/access/index'
import { createRun, linkToRun, logToRun } from '#domains/runs/index'
import type { Evaluation } from '../evaluation.ts'
import {
  createModel,
  declareModel,
  evaluateGate,
  getLicence,
  registerSource,
  registerVersion,
  reviewVersion,
  setAlias,
  updateVersion,
  uploadModelFile,
  writeCard,
} from '../index.ts'

const project = 'lab'
let directory: string
let opened: OpenedPlatform
let ctx: Context

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'gyre-card-'))
  opened = await openPlatform({ dataDirectory: directory })
  ctx = asSystem(opened.platform, 'test')
})
after(async () => {
  await opened.close()
  await rm(directory, { recursive: true })
})

async function fileOf(model: string, path: string, text: string) {
  const stored = await uploadModelFile(ctx, { project, model, content: Buffer.from(text) })
  return { path, ...stored }
}

async function register(
  model: string,
  files: Record<string, string>,
  extra: Partial<Parameters<typeof registerVersion>[1]> = {},
) {
  const stored = []
  for (const [path, text] of Object.entries({ 'model.onnx': 'm', ...files })) {
    stored.push(await fileOf(model, path, text))
  }
  const column = { name: 'x', type: 'number' }
  return registerVersion(ctx, {
    project,
    model,
    learner: 'trees',
    signature: { inputs: [column], outputs: [column] },
    features: ['x'],
    files: stored,
    ...extra,
  })
}

function evaluationOf(modelSha256: string): Evaluation {
  const value = { value: 0.7, low: 0.69, high: 0.71, standardError: 0.005 }
  return {
    modelSha256,
    data: { path: 'h.parquet', sha256: 'c'.repeat(64), rows: 1234, positives: 20, inputs: [] },
    target: 'late',
    metrics: { auc: value },
    calibration: { error: 0.01, bins: [] },
    slices: [{ by: 'size', label: 'a|b', rows: 10, positives: 2, metrics: { auc: value } }],
    fairness: [
      {
        by: 'size',
        threshold: 0.3,
        differences: { equalized_odds_difference: 0.12 },
        groups: [
          {
            label: 'small',
            rows: 5,
            selectionRate: 0.2,
            truePositiveRate: null,
            falsePositiveRate: 0.1,
          },
        ],
      },
    ],
    parity: { rows: 10, largestDifference: 0 },
    createdAt: 5,
  }
}

test('a card tells all that the record knows', async () => {
  const model = 'late'
  await declareModel(ctx, {
    project,
    model,
    description: 'For **planning** turnarounds.',
    gate: [{ check: 'minimum', metric: 'auc', value: 0.6 }],
  })
  const run = await createRun(ctx, { project, experiment: 'training' })
  await logToRun(ctx, {
    project,
    run: run.id,
    parameters: { depth: '6' },
    metrics: [{ key: 'loss', value: 0.25, step: 1 }],
  })
  const environment = {
    runtime: 'node 24',
    packages: { numpy: '2.1', obscure: '1' },
    gitCommit: 'abc123',
    gitDirty: true,
  }
  await linkToRun(ctx, { project, run: run.id, inputs: [], outputs: [], environment })
  const { sha256 } = await fileOf(model, 'model.onnx', 'm')
  await register(
    model,
    { LICENSE: 'Apache License\n   Version 2.0, January 2004' },
    {
      run: run.id,
      inputs: ['data:flights@7'],
      options: { l2: 1 },
      target: 'is_late',
      evaluation: evaluationOf(sha256),
    },
  )
  await evaluateGate(ctx, { project, model, version: 1 })
  await reviewVersion(ctx, {
    project,
    model,
    version: 1,
    verdict: 'approved',
    comment: 'as agreed',
  })
  await setAlias(ctx, { project, model, alias: 'champion', version: 1, reason: 'it won' })
  const card = await writeCard(ctx, { project, model, version: 1 })
  for (const line of [
    /^# late v1$/m,
    /^For \*\*planning\*\* turnarounds\.$/m,
    /^\| flights \| v7 \| Not recorded\. \|$/m,
    /^- \*\*Target:\*\* is\\_late$/m,
    /^\| l2 \| `1` \|$/m,
    /^\| depth \| `6` \|$/m,
    /^\| loss \| 0\.25 \|$/m,
    /`abc123`, with uncommitted changes/,
    /^\| numpy \| 2\.1 \| BSD-3-Clause \|$/m,
    /^\| obscure \| 1 \| unknown \|$/m,
    /^On 1,234 rows of `h\.parquet`/m,
    /^\| AUC \| 0\.7 \(0\.69 to 0\.71\) \| – \| – \|$/m,
    /^\| size \| a\\\|b \| 10 \| 0\.7 \(0\.69 to 0\.71\) \|$/m,
    /^- equalized odds difference: 0\.12$/m,
    /^\| small \| 5 \| 0\.2 \| – \| 0\.1 \|$/m,
    /^\*\*Passed\*\* at /m,
    /^\| approved \| system:test \| admin \| .* \| as agreed \|$/m,
    /\| champion came \| system:test \| it won \|$/m,
    /\*\*Made from:\*\* .*`run:[0-9a-f]{32}`/,
    /^Apache-2\.0, as the file reads \(`LICENSE`\)\.$/m,
    new RegExp(`^\\| \`model\\.onnx\` \\| 1 \\| \`${sha256}\` \\|$`, 'm'),
    /as of journal record \d+\.\n$/,
  ]) {
    assert.match(card, line)
  }
})

test('what is not known is said to be unknown', async () => {
  await createModel(ctx, { project, model: 'bare' })
  await registerSource(ctx, { project, model: 'bare', source: 's3://bucket/model' })
  const card = await writeCard(ctx, { project, model: 'bare', version: 1 })
  for (const part of [
    '## Intended use\n\nNot recorded.',
    '## Training data\n\nNot recorded.',
    '- **Run:** Not recorded.',
    '- **Commit:** Not recorded.',
    '### Libraries\n\nNot recorded.',
    '## Evaluation\n\nIt was not evaluated.',
    '## Fairness\n\nNot recorded.',
    'No gate is declared, and none has decided.',
    'Nobody has said anything.',
    'Nothing has pointed at it.',
    '## Licence\n\nNot recorded.',
    'This server has none of its files.',
  ]) {
    assert.ok(card.includes(part), `${part}\n\n${card}`)
  }
  await assert.rejects(writeCard(ctx, { project, model: 'bare', version: 2 }), {
    code: 'not_found',
  })
})

test('names and words of others stay text', async () => {
  const model = 'x<script>*y*'
  await register(model, { 'a`b``c|d': 'x' }, { target: 'a|b\n# not a heading' })
  await reviewVersion(ctx, {
    project,
    model,
    version: 1,
    verdict: 'comment',
    comment: '<img src=x>\n\n## Gate\n| a |',
  })
  const card = await writeCard(ctx, { project, model, version: 1 })
  assert.match(card, /^# x\\<script\\>\\\*y\\\* v1$/m)
  assert.match(card, /\| \\<img src=x\\> \\#\\# Gate \\\| a \\\| \|$/m)
  assert.equal(card.match(/^## Gate$/gm)?.length, 1)
  assert.match(card, /^\| ``` a`b``c\\\|d ``` \| 1 \|/m)
})

test('a licence is what was declared, else a tag, else a file, and all else is unknown', async () => {
  const model = 'licensed'
  const find = async (version: number) => {
    const { licence, source, evidence } = await getLicence(ctx, { project, model, version })
    return [licence, source, evidence]
  }
  await register(model, {
    'docs/LICENSE.txt':
      'Permission is hereby granted, free of\ncharge, to any person obtaining a copy',
  })
  assert.deepEqual(await find(1), ['MIT', 'file', 'docs/LICENSE.txt'])
  await updateVersion(ctx, { project, model, version: 1, tags: { License: 'ISC' } })
  assert.deepEqual(await find(1), ['ISC', 'tag', 'License'])
  await updateVersion(ctx, { project, model, version: 1, licence: ' EUPL-1.2 ' })
  assert.deepEqual(await find(1), ['EUPL-1.2', 'declared', ''])
  await updateVersion(ctx, { project, model, version: 1, licence: null, tags: { License: null } })
  assert.deepEqual(await find(1), ['MIT', 'file', 'docs/LICENSE.txt'])
  for (const licence of ['', '  ', 'a\nb', 'x'.repeat(201), '\ud800']) {
    await assert.rejects(updateVersion(ctx, { project, model, version: 1, licence }), {
      code: 'invalid',
    })
  }
  await register(model, {
    LICENSE: 'All rights reserved.',
    'requirements.txt': 'numpy==2.0 # x\nScikit_Learn[all]==1.5\nmine>=1',
  })
  const { licence, source, libraries } = await getLicence(ctx, { project, model, version: 2 })
  assert.deepEqual([licence, source], [null, 'file'])
  assert.deepEqual(libraries, [
    { name: 'Scikit_Learn', version: '1.5', licence: 'BSD-3-Clause' },
    { name: 'numpy', version: '2.0', licence: 'BSD-3-Clause' },
  ])
  await register(model, { 'notes.txt': 'MIT' })
  assert.deepEqual(await find(3), [null, null, ''])
})
