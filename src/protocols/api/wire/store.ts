import { z } from 'zod'
import { type ApiSpec, endpoint } from '../endpoint.ts'
import { hold } from './data.ts'

const sha256 = z.string().regex(/^[0-9a-f]{64}$/)
const counted = z.object({ blobs: z.int(), sizeBytes: z.int() })

export const storeSummary = z.object({
  blobs: z.int(),
  contentBytes: z.int().describe('What the blobs hold'),
  storedBytes: z.int().describe('What they take'),
  files: z.int(),
  packs: z.int(),
  inPieces: z.int().describe('Large blobs that share bytes with others'),
  quarantined: counted,
  damaged: counted,
  damagedBlobs: z
    .array(z.object({ sha256, sizeBytes: z.int(), at: z.int() }))
    .describe('The last to be damaged, at most 100'),
  checkedSince: z
    .int()
    .nullable()
    .describe('Every blob was put or read since then and was whole; null without blobs'),
  notCopiedBytes: z.int().nullable().describe('Not in the second copy yet; null without one'),
})

export const collectReport = z.object({
  kept: counted.describe('Named by something'),
  keptBy: z
    .array(counted.extend({ by: z.string() }))
    .describe('What is kept, each blob once: under the first kind of thing that names it'),
  young: counted.describe('Named by nothing, and too young to go'),
  quarantined: counted.describe('Newly in quarantine'),
  rescued: counted.describe('Out of quarantine: something names them again'),
  deleted: counted,
  removedObjects: counted.describe('Files that were given up earlier or left by crashes'),
  largest: z.array(z.object({ sha256, sizeBytes: z.int() })),
})

export const scrubReport = z.object({
  checked: counted,
  repaired: z.array(sha256),
  damaged: z.array(sha256),
})

const retention = z.object({
  keepVersions: z.int().min(1).nullable().describe('The newest of them stay'),
  keepDays: z.int().min(1).max(100_000).nullable().describe('Younger ones stay'),
})

const versionMark = z.object({
  version: z.int(),
  goes: z.boolean().describe('The retention rules would give up its files now'),
  because: z.enum([
    'given up before',
    'latest',
    'held',
    'no rule',
    'among the newest',
    'young',
    'used',
    'rule',
  ]),
})

const versionFate = versionMark.extend({
  createdAt: z.int(),
  sizeBytes: z.int(),
})

const datasetUsage = z.object({
  dataset: z.string(),
  versions: z.int().describe('Whose files are kept'),
  expired: z.int().describe('Whose files were given up'),
  versionBytes: z.int().describe('All versions added up, as if each had its own copy'),
  content: counted.describe('What its versions name, each once'),
  own: counted.describe('Of that, what no other data set of the project names'),
})

const reason = z.string().min(1).max(10_000)

/** The blob store, and what must be kept in it. */
export const storeApi = {
  describeStore: endpoint({
    method: 'GET',
    path: '/store',
    summary: 'What the blob store holds and takes',
    role: 'admin',
    result: storeSummary,
  }),
  collectGarbage: endpoint({
    method: 'POST',
    path: '/store/garbage',
    summary: 'Gives up blobs that nothing names: first into quarantine, later for good',
    role: 'admin',
    body: z.object({
      dryRun: z.boolean().default(true),
      graceHours: z.number().min(0).max(100_000).optional(),
      quarantineHours: z.number().min(0).max(100_000).optional(),
    }),
    result: collectReport,
  }),
  scrubStore: endpoint({
    method: 'POST',
    path: '/store/scrub',
    summary: 'Reads blobs and compares them with their names',
    role: 'admin',
    body: z.object({
      uncheckedSince: z.int().describe('Only those that were not read since then, milliseconds'),
      mostBytes: z.int().min(1).default(1_000_000_000),
    }),
    result: scrubReport,
  }),
  explainBlob: endpoint({
    method: 'GET',
    path: '/store/blobs/:sha256',
    summary: 'What keeps a blob, of what the caller may see',
    role: 'authenticated',
    result: z.object({
      sha256,
      stat: z.object({ sha256, md5: z.string(), sizeBytes: z.int() }).optional(),
      keptBy: z.array(z.string()),
      more: z.boolean().describe('Something that the caller may not see keeps it as well'),
    }),
  }),
  describeUsage: endpoint({
    method: 'GET',
    path: '/projects/:project/usage',
    summary: 'What the data sets of a project hold; what they share is counted once',
    role: 'viewer',
    result: z.object({
      datasets: z.array(datasetUsage),
      content: counted.describe('Of all data sets, each once'),
      remotes: counted.describe('What DVC remotes name, each object once for each remote'),
      uploads: counted.describe('Whatever was uploaded or pushed to the project'),
    }),
  }),
  describeHistory: endpoint({
    method: 'GET',
    path: '/projects/:project/datasets/:dataset/history',
    summary: 'The newest versions with what keeps each, and the span of its events',
    role: 'viewer',
    query: z.object({ limit: z.coerce.number().int().min(1).max(1000).default(500) }),
    result: z.object({
      rules: retention,
      items: z.array(
        versionMark.extend({
          holds: z.array(z.string()).describe('Ids'),
          oldestEvent: z.int().nullable().describe('From its column of time; null without one'),
          newestEvent: z.int().nullable(),
        }),
      ),
    }),
  }),
  explainRetention: endpoint({
    method: 'POST',
    path: '/projects/:project/datasets/:dataset/retention/plan',
    summary: 'What the retention rules, or others, do to each version; changes nothing',
    role: 'viewer',
    body: z.object({ rules: retention.optional().describe('Default: those in force') }),
    result: z.object({
      rules: retention,
      versions: z.array(versionFate),
      freed: counted.describe('Content that only versions that go name, among data sets'),
    }),
  }),
  listHolds: endpoint({
    method: 'GET',
    path: '/projects/:project/holds',
    summary: 'What may not go, whatever the retention rules say',
    role: 'viewer',
    result: z.object({ items: z.array(hold) }),
  }),
  holdDataset: endpoint({
    method: 'POST',
    path: '/projects/:project/datasets/:dataset/holds',
    summary: 'Holds a data set, or one version of it',
    role: 'operator',
    body: z.object({ version: z.int().min(1).nullable().default(null), reason }),
    result: hold,
  }),
  releaseHold: endpoint({
    method: 'POST',
    path: '/projects/:project/holds/:hold/release',
    summary: 'Ends a hold, with a reason',
    role: 'admin',
    body: z.object({ reason }),
  }),
  getRetention: endpoint({
    method: 'GET',
    path: '/projects/:project/datasets/:dataset/retention',
    summary: 'How long versions are kept',
    role: 'viewer',
    result: retention,
  }),
  setRetention: endpoint({
    method: 'PUT',
    path: '/projects/:project/datasets/:dataset/retention',
    summary: 'Says how long versions are kept; null and null for ever',
    role: 'admin',
    body: retention,
    result: retention,
  }),
} satisfies ApiSpec
