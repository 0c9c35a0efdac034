import { z } from 'zod'
import { type ApiSpec, bytes, endpoint } from '../endpoint.ts'

const sha256 = z.string().regex(/^[0-9a-f]{64}$/)
const md5 = z.string().regex(/^[0-9a-f]{32}$/)
const versionReference = 'The version is a number or "latest"'

export const dataFile = z.object({
  path: z.string().min(1).max(1024).describe('From the root of the data set, with "/"'),
  sha256,
  md5,
  sizeBytes: z.int().min(0),
})
export type DataFile = z.infer<typeof dataFile>

export const cell = z.union([z.null(), z.boolean(), z.number(), z.string()])
export const columnType = z.enum(['boolean', 'integer', 'number', 'string', 'timestamp', 'other'])

export const dataColumn = z.object({
  name: z.string(),
  type: columnType,
  nativeType: z.string().describe("The engine's name of the type, e.g. BIGINT"),
})
export type DataColumn = z.infer<typeof dataColumn>

/* Expectations and verdicts keep Great Expectations' names, so that its users can read them. */
export const expectation = z.object({
  type: z.string().describe('expect_column_values_to_not_be_null'),
  kwargs: z.record(z.string(), z.json()),
  severity: z.enum(['warn', 'refuse']).describe('warn: told, but the version is committed'),
  scope: z.enum(['batch', 'version']).describe('Of the new files, or of all files of the version'),
})
export type Expectation = z.infer<typeof expectation>

export const expectationResult = z.object({
  success: z.boolean(),
  expectation_config: expectation,
  result: z.object({
    observed_value: z.json().optional(),
    element_count: z.int().optional(),
    missing_count: z.int().optional(),
    missing_percent: z.number().optional(),
    unexpected_count: z.int().optional(),
    unexpected_percent: z.number().optional().describe('Of the values that are there'),
    unexpected_percent_total: z.number().optional(),
    unexpected_percent_nonmissing: z.number().optional(),
    partial_unexpected_list: z.array(cell).optional().describe('At most 20'),
  }),
  exception_info: z.object({
    raised_exception: z.boolean(),
    exception_message: z.string().nullable(),
  }),
  sentence: z.string().describe('What was found, for people'),
})
export type ExpectationResult = z.infer<typeof expectationResult>

export const verdict = z.object({
  success: z.boolean().describe('Whether all that refuse were met'),
  results: z.array(expectationResult),
  statistics: z.object({
    evaluated_expectations: z.int(),
    successful_expectations: z.int(),
    unsuccessful_expectations: z.int(),
    success_percent: z.number().nullable(),
  }),
  files: z.int().describe('The files that were checked'),
  rows: z.int(),
})
export type Verdict = z.infer<typeof verdict>

/* What is in a version. */
export const columnProfile = z.object({
  name: z.string(),
  type: columnType,
  rows: z.int(),
  nulls: z.int(),
  distinct: z.int().describe('Of several files: estimated above 256, mostly within 6 %'),
  minimum: cell.describe('Timestamps in milliseconds'),
  maximum: cell,
  mean: z.number().nullable(),
  standardDeviation: z.number().nullable(),
  quantiles: z
    .array(z.object({ probability: z.number(), value: z.number() }))
    .describe('Exact within a file, merged between files; empty for texts'),
  histogram: z
    .object({
      edges: z.array(z.number()),
      counts: z.array(z.int()).describe('Below the first edge, between edges, above the last'),
    })
    .nullable()
    .describe('null for texts and booleans. Edges stay the same from version to version'),
  top: z
    .array(z.object({ value: z.union([z.string(), z.boolean()]), count: z.int() }))
    .describe('The most frequent values of texts and booleans'),
  topComplete: z.boolean().describe('Whether `top` holds every value'),
})
export type ColumnProfile = z.infer<typeof columnProfile>

