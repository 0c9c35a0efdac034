import type { Route } from '../route.ts'
import { assessmentRoutes } from './assessment-routes.ts'
import { oldTraceRoutes } from './old-trace-routes.ts'
import { traceMetricRoutes } from './trace-metric-routes.ts'
import { traceRoutes } from './trace-routes.ts'

/** Traces, what is said of them, and their figures. */
export const tracingRoutes: readonly Route[] = [
  ...traceRoutes,
  ...assessmentRoutes,
  ...oldTraceRoutes,
  ...traceMetricRoutes,
]
