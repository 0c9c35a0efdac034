import { z } from 'zod'
import { endpoint, type ApiSpec } from '../endpoint.ts'

export const JournalRecordView = z.object({
  seq: z.int().describe('Position in the chain, from 1 without gaps over all projects.'),
  at: z.int(),
  actor: z.string(),
  verb: z.string().describe('<noun>.<past tense>, such as data.committed.'),
  subject: z.string(),
  project: z.string(),
  inputs: z.array(z.string()).describe('What it was made from or decided on.'),
  outputs: z.array(z.string()),
  detail: z.record(z.string(), z.unknown()),
  prevHash: z.string(),
  hash: z.string(),
  sentence: z.string().describe('The record in one sentence, for people.'),
})
export type JournalRecordView = z.output<typeof JournalRecordView>

export const WhyNode = z.object({
  seq: z.int(),
  at: z.int(),
  actor: z.string(),
  verb: z.string(),
  subject: z.string(),
  sentence: z.string(),
  inputs: z.array(z.string()),
  outputs: z.array(z.string()),
  detail: z.record(z.string(), z.unknown()),
  because: z.array(z.int()).describe('The records that explain this one, newest first.'),
})
export type WhyNode = z.output<typeof WhyNode>

export const Why = z.object({
  subject: z.string(),
  roots: z.array(z.int()).describe('The records that speak of the subject itself, newest first.'),
  nodes: z.array(WhyNode).describe('Every record of the story, newest first.'),
  truncated: z.boolean().describe('There is more than depth or limit allowed to show.'),
})
export type Why = z.output<typeof Why>

export const Lineage = z.object({
  subject: z.string(),
  nodes: z.array(
    z.object({
      subject: z.string(),
      kind: z.string(),
      distance: z.int().describe('Steps away; negative upstream, positive downstream.'),
    }),
  ),
  edges: z.array(z.object({ source: z.string(), target: z.string(), seq: z.int() })),
  truncated: z.boolean(),
})
export type Lineage = z.output<typeof Lineage>

export const ChainReport = z.object({
  intact: z.boolean(),
  records: z.int(),
  head: z.string().describe('Hash of the last record that was checked.'),
  firstBroken: z
    .object({ seq: z.int(), problem: z.string() })
    .nullable()
    .describe('The first record that is missing, altered or out of place.'),
})
export type ChainReport = z.output<typeof ChainReport>

export const Turn = z.object({
  seq: z.int().describe('The record that closed the turn: a promotion, a refusal or a roll-back.'),
  at: z.int(),
  outcome: z.enum(['promoted', 'refused', 'rolled-back']),
  subject: z.string(),
  sentence: z.string(),
  steps: z
    .array(
      z.object({
        seq: z.int(),
        at: z.int(),
        verb: z.string(),
        subject: z.string(),
        sentence: z.string(),
      }),
    )
    .describe('From the first cause to the outcome, oldest first.'),
})
export type Turn = z.output<typeof Turn>

export const journalApi = {
  list: endpoint({
    method: 'GET',
    path: '/projects/:project/journal',
    summary: 'Records of the journal',
    role: 'viewer',
    query: z.object({
      verb: z
        .string()
        .optional()
        .describe('A verb or the beginning of one: rollout.promoted, data.'),
      subject: z.string().optional().describe('Records whose subject, input or output it is.'),
      actor: z.string().optional(),
      since: z.coerce.number().int().optional().describe('Not before this instant.'),
      until: z.coerce.number().int().optional().describe('Before this instant.'),
      after: z.coerce.number().int().min(0).optional().describe('Only records after this one.'),
      before: z.coerce.number().int().min(1).optional().describe('Only records before this one.'),
      order: z.enum(['newest', 'oldest']).default('newest'),
      limit: z.coerce.number().int().min(1).max(1000).default(100),
      pageToken: z.string().optional(),
    }),
    result: z.object({ items: z.array(JournalRecordView), nextPageToken: z.string().optional() }),
  }),
  get: endpoint({
    method: 'GET',
    path: '/projects/:project/journal/:seq',
    summary: 'One record',
    role: 'viewer',
    result: JournalRecordView,
  }),
  why: endpoint({
    method: 'GET',
    path: '/projects/:project/why',
    summary: 'Why a thing is as it is: its records and what led to them',
    role: 'viewer',
    query: z.object({
      subject: z
        .string()
        .describe('kind:name or kind:name@version, such as endpoint:late-flights.'),
      depth: z.coerce.number().int().min(1).max(100).default(30),
      limit: z.coerce.number().int().min(1).max(500).default(80),
    }),
    result: Why,
  }),
  lineage: endpoint({
    method: 'GET',
    path: '/projects/:project/lineage',
    summary: 'What a thing came from, and what came from it',
    role: 'viewer',
    query: z.object({
      subject: z.string(),
      direction: z.enum(['up', 'down', 'both']).default('both'),
      depth: z.coerce.number().int().min(1).max(20).default(4),
      limit: z.coerce.number().int().min(1).max(1000).default(200),
    }),
    result: Lineage,
  }),
  turns: endpoint({
    method: 'GET',
    path: '/projects/:project/turns',
    summary: 'The last turns of the loop, each from its cause to its outcome',
    role: 'viewer',
    query: z.object({ limit: z.coerce.number().int().min(1).max(50).default(10) }),
    result: z.object({ items: z.array(Turn) }),
  }),
  verify: endpoint({
    method: 'GET',
    path: '/journal/verification',
    summary: 'Check the whole chain of records',
    role: 'admin',
    result: ChainReport,
  }),
} satisfies ApiSpec
