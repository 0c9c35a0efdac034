import { z } from 'zod'
import { endpoint, type ApiSpec } from '../endpoint.ts'

export const ServerView = z.object({
  name: z.literal('gyre'),
  version: z.string(),
  roles: z.array(z.string()),
  startedAt: z.int(),
  authentication: z.enum(['none', 'tokens']),
  tables: z.enum(['sqlite', 'postgres']),
  journalSeq: z.int().describe('The newest record; where to follow the events from.'),
  loopSeq: z.int().describe('The last record that the loop has turned into work.'),
})
export type ServerView = z.output<typeof ServerView>

export const JobView = z.object({
  id: z.string(),
  kind: z.string(),
  project: z.string(),
  state: z.enum(['queued', 'running', 'done', 'failed', 'cancelled']),
  attempt: z.int(),
  runAt: z.int(),
  cause: z.int().nullable().describe('The journal record that it follows from.'),
  key: z.string().nullable(),
  reason: z.string().nullable().describe('Why it waits, or how it ended.'),
  createdAt: z.int(),
  finishedAt: z.int().nullable(),
})
export type JobView = z.output<typeof JobView>

export const ActivityView = z.object({
  resting: z.boolean().describe('Nothing is left to do until something comes from outside.'),
  waitsFor: z.array(z.string()).describe('What is under way, for people.'),
})
export type ActivityView = z.output<typeof ActivityView>

/** A user's repository as it is sent to be applied: the texts of its declaring files. */
export const RepositoryFiles = z.object({
  directory: z.string().max(4096).describe('Where the repository lies on its machine.'),
  commit: z.string().max(64).nullable().describe('Its Git commit, if any.'),
  dirty: z.boolean().describe('Whether tracked files differ from that commit.'),
  files: z
    .record(z.string(), z.string())
    .describe('gyre.yaml and the files it names, by path from the root of the repository.'),
})
export type RepositoryFiles = z.output<typeof RepositoryFiles>

export const PlannedChange = z.object({
  action: z.enum(['create', 'update', 'remove', 'none', 'orphan']),
  kind: z
    .string()
    .describe(
      'dataset, feature-view, feature-service, pipeline, model, endpoint, monitor, trigger, project',
    ),
  name: z.string(),
  differences: z.array(
    z.object({ path: z.string(), from: z.unknown().optional(), to: z.unknown().optional() }),
  ),
})
export type PlannedChange = z.output<typeof PlannedChange>

export const DeclarationPlan = z.object({
  project: z.string(),
  changes: z.array(PlannedChange).describe('In the order in which they are made.'),
  differs: z.boolean(),
})
export type DeclarationPlan = z.output<typeof DeclarationPlan>

export const serverApi = {
  describe: endpoint({
    method: 'GET',
    path: '/server',
    summary: 'What server this is',
    role: 'anyone',
    result: ServerView,
  }),
  listJobs: endpoint({
    method: 'GET',
    path: '/projects/:project/jobs',
    summary: 'Work that waits, runs or ended, newest first',
    role: 'viewer',
    query: z.object({
      state: z.enum(['queued', 'running', 'done', 'failed', 'cancelled']).optional(),
      kind: z.string().optional(),
      limit: z.coerce.number().int().min(1).max(500).default(50),
    }),
    result: z.object({ items: z.array(JobView) }),
  }),
  cancelJob: endpoint({
    method: 'POST',
    path: '/projects/:project/jobs/:job/cancel',
    summary: 'Cancel a job that waits or runs',
    role: 'operator',
    body: z.object({ reason: z.string().max(500).default('cancelled by hand') }),
    result: z.object({ cancelled: z.boolean() }),
  }),
  readActivity: endpoint({
    method: 'GET',
    path: '/projects/:project/activity',
    summary: 'Whether the loop has anything left to do with what it knows',
    role: 'viewer',
    result: ActivityView,
  }),
  plan: endpoint({
    method: 'POST',
    path: '/projects/:project/declaration/plan',
    summary: 'What applying a repository’s gyre.yaml would change',
    role: 'viewer',
    newProject: true,
    body: RepositoryFiles,
    maxBodyBytes: 8 * 1024 * 1024,
    result: DeclarationPlan,
  }),
  apply: endpoint({
    method: 'POST',
    path: '/projects/:project/declaration',
    summary: 'Make the project what a repository’s gyre.yaml declares',
    role: 'operator',
    body: RepositoryFiles,
    maxBodyBytes: 8 * 1024 * 1024,
    result: DeclarationPlan,
  }),
} satisfies ApiSpec
