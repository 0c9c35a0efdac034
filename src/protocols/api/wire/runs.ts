import { z } from 'zod'
import { type ApiSpec, bytes, endpoint } from '../endpoint.ts'
import { cell, dataColumn } from './data.ts'

/** JSON has no NaN and no infinities, so they travel as texts. */
export const metricNumber = z
  .union([z.number(), z.literal(['NaN', 'Infinity', '-Infinity'])])
  .describe('A double; NaN and infinities as texts')
export type MetricNumber = z.infer<typeof metricNumber>

export const runStatus = z.enum(['scheduled', 'running', 'finished', 'failed', 'killed'])
export type RunStatus = z.infer<typeof runStatus>

const lifecycle = z.enum(['active', 'deleted'])
const runSubject = z
  .string()
  .max(600)
  .describe('kind:name or kind:name@version, e.g. data:flights@12')
const tagMap = z.record(z.string().max(250), z.string().max(8000))
const parameterMap = z.record(z.string().max(250), z.string().max(6000))
const pageToken = z.string().max(2000)

export const experiment = z.object({
  id: z.string().describe('A decimal text; "0" is Default'),
  name: z.string(),
  description: z.string(),
  tags: tagMap,
  state: lifecycle,
  artifactLocation: z.string().describe('mlflow-artifacts:/… is in this server'),
  runCount: z.int(),
  createdAt: z.int(),
  updatedAt: z.int(),
})
export type Experiment = z.infer<typeof experiment>

export const runEnvironment = z.object({
  runtime: z.string().max(200).optional().describe('e.g. node 24.21.0, python 3.12.4'),
  host: z.string().max(300).optional(),
  platform: z.string().max(200).optional(),
  workingDirectory: z.string().max(2000).optional(),
  command: z.array(z.string().max(10_000)).max(1000).optional(),
  packages: z.record(z.string(), z.string()).optional().describe('Locked name -> version'),
  gitCommit: z.string().max(100).optional(),
  gitBranch: z.string().max(300).optional(),
  gitDirty: z.boolean().optional().describe('Uncommitted changes were present'),
})
export type RunEnvironment = z.infer<typeof runEnvironment>

export const metricSummary = z.object({
  key: z.string(),
  value: metricNumber.describe('The latest: highest (step, timestamp, value)'),
  step: z.int(),
  timestamp: z.int(),
  first: metricNumber,
  minimum: metricNumber.describe('NaN only when every value is'),
  maximum: metricNumber.describe('NaN only when every value is'),
  count: z.int(),
})
export type MetricSummary = z.infer<typeof metricSummary>

/** A run as a row of the table: latest metrics by key. */
export const runSummary = z.object({
  id: z.string(),
  experiment: z.string(),
  experimentName: z.string(),
  name: z.string(),
  status: runStatus,
  state: lifecycle,
  user: z.string(),
  startedAt: z.int().nullable(),
  endedAt: z.int().nullable(),
  parent: z.string().nullable(),
  metrics: z.record(z.string(), metricNumber),
  parameters: z.record(z.string(), z.string()),
  tags: z.record(z.string(), z.string()),
  minimums: z.record(z.string(), metricNumber).optional().describe('Of the columns min.KEY'),
  maximums: z.record(z.string(), metricNumber).optional().describe('Of the columns max.KEY'),
})
export type RunSummary = z.infer<typeof runSummary>

const forkedRun = z.object({
  run: z.string(),
  name: z.string(),
  step: z.int().nullable().describe('The last step that they share; null: all that there was'),
  at: z.int(),
})
export type ForkedRun = z.infer<typeof forkedRun>

export const run = runSummary.extend({
  forkedFrom: forkedRun.nullable().describe('Where it was continued from'),
  forks: z.array(forkedRun).describe('Runs that were continued from it, the newest first'),
  rewinds: z
    .array(forkedRun)
    .describe('Deleted runs that keep what it had before it went back to a step'),
  description: z.string(),
  reason: z.string().nullable().describe('Why it failed or was killed'),
  environment: runEnvironment,
  inputs: z.array(runSubject),
  outputs: z.array(runSubject),
  metricSummaries: z.array(metricSummary),
  createdAt: z.int(),
  updatedAt: z.int(),
})
export type Run = z.infer<typeof run>

export const metricPoint = z.object({
  step: z.int(),
  timestamp: z.int(),
  value: metricNumber,
})
export type MetricPoint = z.infer<typeof metricPoint>

export const chartSeries = z.object({
  run: z.string(),
  key: z.string(),
  total: z.int().describe('Points in the range, before bucketing'),
  /** One entry per bucket, in all of the lists. A bucket of one point is that point. */
  steps: z.array(z.int()),
  timestamps: z.array(z.int()),
  values: z.array(metricNumber).describe('The last value of the bucket'),
  minimums: z.array(metricNumber).describe('The true minimum; NaN only when all are'),
  maximums: z.array(metricNumber).describe('The true maximum; NaN only when all are'),
  counts: z.array(z.int()),
})
export type ChartSeries = z.infer<typeof chartSeries>

