import { z } from 'zod'
import { type ApiSpec, endpoint } from '../endpoint.ts'

const mebibyte = 1024 * 1024
const reason = z.string().min(1).max(10_000)
const page = {
  limit: z.coerce.number().int().min(1).max(1000).default(100),
  pageToken: z.string().max(2000).optional(),
}
const Instant = z.union([z.int(), z.string().max(40)]).describe('ms since 1970, or ISO 8601')

export const ReleaseMetric = z.enum(['log_loss', 'brier'])
export type ReleaseMetric = z.infer<typeof ReleaseMetric>

/** How a new version gets its traffic. */
export const RolloutPolicy = z.object({
  automatic: z.boolean().describe('A version that passed its gate is rolled out by itself'),
  steps: z
    .array(z.number().gt(0).lt(1))
    .max(20)
    .describe('Shares of the traffic before all of it, ascending; empty: all at once'),
  metric: ReleaseMetric.describe('Of live predictions, once their labels are known'),
  alpha: z.number().gt(0).lt(0.5).describe('Chance of a wrong roll-back over the whole release'),
  tolerance: z.number().min(0).describe('How much worse than the champion is accepted'),
  minimumRows: z.int().min(1).describe('Labelled rows of each side before anything is decided'),
  parityRows: z.int().min(1).max(100_000).describe('Training rows that are replayed'),
  maximumErrorRate: z.number().min(0).max(1),
  maximumLatencyMs: z.number().gt(0).describe('p99 of a request, on the server'),
})
export type RolloutPolicy = z.infer<typeof RolloutPolicy>

export const VariantRole = z.enum(['champion', 'canary', 'shadow'])
export type VariantRole = z.infer<typeof VariantRole>

export const Variant = z.object({
  version: z.int(),
  role: VariantRole,
  share: z
    .number()
    .min(0)
    .max(1)
    .describe('Of the traffic; of a shadow: of what is mirrored to it'),
  since: z.int(),
})
export type Variant = z.infer<typeof Variant>

export const RolloutState = z.enum([
  'preparing',
  'loading',
  'warming',
  'checking-parity',
  'canary',
  'promoted',
  'rolled-back',
  'failed',
  'aborted',
])
export type RolloutState = z.infer<typeof RolloutState>

export const RolloutTransition = z.object({
  from: RolloutState.nullable(),
  to: RolloutState,
  at: z.int(),
  actor: z.string(),
  step: z.int().nullable().describe('Index in the steps, while canary'),
  share: z.number(),
  text: z.string().describe('For people, with the numbers'),
  evidence: z.record(z.string(), z.json()),
})
export type RolloutTransition = z.infer<typeof RolloutTransition>

export const ReleaseTest = z.object({
  metric: ReleaseMetric,
  step: z.int(),
  canary: z.object({ rows: z.int(), mean: z.number().nullable() }),
  champion: z.object({ rows: z.int(), mean: z.number().nullable() }),
  estimate: z.number().nullable().describe('Loss of the canary minus loss of the champion'),
  lower: z.number().nullable().describe('Interval that holds at every look at once'),
  upper: z.number().nullable(),
  alpha: z.number().describe('The part of alpha that this step may spend'),
  tolerance: z.number(),
  verdict: z.enum(['continue', 'better-or-equal', 'worse']),
  at: z.int(),
})
export type ReleaseTest = z.infer<typeof ReleaseTest>

export const ReleaseGuard = z.object({
  guard: z.enum(['errors', 'latency', 'missing', 'distribution', 'sample-ratio']),
  ok: z.boolean(),
  text: z.string(),
  values: z.record(z.string(), z.json()),
})
export type ReleaseGuard = z.infer<typeof ReleaseGuard>

export const Rollout = z.object({
  id: z.string(),
  endpoint: z.string(),
  model: z.string(),
  version: z.int(),
  previous: z.int().nullable().describe('The champion when it started; null: the first version'),
  state: RolloutState,
  step: z.int().nullable(),
  steps: z.array(z.number()),
  share: z.number().describe('Of the traffic that the new version gets now'),
  reason: z.string().describe('What it waits for, or how it ended'),
  cause: z.string().describe('Why it was started'),
  startedAt: z.int(),
  startedBy: z.string(),
  updatedAt: z.int(),
  endedAt: z.int().nullable(),
  test: ReleaseTest.nullable().describe('The last look at live results'),
  guards: z.array(ReleaseGuard),
  transitions: z.array(RolloutTransition).describe('Oldest first'),
})
export type Rollout = z.infer<typeof Rollout>

export const ServiceNumbers = z.object({
  requests: z.int(),
  predictions: z.int(),
  errors: z.int().describe('Requests that failed by our fault'),
  rejected: z.int().describe("Requests that failed by the caller's fault"),
  shed: z.int().describe('Requests refused for overload'),
  missing: z.int().describe('Feature values that were not known'),
  p50Ms: z.number().nullable(),
  p99Ms: z.number().nullable(),
})
export type ServiceNumbers = z.infer<typeof ServiceNumbers>

