import { z } from 'zod'
import { roles } from '#kernel/roles'
import { type ApiSpec, bytes, endpoint } from '../endpoint.ts'
import { metricNumber } from './runs.ts'

const modelSubject = z.string().max(600).describe('kind:name or kind:name@version')
const sha256 = z.string().regex(/^[0-9a-f]{64}$/)
const versionReference = 'The version is a number, an alias or "latest"'

export const metricName = z.enum(['auc', 'log_loss', 'brier'])
export type MetricName = z.infer<typeof metricName>

/* What a version must show. One check each; unknown members are refused. */
const gatedMetric = z
  .string()
  .min(1)
  .max(250)
  .describe('auc, log_loss or brier of an evaluation; of a version without one, what was logged')

const confidence = z.number().gt(0.5).lt(1)
export const gateCheck = z.discriminatedUnion('check', [
  z.strictObject({ check: z.literal('minimum'), metric: gatedMetric, value: z.number() }),
  z.strictObject({ check: z.literal('maximum'), metric: gatedMetric, value: z.number() }),
  z.strictObject({
    check: z.literal('better-than-baseline'),
    metric: gatedMetric,
    confidence: confidence.default(0.95),
  }),
  z.strictObject({
    check: z.literal('no-worse-than-champion'),
    metric: gatedMetric,
    tolerance: z.number().min(0),
    confidence: confidence.default(0.95),
    better: z.enum(['higher', 'lower']).optional().describe('Where the name does not tell'),
  }),
  z.strictObject({
    check: z.literal('slices'),
    metric: gatedMetric,
    tolerance: z.number().min(0),
    minimum_rows: z.int().min(1).default(100),
  }),
  z.strictObject({
    check: z.literal('fairness'),
    metric: z.enum(['equalized_odds_difference', 'demographic_parity_difference']),
    by: z.string().min(1),
    maximum: z.number().min(0),
  }),
  z.strictObject({ check: z.literal('calibration'), maximum: z.number().min(0) }),
  z.strictObject({ check: z.literal('parity'), tolerance: z.number().min(0).default(1e-6) }),
  z.strictObject({ check: z.literal('signature') }),
  z.strictObject({
    check: z.literal('approvals'),
    count: z.int().min(1).max(20).default(1),
    role: z.enum(roles).default('operator'),
    by_another: z.boolean().default(false).describe('Not by who registered it'),
  }),
])
export type GateCheck = z.infer<typeof gateCheck>

export const gateFinding = z.object({
  check: z.string(),
  passed: z.boolean(),
  text: z.string().describe('For people, with the numbers'),
  values: z.record(z.string(), z.json()).describe('The numbers that it was decided on'),
})
export type GateFinding = z.infer<typeof gateFinding>

export const gateDecision = z.object({
  model: z.string(),
  version: z.int(),
  passed: z.boolean(),
  findings: z.array(gateFinding),
  champion: z.int().nullable().describe('The champion at that moment'),
  decidedAt: z.int(),
  actor: z.string(),
})
export type GateDecision = z.infer<typeof gateDecision>

/* The evaluation document: what `gyre models evaluate` writes and the gate decides on. */
export const estimate = z.object({
  value: z.number(),
  low: z.number().describe('95 % interval'),
  high: z.number(),
  standardError: z.number(),
})
export type Estimate = z.infer<typeof estimate>
const metricEstimates = z.partialRecord(metricName, estimate)

export const comparison = z.object({
  /** Model minus the other, on the same rows, per metric. */
  differences: metricEstimates,
  metrics: metricEstimates.describe("The other's own"),
})
export type Comparison = z.infer<typeof comparison>

export const calibrationBin = z.object({
  rows: z.int(),
  predicted: z.number(),
  observed: z.number(),
  low: z.number(),
  high: z.number(),
})

