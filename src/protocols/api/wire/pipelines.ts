import { z } from 'zod'
import { type ApiSpec, endpoint } from '../endpoint.ts'

const pipelineSubject = z.string().max(600).describe('kind:name or kind:name@version')
const pageToken = z.string().max(2000)

export const executionState = z.enum(['queued', 'running', 'succeeded', 'failed', 'cancelled'])
export type ExecutionState = z.infer<typeof executionState>

export const stageState = z.enum([
  'waiting', // for stages before it, or for a free place
  'running',
  'succeeded',
  'skipped', // up to date
  'failed',
  'blocked', // a stage before it failed
  'cancelled',
])
export type StageState = z.infer<typeof stageState>

export const pipelineStage = z.object({
  name: z.string().describe('Expanded: train@eu'),
  command: z.array(z.string()),
  workingDirectory: z.string().describe('From the root of the pipeline'),
  dependencies: z.array(z.string()),
  parameters: z.array(z.string()).describe('params.yaml:trees.depth'),
  outputs: z.array(z.string()),
  metrics: z.array(z.string()),
  plots: z.array(z.string()),
  frozen: z.boolean(),
  alwaysChanged: z.boolean(),
  description: z.string(),
  /** Names of the stages whose outputs it depends on. */
  after: z.array(z.string()),
})
export type PipelineStage = z.infer<typeof pipelineStage>

export const pipeline = z.object({
  name: z.string(),
  directory: z.string().describe('On the machine of the runner; holds dvc.yaml'),
  file: z.string().describe('From the directory; dvc.yaml'),
  stages: z.array(pipelineStage).describe('In an order in which they could run'),
  problem: z.string().nullable().describe('Why the file cannot be read now, if so'),
  lastExecution: z.string().nullable(),
  createdAt: z.int(),
  updatedAt: z.int(),
})
export type Pipeline = z.infer<typeof pipeline>

export const stageRun = z.object({
  stage: z.string(),
  state: stageState,
  reason: z.string().describe('Why it runs, why it is skipped, what it waits for'),
  startedAt: z.int().nullable(),
  endedAt: z.int().nullable(),
  exitCode: z.int().nullable(),
  peakMemoryBytes: z.int().nullable(),
  logLength: z.int().describe('In UTF-16 units'),
  after: z.array(z.string()),
})
export type StageRun = z.infer<typeof stageRun>

export const execution = z.object({
  id: z.string(),
  pipeline: z.string(),
  state: executionState,
  reason: z.string().describe('What it waits for, how it ended'),
  origin: z.enum(['server', 'local']).describe('Run by the runner, or reported by gyre repro'),
  cause: pipelineSubject.nullable().describe('What started it: record:17, trigger:retrain'),
  actor: z.string(),
  targets: z.array(z.string()),
  force: z.boolean(),
  parameters: z.record(z.string(), z.json()).describe('Overrides of params.yaml'),
  gitCommit: z.string().nullable(),
  createdAt: z.int(),
  startedAt: z.int().nullable(),
  endedAt: z.int().nullable(),
})
export type Execution = z.infer<typeof execution>

export const executionDetail = execution.extend({ stages: z.array(stageRun) })
export type ExecutionDetail = z.infer<typeof executionDetail>

export const triggerDeclaration = z.discriminatedUnion('on', [
  z.strictObject({
    on: z.literal('alarm'),
    monitor: z.string().min(1),
    every: z
      .int()
      .min(1)
      .default(1)
      .describe('While an incident stays open: its first alarm, and every so many after it'),
    run: z.string().min(1),
  }),
  z.strictObject({
    on: z.literal('data'),
    dataset: z.string().min(1),
    every: z.int().min(1).default(1).describe('Versions'),
    run: z.string().min(1),
  }),
  z.strictObject({
    on: z.literal('schedule'),
    cron: z.string().min(1).max(200).describe('UTC'),
    dataset: z
      .string()
      .min(1)
      .optional()
      .describe('By the event times of its versions instead of this machine’s clock'),
    run: z.string().min(1),
  }),
  z.strictObject({ on: z.literal('manual'), run: z.string().min(1) }),
])
export type TriggerDeclaration = z.infer<typeof triggerDeclaration>

export const trigger = z.object({
  name: z.string(),
  declaration: triggerDeclaration,
  enabled: z.boolean(),
  createdAt: z.int(),
  updatedAt: z.int(),
  lastFiredAt: z.int().nullable(),
  lastExecution: z.string().nullable(),
  nextAt: z.int().nullable().describe('Of a schedule'),
})
export type Trigger = z.infer<typeof trigger>

export const triggerFiring = z.object({
  trigger: z.string(),
  key: z.string().describe('Fired once per key'),
  at: z.int(),
  reason: z.string(),
  execution: z.string(),
  fired: z.boolean().describe('false: it had fired for this key before; the execution is that one'),
})
export type TriggerFiring = z.infer<typeof triggerFiring>

const executionStart = z.object({
  targets: z.array(z.string().min(1).max(500)).max(1000).optional(),
  force: z.boolean().default(false),
  parameters: z.record(z.string().max(500), z.json()).optional(),
  reason: z.string().max(10_000).optional(),
})

export const codeComparison = z.object({
  commits: z.object({ left: z.string().nullable(), right: z.string().nullable() }),
  isReachable: z.boolean().describe('A repository with both commits is on this server'),
  reason: z.string().describe('Why it is not, or which it is'),
  files: z.array(
    z.object({
      path: z.string(),
      added: z.int().nullable().describe('Lines; null: it is not text'),
      removed: z.int().nullable(),
    }),
  ),
  diff: z.string().describe('As Git writes it, from left to right'),
  isCut: z.boolean().describe('There is more of it'),
})
export type CodeComparison = z.infer<typeof codeComparison>

