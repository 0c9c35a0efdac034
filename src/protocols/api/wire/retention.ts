import { z } from 'zod'
import { type ApiSpec, endpoint } from '../endpoint.ts'

const reason = z.string().min(1).max(10_000)
const counted = { blobs: z.int(), sizeBytes: z.int() }

const retention = z.object({
  keepVersions: z.int().min(1).nullable().describe('The newest of them stay'),
  keepDays: z.int().min(1).max(100_000).nullable().describe('Younger ones stay'),
})

const hold = z.object({
  id: z.string(),
  model: z.string(),
  version: z.int().nullable().describe('null: every version'),
  reason: z.string(),
  by: z.string(),
  at: z.int(),
})

export const retirement = z.object({
  dryRun: z.boolean(),
  retired: z
    .array(
      z.object({
        version: z.int(),
        createdAt: z.int(),
        files: z.int(),
        sizeBytes: z.int(),
      }),
    )
    .describe('Versions that went, or would go'),
  kept: z.array(z.object({ version: z.int(), reasons: z.array(z.string()) })),
  freed: z
    .object(counted)
    .describe(
      'What nothing else names, each blob counted once; the collection of garbage frees it',
    ),
  shared: z.object({ ...counted, keptBy: z.array(z.string()) }),
})
export type Retirement = z.infer<typeof retirement>

export const runPurge = z.object({
  dryRun: z.boolean(),
  purged: z.array(
    z.object({
      run: z.string(),
      name: z.string(),
      deletedAt: z.int(),
      files: z.int(),
      sizeBytes: z.int(),
    }),
  ),
  kept: z.array(z.object({ run: z.string(), name: z.string(), reason: z.string() })),
  more: z.boolean().describe('Ask again: one purge takes a thousand'),
  freed: z.object(counted),
  shared: z.object({ ...counted, keptBy: z.array(z.string()) }),
})
export type RunPurge = z.infer<typeof runPurge>

/** How long versions of models stay, and what must stay. */
export const retentionApi = {
  getModelRetention: endpoint({
    method: 'GET',
    path: '/projects/:project/models/:model/retention',
    summary: 'How long versions of a model are kept',
    role: 'viewer',
    result: retention,
  }),
  setModelRetention: endpoint({
    method: 'PUT',
    path: '/projects/:project/models/:model/retention',
    summary:
      'Says how long versions are kept, by the server itself as well; null and null for ever',
    role: 'admin',
    body: retention,
    result: retention,
  }),
  retireVersions: endpoint({
    method: 'POST',
    path: '/projects/:project/models/:model/retire',
    summary:
      'Deletes for good what the rules let go, or the versions that are named, or says what that would free',
    role: 'admin',
    body: z.object({
      dryRun: z.boolean().default(true),
      versions: z.array(z.int().min(1)).min(1).max(1000).optional(),
    }),
    result: retirement,
  }),
  purgeRuns: endpoint({
    method: 'POST',
    path: '/projects/:project/run-purges',
    summary: 'Takes deleted runs away for good, or says what that would free',
    role: 'admin',
    body: z.object({
      dryRun: z.boolean().default(true),
      olderThanMs: z.number().min(0).max(1e13).default(0).describe('Deleted at least so long ago'),
      runs: z.array(z.string().min(1).max(64)).min(1).max(1000).optional(),
    }),
    result: runPurge,
  }),
  listModelHolds: endpoint({
    method: 'GET',
    path: '/projects/:project/models/:model/holds',
    summary: 'What must stay of a model, and why',
    role: 'viewer',
    result: z.object({ items: z.array(hold) }),
  }),
  holdModel: endpoint({
    method: 'POST',
    path: '/projects/:project/models/:model/holds',
    summary: 'Holds a model or one version: nobody deletes it until the hold is released',
    role: 'operator',
    body: z.object({ version: z.int().min(1).nullable().default(null), reason }),
    result: hold,
  }),
  releaseModelHold: endpoint({
    method: 'POST',
    path: '/projects/:project/model-holds/:hold/release',
    summary: 'Ends a hold, with a reason',
    role: 'admin',
    body: z.object({ reason }),
  }),
} satisfies ApiSpec
