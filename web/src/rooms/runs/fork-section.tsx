import { Button } from '@mantine/core'
import { Anchor } from '../../parts/anchor.tsx'
import { useAct } from '../../parts/client.tsx'
import { FailureLine } from '../../parts/failure.tsx'
import { Instant } from '../../parts/instant.tsx'
import { places } from '../../parts/places.ts'
import { useProject } from '../../parts/project.tsx'
import { Section } from '../../parts/section.tsx'
import type { Run } from './run-reads.ts'

/** Where a run was continued from, what continues it, and what it had before it went back. */
export function ForkSection({ run }: { run: Run }) {
  const { forkedFrom, forks, rewinds } = run
  if (forkedFrom === null && forks.length === 0 && rewinds.length === 0) return null
  return (
    <Section title="Continued">
      <ul className="stack-tight sentences">
        {forkedFrom === null ? null : (
          <li>
            Continues <OtherRun fork={forkedFrom} />
          </li>
        )}
        {forks.map((fork) => (
          <li key={fork.run}>
            <OtherRun fork={fork} /> continues it
          </li>
        ))}
        {rewinds.map((fork, index) => (
          <li key={fork.run}>
            Went back to step {fork.step}, <Instant at={fork.at} />: what it had is in{' '}
            <Anchor to={places.run(fork.run)}>{fork.name}</Anchor>
            {index === 0 ? <UndoRewind run={run.id} /> : null}
          </li>
        ))}
      </ul>
    </Section>
  )
}

function OtherRun({ fork }: { fork: Run['forks'][number] }) {
  return (
    <>
      <Anchor to={places.run(fork.run)}>{fork.name}</Anchor>
      {fork.step === null ? '' : ` from step ${fork.step}`}
    </>
  )
}

function UndoRewind({ run }: { run: string }) {
  const project = useProject()
  const undo = useAct((client) => client.runs.undoRewind({ params: { project, run } }))
  return (
    <>
      {' '}
      <Button
        variant="default"
        size="compact-xs"
        loading={undo.isPending}
        onClick={() => undo.mutate(undefined)}
      >
        Undo
      </Button>
      <FailureLine error={undo.error} />
    </>
  )
}
