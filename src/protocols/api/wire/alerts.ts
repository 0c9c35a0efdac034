import { z } from 'zod'
import { type ApiSpec, endpoint } from '../endpoint.ts'

const page = {
  limit: z.coerce.number().int().min(1).max(1000).default(100),
  pageToken: z.string().max(2000).optional(),
}

export const Severity = z.enum(['warning', 'critical'])
export type Severity = z.infer<typeof Severity>

export const Alarm = z.object({
  id: z.string(),
  incident: z.string(),
  source: z.string().describe('The subject that is in trouble, e.g. monitor:late-flights-weekly'),
  kind: z.string().describe('e.g. performance, input-drift, execution-failed, release-rolled-back'),
  severity: Severity,
  text: z.string(),
  evidence: z
    .array(z.string())
    .describe('Subjects that show it, the record that reported it first'),
  detail: z.record(z.string(), z.json()),
  at: z.int(),
})
export type Alarm = z.infer<typeof Alarm>

export const IncidentState = z.enum(['open', 'acknowledged', 'resolved'])
export type IncidentState = z.infer<typeof IncidentState>

export const Incident = z.object({
  id: z.string(),
  source: z.string(),
  kind: z.string(),
  severity: Severity.describe('The highest of its alarms'),
  state: IncidentState,
  text: z.string().describe('Of the last alarm'),
  alarms: z.int(),
  evidence: z.array(z.string()).describe('Of the last alarm'),
  openedAt: z.int(),
  lastAlarmAt: z.int(),
  acknowledgedAt: z.int().nullable(),
  acknowledgedBy: z.string().nullable(),
  resolvedAt: z.int().nullable(),
  resolvedBy: z.string().nullable().describe('system:… when the condition ended by itself'),
  note: z.string().nullable().describe('What the last person said, or what showed that it ended'),
})
export type Incident = z.infer<typeof Incident>

const note = z.string().max(10_000).default('')

export const alertsApi = {
  listIncidents: endpoint({
    method: 'GET',
    path: '/projects/:project/incidents',
    summary: 'Incidents, newest first',
    role: 'viewer',
    query: z.object({
      state: z.enum(['open', 'acknowledged', 'resolved', 'unresolved']).optional(),
      source: z.string().max(300).optional(),
      ...page,
    }),
    result: z.object({ items: z.array(Incident), nextPageToken: z.string().optional() }),
  }),
  countIncidents: endpoint({
    method: 'GET',
    path: '/projects/:project/incidents/counts',
    summary: 'How many incidents there are by state, and unresolved ones by severity',
    role: 'viewer',
    result: z.object({
      open: z.int(),
      acknowledged: z.int(),
      resolved: z.int(),
      warning: z.int(),
      critical: z.int(),
    }),
  }),
  getIncident: endpoint({
    method: 'GET',
    path: '/projects/:project/incidents/:incident',
    summary: 'An incident with its alarms, newest first',
    role: 'viewer',
    result: Incident.extend({ history: z.array(Alarm) }),
  }),
  acknowledgeIncident: endpoint({
    method: 'POST',
    path: '/projects/:project/incidents/:incident/acknowledge',
    summary: 'Says that somebody looks after it',
    role: 'editor',
    body: z.object({ note }),
    result: Incident,
  }),
  resolveIncident: endpoint({
    method: 'POST',
    path: '/projects/:project/incidents/:incident/resolve',
    summary: 'Says that it is over',
    role: 'editor',
    body: z.object({ note }),
    result: Incident,
  }),
  raiseAlarm: endpoint({
    method: 'POST',
    path: '/projects/:project/alarms',
    summary: 'Raises an alarm of your own; it joins the unresolved incident of its source and kind',
    role: 'editor',
    body: z.object({
      source: z.string().min(3).max(300).describe('kind:name'),
      kind: z.string().min(1).max(100),
      severity: Severity.default('warning'),
      text: z.string().min(1).max(10_000),
      detail: z.record(z.string(), z.json()).optional(),
    }),
    result: Alarm,
  }),
  listAlarms: endpoint({
    method: 'GET',
    path: '/projects/:project/alarms',
    summary: 'Alarms, newest first',
    role: 'viewer',
    query: z.object({ source: z.string().max(300).optional(), ...page }),
    result: z.object({ items: z.array(Alarm), nextPageToken: z.string().optional() }),
  }),
} satisfies ApiSpec