export const TrafficPoint = ServiceNumbers.extend({
  at: z.int().describe('Begin of the minute'),
  versions: z.array(z.object({ version: z.int(), role: VariantRole, predictions: z.int() })),
})
export type TrafficPoint = z.infer<typeof TrafficPoint>

export const Gateway = z.object({
  id: z.string(),
  seenAt: z.int(),
  live: z.boolean(),
  models: z.array(
    z.object({ version: z.int(), state: z.string(), text: z.string().describe('What it found') }),
  ),
})
export type Gateway = z.infer<typeof Gateway>

export const EndpointSummary = z.object({
  name: z.string(),
  model: z.string(),
  featureService: z.string().nullable(),
  policy: RolloutPolicy,
  champion: z.int().nullable(),
  variants: z.array(Variant),
  rollout: Rollout.nullable().describe('The one that is under way'),
  lastHour: ServiceNumbers,
  createdAt: z.int(),
  updatedAt: z.int(),
})
export type EndpointSummary = z.infer<typeof EndpointSummary>

export const InputColumn = z.object({
  name: z.string(),
  type: z.enum(['number', 'string', 'boolean', 'timestamp']),
  kind: z.enum(['key', 'request', 'feature']),
})
export type InputColumn = z.infer<typeof InputColumn>

export const EndpointDetail = EndpointSummary.extend({
  gateways: z.array(Gateway),
  input: z.array(InputColumn).describe('What a row of a prediction request has'),
  log: z.object({
    rows: z.int().describe('Predictions in the log'),
    dropped: z.int().describe('Not logged, because the log could not keep up'),
    files: z.int(),
    labels: z.int(),
    firstAt: z.int().nullable().describe('Event time'),
    lastAt: z.int().nullable(),
  }),
})
export type EndpointDetail = z.infer<typeof EndpointDetail>

export const InputValue = z.union([z.number(), z.string(), z.boolean(), z.null()])
export type InputValue = z.infer<typeof InputValue>

export const PredictBody = z.object({
  rows: z.array(z.record(z.string(), InputValue)).max(100_000).optional(),
  columns: z.record(z.string(), z.array(InputValue)).optional(),
  input: z
    .array(z.array(z.union([z.number(), z.null()])))
    .max(100_000)
    .optional()
    .describe("Feature values in the order of the model's input, in place of rows or columns"),
  ids: z.array(z.string().min(1).max(200)).optional().describe('One per row: labels join on them'),
  at: z
    .union([Instant, z.array(Instant)])
    .optional()
    .describe('Event time, of all rows or one per row; default now'),
  unit: z.string().max(200).optional().describe('Who asks: the same unit gets the same variant'),
  units: z.array(z.string().max(200)).optional().describe('One per row; default its id'),
  version: z.int().min(1).optional().describe('Asks one loaded version, past the traffic split'),
  log: z.boolean().default(true),
})
export type PredictBody = z.infer<typeof PredictBody>

export const Prediction = z.union([z.number().nullable(), z.array(z.number().nullable())])
export const PredictAnswer = z.object({
  endpoint: z.string(),
  version: z.int().nullable().describe('null when rows went to several versions'),
  variant: VariantRole.nullable(),
  versions: z.array(z.int()).optional().describe('One per row, when there are several'),
  predictions: z.array(Prediction),
  ids: z.array(z.string()),
})
export type PredictAnswer = z.infer<typeof PredictAnswer>

export const LabelsAnswer = z.object({
  accepted: z.int(),
  matched: z.int(),
  unknown: z.int().describe('Ids of no logged prediction; kept, and matched if it turns up'),
  unknownIds: z.array(z.string()).describe('Some of them'),
})
export type LabelsAnswer = z.infer<typeof LabelsAnswer>

export const LoggedPrediction = z.object({
  id: z.string(),
  requestId: z.string(),
  at: z.int(),
  receivedAt: z.int(),
  version: z.int(),
  variant: VariantRole,
  prediction: z.number().nullable(),
  latencyMs: z.number(),
  label: z.number().nullable(),
  features: z.record(z.string(), z.number().nullable()),
  keys: z.record(z.string(), z.string().nullable()),
})
export type LoggedPrediction = z.infer<typeof LoggedPrediction>

