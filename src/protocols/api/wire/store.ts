import { z } from 'zod'
import { type ApiSpec, endpoint } from '../endpoint.ts'

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
  notCopiedBytes: z.int().nullable().describe('Not in the second copy yet; null without one'),
})

export const collectReport = z.object({
  kept: counted.describe('Named by something'),
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

const hold = z.object({
  id: z.string(),
  dataset: z.string(),
  version: z.int().nullable().describe('null: all versions'),
  reason: z.string(),
  by: z.string(),
  at: z.int(),
})

const retention = z.object({
  keepVersions: z.int().min(1).nullable().describe('The newest of them stay'),
  keepDays: z.int().min(1).max(100_000).nullable().describe('Younger ones stay'),
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
