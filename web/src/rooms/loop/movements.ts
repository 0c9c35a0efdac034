import { percentText } from '../../parts/number-text.ts'
import { places } from '../../parts/places.ts'
import type { Job, LoopParts } from './loop-reads.ts'

/** Something that runs or waits. */
export interface Movement {
  id: string
  title: string
  to: string | undefined
  state: string
  reason: string
  since: number
}

type Execution = NonNullable<LoopParts['executions']>['items'][number]
type Endpoint = NonNullable<LoopParts['endpoints']>['items'][number]

/** Executions, releases and other jobs that have not ended, those that run first. */
export function movements(
  executions: readonly Execution[],
  endpoints: readonly Endpoint[],
  jobs: readonly Job[],
): Movement[] {
  const all = [
    ...executions.filter(({ state }) => state === 'running' || state === 'queued').map(ofExecution),
    ...endpoints.flatMap(({ rollout }) => (rollout === null ? [] : [ofRollout(rollout)])),
    ...jobs.filter(isOther).map(ofJob),
  ]
  return all.toSorted((a, b) => Number(a.state === 'queued') - Number(b.state === 'queued'))
}

function ofExecution({ id, pipeline, state, reason, createdAt }: Execution): Movement {
  return {
    id,
    title: `Pipeline ${pipeline}`,
    to: places.execution(id),
    state,
    reason,
    since: createdAt,
  }
}

function ofRollout(rollout: NonNullable<Endpoint['rollout']>): Movement {
  return {
    id: rollout.id,
    title: `Release of v${rollout.version} at ${percentText(rollout.share, 0)} on ${rollout.endpoint}`,
    to: places.rollout(rollout.id),
    state: rollout.state,
    reason: rollout.reason,
    since: rollout.startedAt,
  }
}

/** Jobs whose work is not shown as an execution or a release already. */
function isOther({ kind, state }: Job): boolean {
  const shown = kind === 'pipeline.execute' || kind === 'rollout.advance'
  return !shown && (state === 'queued' || state === 'running')
}

function ofJob({ id, kind, state, reason, createdAt }: Job): Movement {
  return {
    id,
    title: kind.replace('.', ' '),
    to: undefined,
    state,
    reason: reason ?? '',
    since: createdAt,
  }
}