export const dataProfile = z.object({
  rows: z.int(),
  columns: z.array(columnProfile),
  unread: z
    .array(z.object({ path: z.string(), reason: z.string() }))
    .describe('Files that are no tables, so that they are versioned but not profiled'),
})
export type DataProfile = z.infer<typeof dataProfile>

/* What changed. */
export const schemaChange = z.object({
  column: z.string(),
  change: z.enum(['added', 'removed', 'retyped']),
  from: z.string().nullable(),
  to: z.string().nullable(),
  breaking: z.boolean(),
})
export type SchemaChange = z.infer<typeof schemaChange>

export const columnChange = z.object({
  name: z.string(),
  distance: z
    .number()
    .nullable()
    .describe('Jensen-Shannon distance, 0 to 1, of all rows to all before'),
  arrivedDistance: z.number().nullable().describe('The same of the rows in new files'),
  nullRate: z.number(),
  nullRateBefore: z.number(),
  arrivedNullRate: z.number().nullable(),
  mean: z.number().nullable(),
  meanBefore: z.number().nullable(),
  arrivedMean: z.number().nullable(),
})
export type ColumnChange = z.infer<typeof columnChange>

export const changeReport = z.object({
  from: z
    .int()
    .nullable()
    .describe('The version that it is compared with; null: nothing was before'),
  to: z.int(),
  files: z.object({
    added: z.int(),
    removed: z.int(),
    modified: z.int(),
    unchanged: z.int(),
    changes: z
      .array(
        z.object({
          path: z.string(),
          change: z.enum(['added', 'removed', 'modified']),
          sizeBytes: z.int(),
        }),
      )
      .describe('At most 200'),
  }),
  bytesNew: z.int(),
  rows: z.int().nullable(),
  rowsBefore: z.int().nullable(),
  rowsArrived: z.int().nullable().describe('In added and modified files'),
  schema: z.array(schemaChange),
  columns: z.array(columnChange),
  sentence: z.string().describe('The change in one sentence, for people'),
})
export type ChangeReport = z.infer<typeof changeReport>

/* Data sets and versions. */
export const dataset = z.object({
  name: z.string(),
  description: z.string(),
  path: z.string().nullable().describe("In the user's repository"),
  timestamp: z.string().nullable().describe('Column: when the event happened'),
  knownAt: z.string().nullable().describe('Column: when the row became known'),
  expectations: z.array(expectation),
  latestVersion: z.int().nullable(),
  versions: z.int().describe('Quarantined ones included'),
  quarantined: z.int(),
  createdAt: z.int(),
  updatedAt: z.int(),
})
export type Dataset = z.infer<typeof dataset>

export const datasetDefinition = z.object({
  description: z.string().max(10_000).default(''),
  path: z.string().max(1024).nullable().default(null),
  timestamp: z.string().max(500).nullable().default(null),
  knownAt: z.string().max(500).nullable().default(null),
  expectations: z
    .union([z.string().max(1_000_000), z.array(z.json()).max(10_000)])
    .default([])
    .describe('YAML text, or a list in either form of Great Expectations'),
})

export const versionState = z.enum(['committed', 'quarantined', 'expired'])
export type VersionState = z.infer<typeof versionState>

export const dataVersion = z.object({
  dataset: z.string(),
  version: z.int(),
  state: versionState,
  latest: z.boolean(),
  digest: sha256.describe('Of the sorted list of files'),
  dvcDigest: z.string().describe('What dvc calls it: md5 of the file, or md5.dir of the manifest'),
  parent: z.int().nullable().describe('The latest version when this one was committed'),
  message: z.string(),
  author: z.string(),
  gitCommit: z.string().nullable(),
  files: z.int(),
  sizeBytes: z.int(),
  rows: z.int().nullable().describe('null: no file is a table'),
  summary: z.string().describe('What changed, in one sentence'),
  expectationsMet: z.int(),
  expectationsFailed: z.int(),
  released: z
    .object({ reason: z.string(), by: z.string(), at: z.int() })
    .nullable()
    .describe('Set when an operator let a quarantined version through'),
  createdAt: z.int(),
})
export type DataVersion = z.infer<typeof dataVersion>

