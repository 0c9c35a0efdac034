import { Page } from '../../parts/page.tsx'
import { LoopCircle } from './loop-circle.tsx'
import css from './loop-page.module.css'
import { useLoopParts } from './loop-reads.ts'
import { loopNodes } from './loop-state.ts'
import { MovingNow } from './moving-now.tsx'
import { OpenIncidents } from './open-incidents.tsx'
import { LastTurns } from './last-turns.tsx'

/** The home page: the whole loop at a glance, what moves in it, and how it last closed. */
export function LoopPage() {
  const reads = useLoopParts()
  const failed = Object.entries(reads).flatMap(([part, read]) =>
    read.error === null ? [] : [part],
  )
  const nodes = loopNodes(
    {
      data: reads.data.data,
      views: reads.views.data,
      runs: reads.runs.data,
      models: reads.models.data,
      versions: reads.versions.data,
      endpoints: reads.endpoints.data,
      monitors: reads.monitors.data,
      triggers: reads.triggers.data,
      executions: reads.executions.data,
      jobs: reads.jobs.data,
    },
    failed,
  )
  return (
    <Page title="Loop">
      <div className={css['top']}>
        <LoopCircle nodes={nodes} />
        <div className={css['side']}>
          <OpenIncidents />
          <MovingNow executions={reads.executions} endpoints={reads.endpoints} jobs={reads.jobs} />
        </div>
      </div>
      <LastTurns />
    </Page>
  )
}