export const evaluationSlice = z.object({
  by: z.string().describe('The name that the slice was given'),
  label: z.string().describe('The value of its expression'),
  rows: z.int(),
  positives: z.int(),
  metrics: metricEstimates,
  baseline: metricEstimates.optional().describe('Differences from the baseline, same rows'),
  champion: metricEstimates.optional().describe('Differences from the champion, same rows'),
})
export type EvaluationSlice = z.infer<typeof evaluationSlice>

export const fairnessResult = z.object({
  by: z.string(),
  threshold: z.number(),
  differences: z.record(z.string(), z.number()),
  groups: z.array(
    z.object({
      label: z.string(),
      rows: z.int(),
      selectionRate: z.number(),
      truePositiveRate: z.number().nullable().describe('null: no positives'),
      falsePositiveRate: z.number().nullable().describe('null: no negatives'),
    }),
  ),
})
export type FairnessResult = z.infer<typeof fairnessResult>

export const evaluation = z.object({
  modelSha256: sha256.describe('Of the model.onnx that was evaluated'),
  data: z.object({
    path: z.string(),
    sha256,
    rows: z.int(),
    positives: z.int(),
    inputs: z.array(modelSubject).describe('Data and feature versions it was made from'),
  }),
  target: z.string(),
  metrics: metricEstimates,
  calibration: z.object({ error: z.number(), bins: z.array(calibrationBin) }),
  baseline: comparison.optional(),
  champion: comparison
    .extend({ model: z.string(), version: z.int(), modelSha256: sha256 })
    .optional(),
  championReason: z.string().optional().describe('Why there is no comparison with a champion'),
  slices: z.array(evaluationSlice),
  fairness: z.array(fairnessResult),
  parity: z.object({ rows: z.int(), largestDifference: z.number() }),
  createdAt: z.int(),
})
export type Evaluation = z.infer<typeof evaluation>

const column = z.object({
  name: z.string().max(1000),
  type: z.string().max(1000).describe('number, or as the signature of MLflow has it'),
})
export const modelSignature = z.object({
  inputs: z.array(column),
  outputs: z.array(column),
})
export type ModelSignature = z.infer<typeof modelSignature>

/** Histograms of the training data by feature and day block, for drift. */
export const modelProfile = z.object({
  rows: z.int(),
  target: z.object({ name: z.string(), rate: z.number() }).optional(),
  predictions: z.object({ edges: z.array(z.number()), counts: z.array(z.int()) }),
  features: z.array(
    z.object({
      name: z.string(),
      edges: z.array(z.number()).describe('Ascending inner edges; bucket i is [edge i-1, edge i)'),
      missing: z.int(),
      counts: z.array(z.int()).describe('edges + 1 buckets'),
      mean: z.number().nullable(),
      deviation: z.number().nullable(),
    }),
  ),
  blocks: z
    .array(
      z.object({
        start: z.int().describe('First instant of the day; null time: one block at 0'),
        rows: z.int(),
        predictions: z.array(z.int()),
        positives: z.array(z.int()).optional().describe('Rows of class 1 among the predictions'),
        features: z.record(z.string(), z.array(z.int())),
      }),
    )
    .describe('The same histograms by day of event time: drift is judged against their spread'),
})
export type ModelProfile = z.infer<typeof modelProfile>

export const versionFile = z.object({ path: z.string().max(1024), sha256, sizeBytes: z.int() })
export type VersionFile = z.infer<typeof versionFile>

export const aliasPointer = z.object({ alias: z.string(), version: z.int(), movedAt: z.int() })
export type AliasPointer = z.infer<typeof aliasPointer>

export const model = z.object({
  name: z.string(),
  description: z.string(),
  gate: z.array(gateCheck),
  guards: z
    .array(z.string())
    .describe('Aliases, and stages as stage:Production, that are reached only through the gate'),
  tags: z.record(z.string(), z.string()),
  latestVersion: z.int().nullable(),
  aliases: z.array(aliasPointer),
  createdAt: z.int(),
  updatedAt: z.int(),
})
export type Model = z.infer<typeof model>