export const deploymentsApi = {
  listEndpoints: endpoint({
    method: 'GET',
    path: '/projects/:project/endpoints',
    summary: 'Endpoints with their traffic and releases under way',
    role: 'viewer',
    result: z.object({ items: z.array(EndpointSummary) }),
  }),
  declareEndpoint: endpoint({
    method: 'PUT',
    path: '/projects/:project/endpoints/:endpoint',
    summary: 'Creates an endpoint or changes its policy',
    role: 'editor',
    body: z.object({
      model: z.string().min(1).max(200),
      featureService: z.string().max(200).nullable().optional(),
      policy: RolloutPolicy.partial().optional(),
    }),
    result: EndpointDetail,
  }),
  getEndpoint: endpoint({
    method: 'GET',
    path: '/projects/:project/endpoints/:endpoint',
    summary: 'An endpoint',
    role: 'viewer',
    result: EndpointDetail,
  }),
  readTraffic: endpoint({
    method: 'GET',
    path: '/projects/:project/endpoints/:endpoint/traffic',
    summary: 'Service numbers by minute, oldest first; minutes without traffic are left out',
    role: 'viewer',
    query: z.object({ minutes: z.coerce.number().int().min(1).max(10_080).default(60) }),
    result: z.object({ items: z.array(TrafficPoint) }),
  }),
  startRollout: endpoint({
    method: 'POST',
    path: '/projects/:project/endpoints/:endpoint/rollouts',
    summary: 'Starts to release a version; conflict while another release is under way',
    role: 'operator',
    body: z.object({
      version: z.string().min(1).max(200).describe('A number, an alias or "latest"'),
      reason: reason.optional(),
      immediate: z.boolean().default(false).describe('All traffic after parity, without steps'),
    }),
    result: Rollout,
  }),
  listRollouts: endpoint({
    method: 'GET',
    path: '/projects/:project/endpoints/:endpoint/rollouts',
    summary: 'Releases, newest first',
    role: 'viewer',
    query: z.object(page),
    result: z.object({ items: z.array(Rollout), nextPageToken: z.string().optional() }),
  }),
  getRollout: endpoint({
    method: 'GET',
    path: '/projects/:project/rollouts/:rollout',
    summary: 'A release with every transition and its evidence',
    role: 'viewer',
    result: Rollout,
  }),
  listLooks: endpoint({
    method: 'GET',
    path: '/projects/:project/rollouts/:rollout/looks',
    summary: 'What the test of a release said each time labels came, oldest first',
    role: 'viewer',
    result: z.object({ items: z.array(ReleaseTest) }),
  }),
  advanceRollout: endpoint({
    method: 'POST',
    path: '/projects/:project/rollouts/:rollout/advance',
    summary: 'Looks at the live results of a release now and does what follows',
    role: 'operator',
    result: Rollout,
  }),
  promote: endpoint({
    method: 'POST',
    path: '/projects/:project/endpoints/:endpoint/promote',
    summary: 'Gives the release under way all the traffic now',
    role: 'operator',
    body: z.object({ reason: reason.optional() }),
    result: Rollout,
  }),
  rollback: endpoint({
    method: 'POST',
    path: '/projects/:project/endpoints/:endpoint/rollback',
    summary: 'Takes the release under way back; without one, releases the champion before this one',
    role: 'operator',
    body: z.object({ reason: reason.optional() }),
    result: Rollout,
  }),
  abort: endpoint({
    method: 'POST',
    path: '/projects/:project/endpoints/:endpoint/abort',
    summary: 'Ends the release under way without a verdict on the version',
    role: 'operator',
    body: z.object({ reason: reason.optional() }),
    result: Rollout,
  }),
  setShadow: endpoint({
    method: 'PUT',
    path: '/projects/:project/endpoints/:endpoint/shadow',
    summary: 'Mirrors traffic to a version whose answers are logged and never sent; null ends it',
    role: 'operator',
    body: z.object({
      version: z.string().min(1).max(200).nullable(),
      share: z.number().gt(0).max(1).default(1),
    }),
    result: EndpointDetail,
  }),
  predict: endpoint({
    method: 'POST',
    path: '/projects/:project/endpoints/:endpoint/predict',
    summary: 'Predicts; features are looked up when the endpoint has a feature service',
    role: 'viewer',
    maxBodyBytes: 64 * mebibyte,
    body: PredictBody,
    result: PredictAnswer,
  }),
  postLabels: endpoint({
    method: 'POST',
    path: '/projects/:project/endpoints/:endpoint/labels',
    summary: 'What came true, by prediction id; durable when answered',
    role: 'editor',
    maxBodyBytes: 64 * mebibyte,
    body: z.object({
      ids: z.array(z.string().min(1).max(200)).min(1).max(1_000_000),
      labels: z.array(z.union([z.number(), z.boolean()])).describe('One per id'),
      at: z
        .union([Instant, z.array(Instant)])
        .optional()
        .describe('When it became known; default now'),
    }),
    result: LabelsAnswer,
  }),
  listPredictions: endpoint({
    method: 'GET',
    path: '/projects/:project/endpoints/:endpoint/predictions',
    summary: 'Logged predictions with their labels, newest event first',
    role: 'viewer',
    query: z.object({
      id: z.string().max(200).optional(),
      since: z.coerce.number().int().optional().describe('Event time, included'),
      until: z.coerce.number().int().optional().describe('Event time, not included'),
      version: z.coerce.number().int().optional(),
      limit: z.coerce.number().int().min(1).max(1000).default(50),
    }),
    result: z.object({ items: z.array(LoggedPrediction) }),
  }),
} satisfies ApiSpec
