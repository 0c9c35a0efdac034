import type { Platform } from '#domains/access/index'
import type { JobHandler } from '#workers/job-loop'
import type { ServerRole } from '#workers/role'

/** Handlers by job kind, and how many of the group run at once. */
export type HandlerGroup = readonly [concurrency: number, handlers: Record<string, JobHandler>]

/** The jobs that these roles do. */
export function jobHandlers(
  _platform: Platform,
  _roles: readonly ServerRole[],
  _at: { url: string },
): HandlerGroup[] {
  return []
}