export const pipelinesApi = {
  compareCode: endpoint({
    method: 'GET',
    path: '/projects/:project/models/:model/compare/code',
    summary:
      'What changed in the code between the commits of two versions, where the repository is reachable',
    role: 'viewer',
    query: z.object({ left: z.string().min(1).max(250), right: z.string().min(1).max(250) }),
    result: codeComparison,
  }),
  listPipelines: endpoint({
    method: 'GET',
    path: '/projects/:project/pipelines',
    summary: 'Registered pipelines',
    role: 'viewer',
    result: z.object({ items: z.array(pipeline) }),
  }),
  declarePipeline: endpoint({
    method: 'PUT',
    path: '/projects/:project/pipelines/:pipeline',
    summary: 'Registers a directory with a dvc.yaml, or changes where it is',
    role: 'operator',
    body: z.object({
      directory: z.string().min(1).max(4000).describe('Absolute, on the machine of the runner'),
      file: z.string().min(1).max(1024).default('dvc.yaml'),
      stages: z.array(pipelineStage).max(20_000).optional().describe('As the client resolved them'),
    }),
    result: pipeline,
  }),
  getPipeline: endpoint({
    method: 'GET',
    path: '/projects/:project/pipelines/:pipeline',
    summary: 'A pipeline with its stages',
    role: 'viewer',
    result: pipeline,
  }),
  startExecution: endpoint({
    method: 'POST',
    path: '/projects/:project/pipelines/:pipeline/executions',
    summary: 'Queues an execution for the runner',
    role: 'operator',
    body: executionStart,
    result: executionDetail,
  }),
  reportExecution: endpoint({
    method: 'POST',
    path: '/projects/:project/executions',
    summary: 'Opens an execution that a client runs itself (gyre repro)',
    role: 'editor',
    body: executionStart.extend({
      pipeline: z.string().min(1).max(128),
      stages: z
        .array(
          z.object({ stage: z.string().max(500), after: z.array(z.string()), reason: z.string() }),
        )
        .max(20_000),
      gitCommit: z.string().max(100).optional(),
    }),
    result: executionDetail,
  }),
  listExecutions: endpoint({
    method: 'GET',
    path: '/projects/:project/executions',
    summary: 'Executions, newest first',
    role: 'viewer',
    query: z.object({
      pipeline: z.string().max(128).optional(),
      state: executionState.optional(),
      limit: z.coerce.number().int().min(1).max(1000).default(50),
      pageToken: pageToken.optional(),
    }),
    result: z.object({ items: z.array(execution), nextPageToken: z.string().optional() }),
  }),
  getExecution: endpoint({
    method: 'GET',
    path: '/projects/:project/executions/:execution',
    summary: 'An execution with the state of every stage',
    role: 'viewer',
    result: executionDetail,
  }),
  cancelExecution: endpoint({
    method: 'POST',
    path: '/projects/:project/executions/:execution/cancel',
    summary: 'Ends an execution; running stages get SIGTERM, then SIGKILL',
    role: 'operator',
    body: z.object({ reason: z.string().max(10_000).default('Cancelled.') }),
    result: executionDetail,
  }),
  readStageLog: endpoint({
    method: 'GET',
    path: '/projects/:project/executions/:execution/stages/:stage/log',
    summary: 'Output of a stage from an offset in UTF-16 units; ask again while it runs',
    role: 'viewer',
    query: z.object({
      offset: z.coerce.number().int().min(0).default(0),
      limit: z.coerce.number().int().min(1).max(1_048_576).default(262_144),
    }),
    result: z.object({
      text: z.string(),
      nextOffset: z.int(),
      complete: z.boolean().describe('The stage ended and all of its output was read'),
    }),
  }),
  reportStage: endpoint({
    method: 'POST',
    path: '/projects/:project/executions/:execution/stages/:stage',
    summary: 'What a stage of a reported execution does now; its new output',
    role: 'editor',
    body: z.object({
      state: stageState.optional(),
      reason: z.string().max(10_000).optional(),
      exitCode: z.int().nullable().optional(),
      peakMemoryBytes: z.int().nullable().optional(),
      log: z
        .object({ offset: z.int().min(0), text: z.string().max(1_000_000) })
        .optional()
        .describe('The offset makes a retry harmless'),
    }),
  }),
  finishExecution: endpoint({
    method: 'POST',
    path: '/projects/:project/executions/:execution/finish',
    summary: 'Ends a reported execution',
    role: 'editor',
    body: z.object({
      state: z.enum(['succeeded', 'failed', 'cancelled']),
      reason: z.string().max(10_000),
    }),
    result: executionDetail,
  }),
  listTriggers: endpoint({
    method: 'GET',
    path: '/projects/:project/triggers',
    summary: 'Triggers',
    role: 'viewer',
    result: z.object({ items: z.array(trigger) }),
  }),
  declareTrigger: endpoint({
    method: 'PUT',
    path: '/projects/:project/triggers/:trigger',
    summary: 'Creates or changes a trigger',
    role: 'operator',
    body: z.object({ declaration: triggerDeclaration, enabled: z.boolean().default(true) }),
    result: trigger,
  }),
  removeTrigger: endpoint({
    method: 'DELETE',
    path: '/projects/:project/triggers/:trigger',
    summary: 'Removes a trigger',
    role: 'operator',
  }),
  fireTrigger: endpoint({
    method: 'POST',
    path: '/projects/:project/triggers/:trigger/fire',
    summary: 'Fires a trigger by hand, once per key',
    role: 'operator',
    body: z.object({
      key: z.string().min(1).max(500).optional().describe('Default: a new one'),
      reason: z.string().max(10_000).optional(),
    }),
    result: triggerFiring,
  }),
} satisfies ApiSpec
