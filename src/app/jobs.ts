import type { Platform } from '#domains/access/index'
import { ingesterHandlers } from '#workers/ingester'
import type { JobHandler } from '#workers/job-loop'
import { monitorHandlers } from '#workers/monitor'
import type { ServerRole } from '#workers/role'
import { runnerHandlers } from '#workers/runner'
import { webhookHandlers } from '#workers/webhooks'
import { createRunnerOptions } from './workspace/reproduce/runner-options.ts'

/** Jobs that share their places: how many run at once, and what does them. */
export interface JobGroup {
  concurrency: number
  handlers: Readonly<Record<string, JobHandler>>
}

export interface JobSurroundings {
  /** The API that pipeline stages talk to, and with what. */
  url: string
  token: string | undefined
}

/** Pipelines that run at once on one machine; a third waits. */
const pipelinePlaces = 2
/** Releases that are followed at once; following one is mostly waiting. */
const releasePlaces = 8
/** Telling others is mostly waiting for them. */
const webhookPlaces = 16
/** Reading files is bound by the processor. */
const ingestPlaces = 1

/** The jobs that these roles do. Groups are apart so that a long pipeline holds up no release. */
export function jobGroups(
  platform: Platform,
  roles: readonly ServerRole[],
  surroundings: JobSurroundings,
): JobGroup[] {
  const groups: JobGroup[] = []
  if (roles.includes('runner')) {
    const options = createRunnerOptions(platform, surroundings)
    groups.push({ concurrency: pipelinePlaces, handlers: runnerHandlers(options) })
  }
  if (roles.includes('monitor')) {
    groups.push({ concurrency: releasePlaces, handlers: monitorHandlers() })
    groups.push({ concurrency: webhookPlaces, handlers: webhookHandlers() })
  }
  if (roles.includes('ingester')) {
    groups.push({ concurrency: ingestPlaces, handlers: ingesterHandlers() })
  }
  return groups
}
