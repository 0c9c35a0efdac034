import { Button } from '@mantine/core'
import { useAct } from '../../parts/client.tsx'
import { FailureLine } from '../../parts/failure.tsx'
import { useProject } from '../../parts/project.tsx'
import type { Rollout } from './endpoint-reads.ts'

/** What an operator may do with a release under way. */
export function RolloutActions({ rollout }: { rollout: Rollout }) {
  const project = useProject()
  const promote = useAct((client) =>
    client.deployments.promote({
      params: { project, endpoint: rollout.endpoint },
      body: { reason: 'Promoted by hand from the page.' },
    }),
  )
  const rollBack = useAct((client) =>
    client.deployments.rollback({
      params: { project, endpoint: rollout.endpoint },
      body: { reason: 'Rolled back by hand from the page.' },
    }),
  )
  if (rollout.endedAt !== null) return null
  return (
    <>
      <Button
        size="compact-sm"
        loading={promote.isPending}
        onClick={() => promote.mutate(undefined)}
      >
        Promote now
      </Button>
      <Button
        size="compact-sm"
        variant="default"
        loading={rollBack.isPending}
        onClick={() => rollBack.mutate(undefined)}
      >
        Roll back
      </Button>
      <FailureLine error={promote.error ?? rollBack.error} />
    </>
  )
}
