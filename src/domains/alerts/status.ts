import type { StatusTable } from '#kernel/status-table'

export const incidentStates = ['open', 'acknowledged', 'resolved'] as const
export type IncidentState = (typeof incidentStates)[number]
export type IncidentEvent = 'alarm' | 'acknowledge' | 'resolve'

/** A resolved incident stays resolved: trouble that comes back opens a new one. */
export const incidentTable: StatusTable<IncidentState, IncidentEvent> = {
  open: { alarm: 'open', acknowledge: 'acknowledged', resolve: 'resolved' },
  acknowledged: { alarm: 'acknowledged', acknowledge: 'acknowledged', resolve: 'resolved' },
  resolved: { alarm: null, acknowledge: null, resolve: null },
}