export const artifactEntry = z.object({
  path: z.string().describe('From the root of the run'),
  isDirectory: z.boolean(),
  sizeBytes: z.int().nullable(),
  sha256: z.string().nullable(),
})
export type ArtifactEntry = z.infer<typeof artifactEntry>

const newMetric = z.object({
  key: z.string().min(1).max(250),
  value: metricNumber,
  step: z.int().default(0),
  timestamp: z.int().min(0).optional().describe('Default: now'),
})

const metricDistribution = z.object({
  key: z.string(),
  count: z.int().describe('Runs with a finite number'),
  mean: z.number().nullable(),
  standardDeviation: z.number().nullable().describe('Of a sample; null under two runs'),
  minimum: z.number().nullable(),
  maximum: z.number().nullable(),
})

const runGroup = z.object({
  values: z.array(z.string().nullable()).describe('In the order of `by`; null: not logged'),
  runs: z.int(),
  metrics: z.array(metricDistribution),
})

export const runsApi = {
  queryRuns: endpoint({
    method: 'POST',
    path: '/projects/:project/runs-sql',
    summary: 'Read-only SQL over runs, parameters, tags, metrics and points',
    role: 'viewer',
    body: z.object({
      sql: z.string().min(1).max(100_000).describe("One SELECT in DuckDB's dialect"),
      experiments: z.array(z.int().nonnegative()).min(1).max(1000).optional(),
      maxRows: z.int().min(1).max(10_000).default(1000),
    }),
    result: z.object({
      columns: z.array(z.object({ name: z.string(), type: z.string() })),
      rows: z.array(z.array(z.union([z.null(), z.boolean(), z.number(), z.string()]))),
      truncated: z.boolean().describe('There are more rows than maxRows'),
    }),
  }),
  exportRuns: endpoint({
    method: 'GET',
    path: '/projects/:project/runs-export',
    summary: 'What was tracked, as CSV or Parquet',
    role: 'viewer',
    query: z.object({
      table: z.enum(['runs', 'parameters', 'tags', 'metrics', 'points']),
      format: z.enum(['csv', 'parquet']).default('csv'),
      experiment: z.array(z.coerce.number().int().nonnegative()).max(1000).optional(),
    }),
    result: bytes,
  }),
  listExperiments: endpoint({
    method: 'GET',
    path: '/projects/:project/experiments',
    summary: 'Experiments, newest change first',
    role: 'viewer',
    query: z.object({
      state: z.enum(['active', 'deleted', 'all']).default('active'),
      limit: z.coerce.number().int().min(1).max(1000).default(100),
      pageToken: pageToken.optional(),
    }),
    result: z.object({ items: z.array(experiment), nextPageToken: z.string().optional() }),
  }),
  createExperiment: endpoint({
    method: 'POST',
    path: '/projects/:project/experiments',
    summary: 'Creates an experiment',
    role: 'editor',
    body: z.object({
      name: z.string().min(1).max(500),
      description: z.string().max(10_000).optional(),
      tags: tagMap.optional(),
    }),
    result: experiment,
  }),
  getExperiment: endpoint({
    method: 'GET',
    path: '/projects/:project/experiments/:experiment',
    summary: 'An experiment, by id or by name',
    role: 'viewer',
    result: experiment,
  }),
  updateExperiment: endpoint({
    method: 'PATCH',
    path: '/projects/:project/experiments/:experiment',
    summary: 'Renames or describes an experiment, or sets tags (null removes one)',
    role: 'editor',
    body: z.object({
      name: z.string().min(1).max(500).optional(),
      description: z.string().max(10_000).optional(),
      tags: z.record(z.string().max(250), z.string().max(5000).nullable()).optional(),
    }),
    result: experiment,
  }),
  deleteExperiment: endpoint({
    method: 'DELETE',
    path: '/projects/:project/experiments/:experiment',
    summary: 'Hides an experiment and its runs; it can be restored',
    role: 'editor',
  }),
  restoreExperiment: endpoint({
    method: 'POST',
    path: '/projects/:project/experiments/:experiment/restore',
    summary: 'Brings a deleted experiment back',
    role: 'editor',
    result: experiment,
  }),
  createRun: endpoint({
    method: 'POST',
    path: '/projects/:project/runs',
    summary: 'Starts a run',
    role: 'editor',
    body: z.object({
      experiment: z
        .string()
        .max(500)
        .default('Default')
        .describe('Name or id; a new name is created'),
      id: z
        .string()
        .regex(/^[0-9a-f]{32}$/)
        .optional()
        .describe('Chosen by the client so that a retry is the same run'),
      name: z.string().max(500).optional(),
      description: z.string().max(10_000).optional(),
      parent: z.string().max(64).optional(),
      startedAt: z.int().min(0).optional(),
      parameters: parameterMap.optional(),
      tags: tagMap.optional(),
      environment: runEnvironment.optional(),
      inputs: z.array(runSubject).max(1000).optional(),
    }),
    result: run,
  }),
  searchRuns: endpoint({
    method: 'POST',
    path: '/projects/:project/runs/search',
    summary: "Runs by filter: metrics.auc > 0.6 and params.learner = 'trees'",
    role: 'viewer',
    body: z.object({
      experiments: z.array(z.string().max(500)).max(1000).optional().describe('Ids or names'),
      filter: z.string().max(10_000).default(''),
      orderBy: z
        .array(z.string().max(600))
        .max(10)
        .optional()
        .describe('e.g. metrics.auc desc, attributes.start_time; default: newest first'),
      state: z.enum(['active', 'deleted', 'all']).default('active'),
      limit: z.int().min(1).max(1000).default(100),
      pageToken: pageToken.optional(),
      columns: z
        .array(z.string().max(300))
        .max(1000)
        .optional()
        .describe('Only these: metrics.KEY, min.KEY, max.KEY, params.KEY, tags.KEY'),
    }),
    result: z.object({
      items: z.array(runSummary),
      total: z.int().describe('Runs that match, over all pages'),
      nextPageToken: z.string().optional(),
    }),
  }),
  groupRuns: endpoint({
    method: 'POST',
    path: '/projects/:project/runs/groups',
    summary: 'Mean, deviation and extremes of metrics over all runs, by what they have in common',
    role: 'viewer',
    body: z.object({
      experiments: z.array(z.string().max(500)).max(1000).optional().describe('Ids or names'),
      filter: z.string().max(10_000).default(''),
      state: z.enum(['active', 'deleted', 'all']).default('active'),
      by: z
        .array(z.string().max(600))
        .max(10)
        .describe('e.g. params.learner, tags.team, attributes.status; none: one group'),
      metrics: z.array(z.string().max(250)).max(50).default([]),
      statistic: z
        .enum(['last', 'minimum', 'maximum', 'first'])
        .default('last')
        .describe('Which number of a metric counts for a run'),
      limit: z.int().min(1).max(1000).default(100),
    }),
    result: z.object({
      groups: z.array(runGroup),
      total: z.int().describe('Groups that there are'),
    }),
  }),
  listRunColumns: endpoint({
    method: 'GET',
    path: '/projects/:project/runs/columns',
    summary: 'Keys of metrics, parameters and tags that runs have, for choosing columns',
    role: 'viewer',
    query: z.object({ experiment: z.string().max(500).optional() }),
    result: z.object({
      metrics: z.array(z.string()),
      parameters: z.array(z.string()),
      tags: z.array(z.string()),
    }),
  }),
  getRun: endpoint({
    method: 'GET',
    path: '/projects/:project/runs/:run',
    summary: 'A run',
    role: 'viewer',
    result: run,
  }),
  updateRun: endpoint({
    method: 'PATCH',
    path: '/projects/:project/runs/:run',
    summary: 'Renames or describes a run, or sets tags (null removes one)',
    role: 'editor',
    body: z.object({
      name: z.string().min(1).max(500).optional(),
      description: z.string().max(10_000).optional(),
      tags: z.record(z.string().max(250), z.string().max(8000).nullable()).optional(),
    }),
    result: run,
  }),
  logToRun: endpoint({
    method: 'POST',
    path: '/projects/:project/runs/:run/log',
    summary: 'Logs a batch of metrics, parameters and tags; safe to repeat',
    role: 'editor',
    maxBodyBytes: 16 * 1024 * 1024,
    body: z.object({
      metrics: z.array(newMetric).max(50_000).optional(),
      parameters: parameterMap.optional(),
      tags: tagMap.optional(),
    }),
    result: z.object({
      accepted: z.int().describe('New points; exact duplicates are not counted'),
    }),
  }),
  linkToRun: endpoint({
    method: 'POST',
    path: '/projects/:project/runs/:run/links',
    summary: 'Says what a run was made from and what it made',
    role: 'editor',
    body: z.object({
      inputs: z.array(runSubject).max(1000).optional(),
      outputs: z.array(runSubject).max(1000).optional(),
      environment: runEnvironment.optional(),
    }),
    result: run,
  }),
  finishRun: endpoint({
    method: 'POST',
    path: '/projects/:project/runs/:run/finish',
    summary: 'Ends a run',
    role: 'editor',
    body: z.object({
      status: z.enum(['finished', 'failed', 'killed']).default('finished'),
      reason: z.string().max(10_000).optional(),
      endedAt: z.int().min(0).optional(),
    }),
    result: run,
  }),
  resumeRun: endpoint({
    method: 'POST',
    path: '/projects/:project/runs/:run/resume',
    summary: 'Makes an ended run running again',
    role: 'editor',
    result: run,
  }),
  forkRun: endpoint({
    method: 'POST',
    path: '/projects/:project/runs/:run/fork',
    summary: 'Continues a run as another one, which shares its metrics up to a step',
    role: 'editor',
    body: z.object({
      step: z.int().optional().describe('The last step that is shared; default: all'),
      name: z.string().max(500).optional(),
      parameters: parameterMap.optional().describe('Take the place of those of the run'),
      tags: tagMap.optional(),
    }),
    result: run,
  }),
  rewindRun: endpoint({
    method: 'POST',
    path: '/projects/:project/runs/:run/rewind',
    summary: 'Takes a run back to a step; a deleted run keeps what it had',
    role: 'editor',
    body: z.object({ step: z.int().describe('The last step that it keeps') }),
    result: run,
  }),
  undoRewind: endpoint({
    method: 'POST',
    path: '/projects/:project/runs/:run/rewind/undo',
    summary: 'Takes the last rewind of a run back',
    role: 'editor',
    result: run,
  }),
  deleteRun: endpoint({
    method: 'DELETE',
    path: '/projects/:project/runs/:run',
    summary: 'Hides a run; it can be restored',
    role: 'editor',
  }),
  restoreRun: endpoint({
    method: 'POST',
    path: '/projects/:project/runs/:run/restore',
    summary: 'Brings a deleted run back',
    role: 'editor',
    result: run,
  }),
  getMetricHistory: endpoint({
    method: 'GET',
    path: '/projects/:project/runs/:run/metrics',
    summary: 'Every point of one metric, ordered by (timestamp, step, value)',
    role: 'viewer',
    query: z.object({
      key: z.string().min(1).max(250),
      limit: z.coerce.number().int().min(1).max(25_000).default(1000),
      pageToken: pageToken.optional(),
    }),
    result: z.object({ items: z.array(metricPoint), nextPageToken: z.string().optional() }),
  }),
  readCharts: endpoint({
    method: 'POST',
    path: '/projects/:project/runs/charts',
    summary: 'Series for charts: at most so many points each, true extremes kept',
    role: 'viewer',
    body: z.object({
      runs: z.array(z.string().max(64)).min(1).max(100),
      keys: z.array(z.string().max(250)).min(1).max(50),
      points: z.int().min(2).max(5000).default(500),
      from: z.int().optional().describe('Lowest step'),
      to: z.int().optional().describe('Highest step'),
    }),
    result: z.object({ series: z.array(chartSeries) }),
  }),
  listArtifacts: endpoint({
    method: 'GET',
    path: '/projects/:project/runs/:run/artifacts',
    summary: 'The files and directories directly under a path of the run',
    role: 'viewer',
    query: z.object({ path: z.string().max(1024).default('') }),
    result: z.object({ items: z.array(artifactEntry) }),
  }),
  downloadArtifact: endpoint({
    method: 'GET',
    path: '/projects/:project/runs/:run/artifacts/content',
    summary: 'The content of an artifact',
    role: 'viewer',
    query: z.object({ path: z.string().min(1).max(1024) }),
    result: bytes,
  }),
  previewArtifact: endpoint({
    method: 'GET',
    path: '/projects/:project/runs/:run/artifacts/preview',
    summary: 'The first rows of an artifact that is a table: Parquet, CSV or JSON',
    role: 'viewer',
    query: z.object({
      path: z.string().min(1).max(1024),
      limit: z.coerce.number().int().min(1).max(500).default(100),
    }),
    result: z.object({ columns: z.array(dataColumn), rows: z.array(z.array(cell)) }),
  }),
  viewArtifact: endpoint({
    method: 'POST',
    path: '/projects/:project/runs/:run/artifacts/view',
    summary: 'An address at which a browser may show an HTML artifact, for a minute, in a sandbox',
    role: 'viewer',
    body: z.object({ path: z.string().min(1).max(1024) }),
    result: z.object({ address: z.string(), expiresAt: z.int() }),
  }),
  uploadArtifact: endpoint({
    method: 'PUT',
    path: '/projects/:project/runs/:run/artifacts/content',
    summary: 'Stores an artifact under a path; the same path again replaces it',
    role: 'editor',
    query: z.object({
      path: z.string().min(1).max(1024),
      sha256: z
        .string()
        .regex(/^[0-9a-f]{64}$/)
        .optional()
        .describe('Refused when the content is something else'),
    }),
    body: bytes,
    result: artifactEntry,
  }),
} satisfies ApiSpec
