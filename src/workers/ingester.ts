import type { NewJob } from '#ports/queue/queue'
import { listServedServices } from '#domains/deployments/index'
import { materializeLatest, materializeSource } from '#domains/features/index'
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

/** Brings a view that was declared to the latest data, once per declaration. */
export function materializeViewJob(
  project: string,
  view: string,
  record: number,
): Omit<NewJob, 'cause'> {
  return {
    kind: materializeKind,
    project,
    payload: { view },
    key: `${project}/${view}#${record}`,
  }
}

type Wanted = { view: string } | { dataset: string; version: number }

/** The jobs of the role `ingester`. */
export function ingesterHandlers(): Record<string, JobHandler> {
  return {
    [materializeKind]: async (ctx, { project, payload }) => {
      const wanted = payload as Wanted
      if ('view' in wanted) {
        const view = await materializeLatest(ctx, { project, view: wanted.view })
        return view === null ? 'Its data set has no version yet.' : `Materialised ${view.view}.`
      }
      const services = await listServedServices(ctx, { project })
      const views = await materializeSource(ctx, { project, ...wanted, services })
      if (views.length === 0) return 'No feature view reads this data set.'
      return `Materialised ${views.map(({ view }) => view).join(', ')}.`
    },
  }
}
