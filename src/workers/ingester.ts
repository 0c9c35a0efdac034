import type { NewJob } from '#ports/queue/queue'
import { materializeSource } from '#domains/features/index'
import type { JobHandler } from './job-loop.ts'

const materializeKind = 'features.materialize'

/** Brings the features of a data set to a version, once per version. */
export function materializeJob(
  project: string,
  dataset: string,
  version: number,
): Omit<NewJob, 'cause'> {
  return {
    kind: materializeKind,
    project,
    payload: { dataset, version },
    key: `${project}/${dataset}@${version}`,
  }
}

/** The jobs of the role `ingester`. */
export function ingesterHandlers(): Record<string, JobHandler> {
  return {
    [materializeKind]: async (ctx, job) => {
      const { dataset, version } = job.payload as { dataset: string; version: number }
      const views = await materializeSource(ctx, { project: job.project, dataset, version })
      if (views.length === 0) return 'No feature view reads this data set.'
      return `Materialised ${views.map(({ view }) => view).join(', ')}.`
    },
  }
}