export const dataVersionDetail = dataVersion.extend({
  schema: z.array(dataColumn),
  profile: dataProfile,
  changes: changeReport,
  verdict: verdict.nullable().describe('null: there were no expectations'),
})
export type DataVersionDetail = z.infer<typeof dataVersionDetail>

export const folderEntry = z.object({
  path: z.string(),
  isFolder: z.boolean(),
  files: z.int().describe('Of a folder: at any depth'),
  sizeBytes: z.int(),
  sha256: sha256.nullable().describe('null for a folder'),
  md5: md5.nullable(),
})

/** A reason for which nothing of a data set, or of one version, may go. */
export const hold = z.object({
  id: z.string(),
  dataset: z.string(),
  version: z.int().nullable().describe('null: all versions'),
  reason: z.string(),
  by: z.string(),
  at: z.int(),
})

const pageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(1000).default(100),
  pageToken: z.string().max(500).optional(),
})

export const dataApi = {
  listDatasets: endpoint({
    method: 'GET',
    path: '/projects/:project/datasets',
    summary: 'Data sets by name',
    role: 'viewer',
    result: z.object({ items: z.array(dataset) }),
  }),
  declareDataset: endpoint({
    method: 'PUT',
    path: '/projects/:project/datasets/:dataset',
    summary: 'Creates a data set or changes its definition',
    role: 'editor',
    body: datasetDefinition,
    maxBodyBytes: 4 * 1024 * 1024,
    result: dataset,
  }),
  getDataset: endpoint({
    method: 'GET',
    path: '/projects/:project/datasets/:dataset',
    summary: 'One data set',
    role: 'viewer',
    result: dataset,
  }),
  listVersions: endpoint({
    method: 'GET',
    path: '/projects/:project/datasets/:dataset/versions',
    summary: 'Versions, newest first',
    role: 'viewer',
    query: pageQuery.extend({ state: versionState.optional() }),
    result: z.object({ items: z.array(dataVersion), nextPageToken: z.string().optional() }),
  }),
  commitVersion: endpoint({
    method: 'POST',
    path: '/projects/:project/datasets/:dataset/versions',
    summary: 'Commits a version of files whose blobs are there; refused when expectations fail',
    role: 'editor',
    body: z.object({
      files: z.array(dataFile).min(1).max(200_000),
      parent: z
        .int()
        .nullable()
        .optional()
        .describe('Must be the latest version (null: none yet), else conflict. Absent: any'),
      message: z.string().max(10_000).default(''),
      author: z.string().max(500).optional().describe('Default: who asks'),
      gitCommit: z.string().max(100).optional(),
    }),
    maxBodyBytes: 128 * 1024 * 1024,
    result: dataVersionDetail,
  }),
  checkExpectations: endpoint({
    method: 'POST',
    path: '/projects/:project/datasets/:dataset/check',
    summary: 'What a commit of these files would say; commits nothing',
    role: 'editor',
    body: z.object({
      files: z
        .array(dataFile)
        .min(1)
        .max(200_000)
        .optional()
        .describe('Default: the latest version'),
      expectations: datasetDefinition.shape.expectations
        .optional()
        .describe('Default: the declared'),
      all: z.boolean().default(false).describe('Check all files, not only the new ones'),
    }),
    maxBodyBytes: 128 * 1024 * 1024,
    result: verdict,
  }),
  getVersion: endpoint({
    method: 'GET',
    path: '/projects/:project/datasets/:dataset/versions/:version',
    summary: `A version with schema, profile, changes and verdict. ${versionReference}`,
    role: 'viewer',
    result: dataVersionDetail,
  }),
  listFiles: endpoint({
    method: 'GET',
    path: '/projects/:project/datasets/:dataset/versions/:version/files',
    summary: 'Files of a version, by path',
    role: 'viewer',
    query: z.object({
      limit: z.coerce.number().int().min(1).max(50_000).default(1000),
      pageToken: z.string().max(500).optional(),
    }),
    result: z.object({ items: z.array(dataFile), nextPageToken: z.string().optional() }),
  }),
  listFolder: endpoint({
    method: 'GET',
    path: '/projects/:project/datasets/:dataset/versions/:version/folder',
    summary: 'What lies directly in a folder of a version, folders first',
    role: 'viewer',
    query: z.object({
      folder: z.string().max(1024).default('').describe('Without "/" at its end; empty: the root'),
      limit: z.coerce.number().int().min(1).max(10_000).default(200),
      pageToken: z.string().max(500).optional(),
    }),
    result: z.object({
      items: z.array(folderEntry),
      entries: z.int().describe('Of the folder, on whichever page'),
      files: z.int().describe('All files below the folder, at any depth'),
      sizeBytes: z.int(),
      nextPageToken: z.string().optional(),
    }),
  }),
  profileFile: endpoint({
    method: 'GET',
    path: '/projects/:project/datasets/:dataset/versions/:version/profile',
    summary: 'The columns of one file, as they were measured',
    role: 'viewer',
    query: z.object({ path: z.string().min(1).max(1024) }),
    result: dataProfile,
  }),
  listUses: endpoint({
    method: 'GET',
    path: '/projects/:project/datasets/:dataset/versions/:version/uses',
    summary: 'What a version is used for and what holds it, nearest first',
    role: 'viewer',
    result: z.object({
      dataset: z.string(),
      version: z.int(),
      uses: z.array(
        z.object({
          subject: z.string(),
          kind: z.string(),
          distance: z.int().describe('Steps of lineage away; 1 used the version itself'),
          through: z.string().describe('What it was made of on the way'),
        }),
      ),
      truncated: z.boolean().describe('There are more uses than are told'),
      holds: z.array(hold),
      latest: z.boolean().describe('Whoever names no version gets this one'),
    }),
  }),
  downloadFile: endpoint({
    method: 'GET',
    path: '/projects/:project/datasets/:dataset/versions/:version/content',
    summary: 'The bytes of one file',
    role: 'viewer',
    query: z.object({ path: z.string().min(1).max(1024) }),
    result: bytes,
  }),
  previewVersion: endpoint({
    method: 'GET',
    path: '/projects/:project/datasets/:dataset/versions/:version/preview',
    summary: 'The first rows',
    role: 'viewer',
    query: z.object({
      limit: z.coerce.number().int().min(1).max(500).default(50),
      path: z.string().max(1024).optional().describe('Of one file; default: of all'),
    }),
    result: z.object({ columns: z.array(dataColumn), rows: z.array(z.array(cell)) }),
  }),
  compareVersions: endpoint({
    method: 'GET',
    path: '/projects/:project/datasets/:dataset/comparison',
    summary: 'What changed between any two versions',
    role: 'viewer',
    query: z.object({ from: z.string().max(20), to: z.string().max(20).default('latest') }),
    result: changeReport,
  }),
  releaseVersion: endpoint({
    method: 'POST',
    path: '/projects/:project/datasets/:dataset/versions/:version/release',
    summary: 'Lets a quarantined version through, with a reason',
    role: 'operator',
    body: z.object({ reason: z.string().min(1).max(10_000) }),
    result: dataVersion,
  }),
  uploadBlob: endpoint({
    method: 'PUT',
    path: '/projects/:project/blobs/:sha256',
    summary: 'Stores bytes under their digest; doing it twice is harmless',
    role: 'editor',
    body: bytes,
    result: z.object({ sha256, md5, sizeBytes: z.int() }),
  }),
  missingBlobs: endpoint({
    method: 'POST',
    path: '/projects/:project/blobs/missing',
    summary: 'Which of these blobs the project does not have yet',
    role: 'editor',
    body: z.object({ items: z.array(sha256).max(50_000) }),
    maxBodyBytes: 8 * 1024 * 1024,
    result: z.object({ missing: z.array(sha256) }),
  }),
} satisfies ApiSpec
