import { z } from 'zod'
import { type ApiSpec, bytes, endpoint } from '../endpoint.ts'

const hash12 = z.string().regex(/^[0-9a-f]{12}$/)

export const featureValueType = z.enum(['number', 'boolean', 'string', 'timestamp'])
export type FeatureValueType = z.infer<typeof featureValueType>

export const entity = z.object({
  name: z.string(),
  keys: z.array(z.string()).describe('Columns that together name one; several for a composite key'),
})
export type Entity = z.infer<typeof entity>

export const aggregationFunction = z.enum(['count', 'sum', 'mean', 'min', 'max'])
export type AggregationFunction = z.infer<typeof aggregationFunction>

/** One feature of a view: an aggregate over a rolling window, or the latest value. */
export const viewFeature = z.object({
  name: z.string(),
  kind: z.enum(['aggregate', 'latest']),
  function: aggregationFunction.nullable().describe('null: the latest value'),
  expression: z.string().nullable().describe('null: count of rows'),
  windowMs: z.int().nullable().describe('Whole days; null for the latest value'),
})
export type ViewFeature = z.infer<typeof viewFeature>

/** What the online store holds of a view. */
export const materialization = z.object({
  dataVersion: z.int(),
  entities: z.int(),
  tiles: z.int(),
  newestEvent: z.int().nullable(),
  materializedAt: z.int(),
  durationMs: z.int(),
})
export type Materialization = z.infer<typeof materialization>

export const featureView = z.object({
  name: z.string(),
  version: hash12.describe('Of its definition'),
  current: z.boolean(),
  entity: z.string(),
  keys: z.array(z.string()),
  source: z.string().describe('The data set'),
  timestamp: z.string(),
  knownAt: z.string(),
  ttlMs: z.int().nullable().describe('Of latest values; null: for ever'),
  features: z.array(viewFeature),
  materialized: materialization.nullable(),
  services: z.array(z.string()).describe('Current services that use it'),
  createdAt: z.int(),
})
export type FeatureView = z.infer<typeof featureView>

export const serviceFeature = z.object({
  name: z.string(),
  view: z.string().nullable().describe('null: computed from the request'),
  expression: z.string().nullable(),
  type: featureValueType,
})
export type ServiceFeature = z.infer<typeof serviceFeature>

export const featureService = z.object({
  name: z.string(),
  version: hash12,
  current: z.boolean(),
  request: z.array(z.object({ name: z.string(), type: featureValueType })),
  keys: z.array(z.string()).describe('Columns that name the entities; given with each request'),
  timestamp: z.string().describe('The column of the request that says as of when; else now'),
  views: z.array(z.object({ name: z.string(), version: hash12 })),
  features: z.array(serviceFeature).describe('In the order in which they are served'),
  createdAt: z.int(),
})
export type FeatureService = z.infer<typeof featureService>

const cells = z.array(z.union([z.null(), z.boolean(), z.number(), z.string()])).max(100_000)

export const appliedFeatures = z.object({
  views: z.array(
    z.object({ name: z.string(), version: hash12, change: z.enum(['created', 'changed', 'same']) }),
  ),
  services: z.array(
    z.object({ name: z.string(), version: hash12, change: z.enum(['created', 'changed', 'same']) }),
  ),
})
export type AppliedFeatures = z.infer<typeof appliedFeatures>

/** The rows that features are joined to. */
export const spine = z.union([
  z.strictObject({
    data: z.string().max(200).describe('NAME, or NAME@VERSION'),
    from: z.string().max(40).optional().describe('Instant, or duration before the newest: -56d'),
    to: z.string().max(40).optional().describe('Exclusive'),
    sample: z.int().min(1).max(100_000_000).optional().describe('Rows; chosen by hash and seed'),
    seed: z.int().min(0).default(0),
    label: z.string().max(10_000).optional().describe('name=expression over columns of the data'),
    keep: z.array(z.string().max(500)).max(1000).default([]).describe('Columns to keep besides'),
  }),
  z.strictObject({
    blob: z
      .string()
      .regex(/^[0-9a-f]{64}$/)
      .describe('A Parquet file that was uploaded'),
    timestamp: z
      .string()
      .max(500)
      .optional()
      .describe("Column: as of when; default: the service's"),
    data: z
      .record(z.string(), z.int())
      .default({})
      .describe('Data versions to read features from, by data set; default: the latest'),
  }),
])
export type Spine = z.infer<typeof spine>

export const trainingSet = z.object({
  id: z.string(),
  service: z.string(),
  serviceVersion: hash12,
  sha256: z.string(),
  sizeBytes: z.int(),
  rows: z.int(),
  columns: z.array(z.string()),
  inputs: z
    .array(z.string())
    .describe('Subjects: data versions, view versions, the service version'),
  missing: z.record(z.string(), z.int()).describe('Rows without a value, by feature'),
  newest: z.int().nullable().describe('What negative durations were counted from'),
  from: z.int().nullable(),
  to: z.int().nullable(),
  durationMs: z.int(),
  createdAt: z.int(),
})
export type TrainingSet = z.infer<typeof trainingSet>

export const consistencyFeature = z.object({
  name: z.string(),
  compared: z.int(),
  mismatches: z.int(),
  missingOnline: z.int().describe('A value offline, none online'),
  extraOnline: z.int().describe('A value online, none offline'),
  maximumDifference: z.number(),
})
export type ConsistencyFeature = z.infer<typeof consistencyFeature>

