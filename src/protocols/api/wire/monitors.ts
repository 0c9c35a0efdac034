import { z } from 'zod'
import { type ApiSpec, endpoint } from '../endpoint.ts'

export const DriftDistance = z.enum(['jensen-shannon'])
export type DriftDistance = z.infer<typeof DriftDistance>

export const PerformanceMetric = z.enum(['auc', 'log_loss', 'brier'])
export type PerformanceMetric = z.infer<typeof PerformanceMetric>

/** What a monitor watches, and when it may say something. */
export const MonitorSettings = z.object({
  endpoint: z.string().min(1).max(200),
  window: z.string().max(20).describe('Of event time, such as 7d; weeks begin on Monday, UTC'),
  drift: z
    .object({
      distance: DriftDistance,
      minimumSize: z.number().gt(0).lt(1).describe('Smaller changes are no drift'),
    })
    .nullable(),
  performance: z
    .object({ metric: PerformanceMetric, maximumDrop: z.number().min(0) })
    .nullable()
    .describe('Against the evaluation that the version was registered with'),
  maximumCalibrationError: z.number().gt(0).nullable(),
  minimumLabelRate: z.number().min(0).max(1).nullable(),
  maximumStaleness: z.string().max(20).nullable().describe('Of the newest data, such as 14d'),
  maximumModelAge: z
    .string()
    .max(20)
    .nullable()
    .describe('Of the newest data that the version in service learned from'),
  maximumErrorRate: z.number().min(0).max(1).nullable(),
  maximumLatencyMs: z.number().gt(0).nullable().describe('p99 on the server'),
  maximumMissingRate: z.number().min(0).max(1).nullable().describe('Of any one feature'),
  falseAlarmRate: z
    .number()
    .gt(0)
    .lt(0.5)
    .describe('Of the monitor over all its columns and windows'),
})
export type MonitorSettings = z.infer<typeof MonitorSettings>

export const CheckKind = z.enum([
  'input-drift',
  'prediction-drift',
  'performance',
  'calibration',
  'label-rate',
  'staleness',
  'model-age',
  'missing-features',
  'latency',
  'errors',
])
export type CheckKind = z.infer<typeof CheckKind>

export const MonitorCheck = z.object({
  kind: CheckKind,
  column: z.string().nullable().describe('The feature, or the metric of a performance check'),
  measure: z.string().describe('What size is: a distance, a drop, a rate, ms'),
  size: z.number().nullable(),
  low: z.number().nullable().describe('Interval of the size'),
  high: z.number().nullable(),
  threshold: z.number().nullable().describe('Up to this size it is no alarm'),
  p: z.number().nullable().describe('Of "the size is at most the threshold"; null: not tested'),
  level: z.number().nullable().describe('An alarm needs a smaller p; from the error control'),
  verdict: z.enum(['ok', 'alarm', 'undecided', 'not-watched']),
  text: z.string().describe('For people, with the numbers'),
  values: z.record(z.string(), z.json()).describe('Further numbers, e.g. value and reference'),
})
export type MonitorCheck = z.infer<typeof MonitorCheck>

export const MonitorWindow = z.object({
  monitor: z.string(),
  start: z.int().describe('Event time'),
  end: z.int(),
  rows: z.int(),
  labelled: z.int(),
  versions: z.array(z.object({ version: z.int(), rows: z.int() })),
  reference: z.int().nullable().describe('The model version whose training data is the reference'),
  level: z.number().describe('What this window may spend of the false-alarm rate'),
  alarms: z.int(),
  checks: z.array(MonitorCheck),
  evaluatedAt: z.int(),
  tookMs: z.number(),
})
export type MonitorWindow = z.infer<typeof MonitorWindow>

export const Monitor = z.object({
  name: z.string(),
  settings: MonitorSettings,
  lastWindow: MonitorWindow.nullable(),
  windows: z.int().describe('Evaluated so far'),
  alarms: z.int().describe('Windows with an alarm'),
  waiting: z
    .object({ start: z.int(), end: z.int(), text: z.string() })
    .nullable()
    .describe('The next window, and what it waits for'),
  createdAt: z.int(),
  updatedAt: z.int(),
})
export type Monitor = z.infer<typeof Monitor>

export const ColumnComparison = z.object({
  column: z.string(),
  start: z.int(),
  end: z.int(),
  version: z.int().describe('The model version whose training data is the reference'),
  edges: z.array(z.number()).describe('Ascending inner edges; bucket i is [edge i-1, edge i)'),
  reference: z.object({ rows: z.int(), missing: z.int(), counts: z.array(z.number()) }),
  current: z.object({ rows: z.int(), missing: z.int(), counts: z.array(z.number()) }),
  check: MonitorCheck.nullable(),
})
export type ColumnComparison = z.infer<typeof ColumnComparison>

export const monitorsApi = {
  listMonitors: endpoint({
    method: 'GET',
    path: '/projects/:project/monitors',
    summary: 'Monitors with their last window',
    role: 'viewer',
    result: z.object({ items: z.array(Monitor) }),
  }),
  declareMonitor: endpoint({
    method: 'PUT',
    path: '/projects/:project/monitors/:monitor',
    summary: 'Creates a monitor or changes its settings',
    role: 'editor',
    body: MonitorSettings.partial().required({ endpoint: true }),
    result: Monitor,
  }),
  getMonitor: endpoint({
    method: 'GET',
    path: '/projects/:project/monitors/:monitor',
    summary: 'A monitor',
    role: 'viewer',
    result: Monitor,
  }),
  listWindows: endpoint({
    method: 'GET',
    path: '/projects/:project/monitors/:monitor/windows',
    summary: 'Evaluated windows with all checks, newest first',
    role: 'viewer',
    query: z.object({
      limit: z.coerce.number().int().min(1).max(500).default(60),
      pageToken: z.string().max(2000).optional(),
    }),
    result: z.object({ items: z.array(MonitorWindow), nextPageToken: z.string().optional() }),
  }),
  getWindow: endpoint({
    method: 'GET',
    path: '/projects/:project/monitors/:monitor/windows/:start',
    summary: 'One window; `start` in ms or ISO 8601',
    role: 'viewer',
    result: MonitorWindow,
  }),
  compareColumn: endpoint({
    method: 'GET',
    path: '/projects/:project/monitors/:monitor/windows/:start/columns/:column',
    summary: 'Both distributions of a feature, or of `prediction`, side by side',
    role: 'viewer',
    result: ColumnComparison,
  }),
  evaluateMonitor: endpoint({
    method: 'POST',
    path: '/projects/:project/monitors/:monitor/evaluate',
    summary: 'Evaluates every window that is complete now, oldest first',
    role: 'editor',
    body: z.object({
      until: z
        .union([z.int(), z.string().max(40)])
        .optional()
        .describe('Treat windows that end until this event time as complete'),
    }),
    result: z.object({ windows: z.array(MonitorWindow) }),
  }),
} satisfies ApiSpec