export const modelVersion = z.object({
  model: z.string(),
  version: z.int(),
  description: z.string(),
  run: z.string().nullable(),
  learner: z.string(),
  options: z.record(z.string(), z.json()),
  signature: modelSignature,
  features: z.array(z.string()).describe('In the order of the model input'),
  featureService: modelSubject.nullable().describe('service:name@digest'),
  target: z.string().nullable(),
  inputs: z.array(modelSubject).describe('Data and feature versions that it was trained on'),
  gitCommit: z.string().nullable(),
  files: z.array(versionFile),
  source: z.string().nullable().describe('Where a client of MLflow registered it from'),
  storageLocation: z.string().nullable().describe('The same, models:/… followed'),
  runLink: z.string().nullable(),
  loggedModel: z.string().nullable(),
  stage: z.enum(['None', 'Staging', 'Production', 'Archived']),
  tags: z.record(z.string(), z.string()),
  metrics: metricEstimates.describe('Of the evaluation; empty before'),
  evaluatedAt: z.int().nullable(),
  gate: z.enum(['undecided', 'passed', 'refused']),
  licence: z.string().nullable().describe('As somebody declared it'),
  aliases: z.array(z.string()),
  createdAt: z.int(),
  createdBy: z.string(),
  updatedAt: z.int(),
})
export type ModelVersion = z.infer<typeof modelVersion>

export const aliasMove = z.object({
  alias: z.string(),
  version: z.int().nullable().describe('null: the alias was removed'),
  previous: z.int().nullable(),
  at: z.int(),
  actor: z.string(),
  reason: z.string(),
  override: z.boolean().describe('Moved against the gate'),
  evidence: z.array(modelSubject).describe('What it was decided on'),
})
export type AliasMove = z.infer<typeof aliasMove>

const differences = <T extends z.ZodType>(value: T) =>
  z.array(z.object({ name: z.string(), left: value.nullable(), right: value.nullable() }))
const sides = <T extends z.ZodType>(value: T) => z.object({ left: value, right: value })
const sideOf = <T extends z.ZodRawShape>(shape: T) => ({
  left: z.object(shape).nullable(),
  right: z.object(shape).nullable(),
})

export const versionComparison = z.object({
  left: z.int(),
  right: z.int(),
  sameRows: z.boolean().describe('Both were evaluated on the same rows'),
  metrics: z.array(
    z.object({
      metric: metricName,
      left: estimate.nullable(),
      right: estimate.nullable(),
      difference: z.number().nullable().describe('right minus left'),
    }),
  ),
  logged: z
    .array(
      z.object({
        metric: z.string(),
        left: metricNumber.nullable(),
        right: metricNumber.nullable(),
        difference: z.number().nullable(),
      }),
    )
    .describe('Last values of what the runs or logged models logged, the same ones as well'),
  options: differences(z.json()),
  parameters: differences(z.string()).describe('Of runs and logged models'),
  packages: differences(z.string()).describe('Library by version'),
  signature: z.object({
    inputs: differences(z.string()).describe('Type by column'),
    outputs: differences(z.string()),
    isReordered: z.boolean().describe('The same inputs in another order'),
  }),
  featuresAdded: z.array(z.string()),
  featuresRemoved: z.array(z.string()),
  inputsAdded: z.array(modelSubject),
  inputsRemoved: z.array(modelSubject),
  data: z
    .array(
      z.object({
        dataset: z.string(),
        ...sideOf({ version: z.string(), rows: z.int().nullable() }),
      }),
    )
    .describe('Every data set that either was made from'),
  files: z
    .array(z.object({ path: z.string(), ...sideOf({ sha256, sizeBytes: z.int() }) }))
    .describe('Those that differ'),
  filesUnchanged: z.int(),
  sizeBytes: sides(z.int()),
  commits: sides(z.string().nullable()),
})
export type VersionComparison = z.infer<typeof versionComparison>