export const consistencyReport = z.object({
  id: z.string(),
  service: z.string(),
  serviceVersion: hash12,
  dataVersion: z.int(),
  rows: z.int(),
  consistent: z.boolean(),
  mismatches: z.int(),
  features: z.array(consistencyFeature),
  examples: z
    .array(
      z.object({
        feature: z.string(),
        at: z.int(),
        keys: z.record(z.string(), z.union([z.null(), z.boolean(), z.number(), z.string()])),
        offline: z.number().nullable(),
        online: z.number().nullable(),
      }),
    )
    .describe('At most 20'),
  offlineMs: z.number(),
  onlineMs: z.number(),
  checkedAt: z.int(),
})
export type ConsistencyReport = z.infer<typeof consistencyReport>

export const featuresApi = {
  apply: endpoint({
    method: 'POST',
    path: '/projects/:project/features',
    summary: 'Makes the project have what a features.yaml declares',
    role: 'editor',
    body: z.object({ source: z.string().max(1_000_000).describe('The text of features.yaml') }),
    maxBodyBytes: 2 * 1024 * 1024,
    result: appliedFeatures,
  }),
  listEntities: endpoint({
    method: 'GET',
    path: '/projects/:project/feature-entities',
    summary: 'Entities by name',
    role: 'viewer',
    result: z.object({ items: z.array(entity) }),
  }),
  listViews: endpoint({
    method: 'GET',
    path: '/projects/:project/feature-views',
    summary: 'Current views by name, or all their versions',
    role: 'viewer',
    query: z.object({
      name: z.string().max(128).optional(),
      all: z.boolean().default(false).describe('Versions that are not current, too'),
    }),
    result: z.object({ items: z.array(featureView) }),
  }),
  getView: endpoint({
    method: 'GET',
    path: '/projects/:project/feature-views/:view',
    summary: 'A view: NAME, or NAME@VERSION',
    role: 'viewer',
    result: featureView,
  }),
  listServices: endpoint({
    method: 'GET',
    path: '/projects/:project/feature-services',
    summary: 'Current services by name, or all their versions',
    role: 'viewer',
    query: z.object({
      name: z.string().max(128).optional(),
      all: z.boolean().default(false),
    }),
    result: z.object({ items: z.array(featureService) }),
  }),
  getService: endpoint({
    method: 'GET',
    path: '/projects/:project/feature-services/:service',
    summary: 'A service: NAME, or NAME@VERSION',
    role: 'viewer',
    result: featureService,
  }),
  join: endpoint({
    method: 'POST',
    path: '/projects/:project/feature-services/:service/join',
    summary: 'Makes a training set: features as they were known at each row’s moment',
    role: 'editor',
    body: spine,
    result: trainingSet,
  }),
  listTrainingSets: endpoint({
    method: 'GET',
    path: '/projects/:project/training-sets',
    summary: 'Training sets, newest first',
    role: 'viewer',
    query: z.object({
      service: z.string().max(128).optional(),
      limit: z.coerce.number().int().min(1).max(500).default(50),
    }),
    result: z.object({ items: z.array(trainingSet) }),
  }),
  getTrainingSet: endpoint({
    method: 'GET',
    path: '/projects/:project/training-sets/:id',
    summary: 'One training set',
    role: 'viewer',
    result: trainingSet,
  }),
  downloadTrainingSet: endpoint({
    method: 'GET',
    path: '/projects/:project/training-sets/:id/content',
    summary: 'Its Parquet file',
    role: 'viewer',
    result: bytes,
  }),
  materialize: endpoint({
    method: 'POST',
    path: '/projects/:project/feature-services/:service/materialize',
    summary: 'Brings the online store to a data version; only new files are read',
    role: 'editor',
    body: z.object({ version: z.int().min(1).optional().describe('Default: the latest') }),
    result: z.object({
      items: z.array(
        materialization.extend({
          view: z.string(),
          version: hash12,
          filesRead: z.int(),
          entitiesChanged: z.int(),
        }),
      ),
    }),
  }),
  lookup: endpoint({
    method: 'POST',
    path: '/projects/:project/feature-services/:service/lookup',
    summary: 'Features for a batch of requests, from the online store',
    role: 'viewer',
    body: z.object({
      columns: z.record(z.string(), cells).describe('Keys and request columns, all of one length'),
      timestamps: z
        .array(z.number())
        .max(100_000)
        .optional()
        .describe('As of when; else the request’s'),
    }),
    maxBodyBytes: 16 * 1024 * 1024,
    result: z.object({
      features: z.array(z.string()),
      columns: z.record(z.string(), z.array(z.number().nullable())),
      missing: z.record(z.string(), z.int()).describe('Rows without a value, by feature'),
      rows: z.int(),
    }),
  }),
  check: endpoint({
    method: 'POST',
    path: '/projects/:project/feature-services/:service/check',
    summary: 'Computes sampled rows offline and online and compares',
    role: 'editor',
    body: z.object({
      rows: z.int().min(1).max(1_000_000).default(2000),
      seed: z.int().min(0).default(0),
    }),
    result: consistencyReport,
  }),
  listChecks: endpoint({
    method: 'GET',
    path: '/projects/:project/feature-services/:service/checks',
    summary: 'Consistency reports, newest first',
    role: 'viewer',
    query: z.object({ limit: z.coerce.number().int().min(1).max(200).default(20) }),
    result: z.object({ items: z.array(consistencyReport) }),
  }),
} satisfies ApiSpec