export const modelsApi = {
  listModels: endpoint({
    method: 'GET',
    path: '/projects/:project/models',
    summary: 'Registered models',
    role: 'viewer',
    query: z.object({
      limit: z.coerce.number().int().min(1).max(1000).default(100),
      pageToken: z.string().max(2000).optional(),
    }),
    result: z.object({ items: z.array(model), nextPageToken: z.string().optional() }),
  }),
  declareModel: endpoint({
    method: 'PUT',
    path: '/projects/:project/models/:model',
    summary: 'Creates a registered model or changes its description or gate',
    role: 'editor',
    body: z.object({
      description: z.string().max(10_000).optional(),
      gate: z.array(gateCheck).max(50).optional(),
      guards: z.array(z.string().max(300)).max(50).optional(),
    }),
    result: model,
  }),
  getModel: endpoint({
    method: 'GET',
    path: '/projects/:project/models/:model',
    summary: 'A registered model',
    role: 'viewer',
    result: model,
  }),
  uploadModelFile: endpoint({
    method: 'POST',
    path: '/projects/:project/models/:model/files',
    summary: 'Stores a file that a version will name',
    role: 'editor',
    query: z.object({ sha256: sha256.optional() }),
    body: bytes,
    result: z.object({ sha256, sizeBytes: z.int() }),
  }),
  registerVersion: endpoint({
    method: 'POST',
    path: '/projects/:project/models/:model/versions',
    summary: 'Registers a version of files that are already stored; the gate is then evaluated',
    role: 'editor',
    maxBodyBytes: 8 * 1024 * 1024,
    body: z.object({
      description: z.string().max(10_000).optional(),
      run: z.string().max(64).optional(),
      learner: z.string().max(100).default('unknown'),
      options: z.record(z.string(), z.json()).optional(),
      signature: modelSignature.extend({
        inputs: z.array(column).min(1),
        outputs: z.array(column).min(1),
      }),
      features: z.array(z.string().min(1).max(250)).min(1).max(10_000),
      featureService: modelSubject.optional(),
      target: z.string().max(250).optional(),
      inputs: z.array(modelSubject).max(1000).optional(),
      gitCommit: z.string().max(100).optional(),
      files: z
        .array(versionFile)
        .min(1)
        .max(1000)
        .describe('model.onnx must be among them; sample.parquet and profile.json are known too'),
      tags: z.record(z.string().max(250), z.string().max(100_000)).optional(),
      evaluation: evaluation.optional(),
    }),
    result: modelVersion,
  }),
  listVersions: endpoint({
    method: 'GET',
    path: '/projects/:project/models/:model/versions',
    summary: 'Versions, newest first',
    role: 'viewer',
    query: z.object({
      limit: z.coerce.number().int().min(1).max(1000).default(100),
      pageToken: z.string().max(2000).optional(),
    }),
    result: z.object({ items: z.array(modelVersion), nextPageToken: z.string().optional() }),
  }),
  getVersion: endpoint({
    method: 'GET',
    path: '/projects/:project/models/:model/versions/:version',
    summary: `A version. ${versionReference}`,
    role: 'viewer',
    result: modelVersion,
  }),
  downloadVersionFile: endpoint({
    method: 'GET',
    path: '/projects/:project/models/:model/versions/:version/files',
    summary: `A file of a version. ${versionReference}`,
    role: 'viewer',
    query: z.object({ path: z.string().min(1).max(1024) }),
    result: bytes,
  }),
  downloadVersionArchive: endpoint({
    method: 'GET',
    path: '/projects/:project/models/:model/versions/:version/archive',
    summary: `All files of a version as a tar archive, with ranges and an ETag of the content. ${versionReference}`,
    role: 'viewer',
    result: bytes,
  }),
  downloadAliasArchive: endpoint({
    method: 'GET',
    path: '/projects/:project/models/:model/aliases/:alias/archive',
    summary:
      'All files of what an alias points at, as a tar archive; its ETag changes when the alias moves to other files',
    role: 'viewer',
    result: bytes,
  }),
  downloadAliasFile: endpoint({
    method: 'GET',
    path: '/projects/:project/models/:model/aliases/:alias/files',
    summary: 'A file of what an alias points at; its ETag is the sha256 of the content',
    role: 'viewer',
    query: z.object({ path: z.string().min(1).max(1024) }),
    result: bytes,
  }),
  getProfile: endpoint({
    method: 'GET',
    path: '/projects/:project/models/:model/versions/:version/profile',
    summary: 'Histograms of the training data; not_found when the version has none',
    role: 'viewer',
    result: modelProfile,
  }),
  recordEvaluation: endpoint({
    method: 'PUT',
    path: '/projects/:project/models/:model/versions/:version/evaluation',
    summary: 'Stores the evaluation of a version; the gate decides on it',
    role: 'editor',
    maxBodyBytes: 8 * 1024 * 1024,
    body: evaluation,
    result: modelVersion,
  }),
  getEvaluation: endpoint({
    method: 'GET',
    path: '/projects/:project/models/:model/versions/:version/evaluation',
    summary: 'The evaluation of a version; not_found before there is one',
    role: 'viewer',
    result: evaluation,
  }),
  evaluateGate: endpoint({
    method: 'POST',
    path: '/projects/:project/models/:model/versions/:version/gate',
    summary: 'Decides whether a version may serve, on its evaluation and the present champion',
    role: 'editor',
    result: gateDecision,
  }),
  listGateDecisions: endpoint({
    method: 'GET',
    path: '/projects/:project/models/:model/versions/:version/gate',
    summary: 'Decisions on a version, newest first',
    role: 'viewer',
    result: z.object({ items: z.array(gateDecision) }),
  }),
  setAlias: endpoint({
    method: 'PUT',
    path: '/projects/:project/models/:model/aliases/:alias',
    summary: 'Points an alias at a version. A guarded one, such as `champion`, needs a passed gate',
    role: 'operator',
    body: z.object({
      version: z.int().min(1),
      reason: z.string().min(1).max(10_000),
      previous: z
        .int()
        .nullable()
        .optional()
        .describe('Refused when the alias points elsewhere by now; null: nowhere'),
      override: z
        .boolean()
        .default(false)
        .describe('Move a guarded alias against the gate; is recorded'),
    }),
    result: aliasMove,
  }),
  removeAlias: endpoint({
    method: 'DELETE',
    path: '/projects/:project/models/:model/aliases/:alias',
    summary: 'Removes an alias',
    role: 'operator',
    query: z.object({ reason: z.string().min(1).max(10_000) }),
    result: aliasMove,
  }),
  aliasesAt: endpoint({
    method: 'GET',
    path: '/projects/:project/models/:model/aliases',
    summary: 'What each alias pointed at, now or at a time',
    role: 'viewer',
    query: z.object({ at: z.coerce.number().int().optional().describe('ms; default now') }),
    result: z.object({ items: z.array(aliasPointer) }),
  }),
  listAliasMoves: endpoint({
    method: 'GET',
    path: '/projects/:project/models/:model/history',
    summary: 'Every move of every alias, newest first',
    role: 'viewer',
    query: z.object({
      limit: z.coerce.number().int().min(1).max(1000).default(100),
      pageToken: z.string().max(2000).optional(),
    }),
    result: z.object({ items: z.array(aliasMove), nextPageToken: z.string().optional() }),
  }),
  compareVersions: endpoint({
    method: 'GET',
    path: '/projects/:project/models/:model/compare',
    summary: 'How two versions differ in evidence and in making',
    role: 'viewer',
    query: z.object({ left: z.string().min(1).max(250), right: z.string().min(1).max(250) }),
    result: versionComparison,
  }),
} satisfies ApiSpec
