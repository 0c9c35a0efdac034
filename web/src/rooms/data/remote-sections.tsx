import { Button } from '@mantine/core'
import { useAct } from '../../parts/client.tsx'
import { DataTable } from '../../parts/data-table.tsx'
import { Empty } from '../../parts/empty.tsx'
import { Instant } from '../../parts/instant.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { bytesText, counted, countText } from '../../parts/number-text.ts'
import { useProject } from '../../parts/project.tsx'
import { useMay } from '../../parts/rights.ts'
import { Section } from '../../parts/section.tsx'
import { Status } from '../../parts/status.tsx'
import { RemoteAddress } from './remote-address.tsx'
import { CheckButton } from './remote-check.tsx'
import { ProblemTable } from './remote-problems.tsx'
import {
  type Remote,
  type RemoteProblem,
  useVisits,
  useWaiting,
  type Visit,
  type WaitingDirectory,
} from './remote-reads.ts'

interface RemoteSectionsProps {
  remote: Remote
  problems: readonly RemoteProblem[]
}

/** All that is known of one remote. */
export function RemoteSections({ remote, problems }: RemoteSectionsProps) {
  const { repo, objects, sizeBytes, waiting } = remote
  const mayChange = useMay('editor')
  return (
    <>
      <Section
        title={`Remote ${repo}`}
        hint={`${counted(objects, 'object')}, ${bytesText(sizeBytes)}${waiting === 0 ? ', every directory whole' : ''}`}
        actions={mayChange && objects > 0 ? <CheckButton repo={repo} /> : null}
      >
        <RemoteAddress repo={repo} />
      </Section>
      {waiting === 0 ? null : <Waiting repo={repo} />}
      {problems.length === 0 ? null : <Problems repo={repo} problems={problems} />}
      <Visits repo={repo} />
    </>
  )
}

function Waiting({ repo }: { repo: string }) {
  const waiting = useWaiting(repo, true)
  return (
    <Section
      title={`Directories of ${repo} that wait`}
      hint="Answered with “not found” until all their files are there, so that nobody takes them for whole. Push what is missing from where it is."
      flush
    >
      <Loaded query={waiting}>
        {({ items }) => (
          <DataTable
            label="Directories that wait"
            rows={items}
            rowKey={({ path }) => path}
            columns={[
              { id: 'path', header: 'Manifest', cell: ({ path }) => <code>{path}</code> },
              { id: 'at', header: 'Pushed', cell: ({ pushedAt }) => <Instant at={pushedAt} /> },
              {
                id: 'count',
                header: 'Missing',
                align: 'end',
                cell: ({ missingObjects }) => counted(missingObjects, 'object'),
              },
              { id: 'which', header: 'Which', prose: true, cell: membersOf },
            ]}
          />
        )}
      </Loaded>
    </Section>
  )
}

const mostNames = 5

function membersOf({ missing, missingObjects }: WaitingDirectory) {
  const shown = missing.slice(0, mostNames)
  const rest = missingObjects - shown.length
  return (
    <span title={missing.map(({ path }) => path).join('\n')}>
      {shown.map(({ path }) => path).join(', ')}
      {rest > 0 ? ` and ${countText(rest)} more` : ''}
    </span>
  )
}

interface ProblemsProps {
  repo: string
  problems: readonly RemoteProblem[]
}

function Problems({ repo, problems }: ProblemsProps) {
  const project = useProject()
  const clear = useAct((client) => client.remotes.clearProblems({ params: { project, repo } }))
  return (
    <Section
      title={`What ${repo} refused`}
      hint="dvc shows most of this as files that are missing"
      actions={
        <Button
          size="compact-sm"
          variant="default"
          loading={clear.isPending}
          onClick={() => clear.mutate(undefined)}
        >
          Forget these
        </Button>
      }
      flush
    >
      <ProblemTable problems={problems} />
    </Section>
  )
}

function Visits({ repo }: { repo: string }) {
  const visits = useVisits(repo)
  return (
    <Section title={`Who was at ${repo}`} hint="Latest first" flush>
      <Loaded query={visits}>
        {({ items }) => (
          <DataTable
            label="Visits"
            rows={items}
            rowKey={({ id }) => id}
            empty={
              <Empty icon="clock" title="Nobody was here yet">
                Pushes and pulls stand here within seconds, with who they were and what they moved.
              </Empty>
            }
            columns={[
              { id: 'last', header: 'Last request', cell: ({ lastAt }) => <Instant at={lastAt} /> },
              { id: 'what', header: 'What', cell: WhatCell },
              { id: 'who', header: 'Who', cell: ({ who }) => who },
              { id: 'client', header: 'Client', cell: ({ client }) => client },
              {
                id: 'pushed',
                header: 'Pushed',
                align: 'end',
                cell: ({ pushed }) => movedText(pushed),
              },
              {
                id: 'pulled',
                header: 'Pulled',
                align: 'end',
                cell: ({ pulled }) => movedText(pulled),
              },
              {
                id: 'asked',
                header: 'Asked for',
                align: 'end',
                secondary: true,
                cell: ({ asked }) => countText(asked),
              },
              { id: 'failures', header: 'Failures', cell: FailureCell },
            ]}
          />
        )}
      </Loaded>
    </Section>
  )
}

function WhatCell({ pushed, pulled }: Visit) {
  if (pushed.objects > 0) return pulled.objects > 0 ? 'push and pull' : 'push'
  return pulled.objects > 0 ? 'pull' : 'looked only'
}

function movedText({ objects, sizeBytes }: Visit['pushed']) {
  if (objects === 0) return <span className="faint">–</span>
  return `${countText(objects)} (${bytesText(sizeBytes)})`
}

function FailureCell({ failures, lastFailure }: Visit) {
  if (failures === 0) return <span className="faint">none</span>
  return (
    <span title={lastFailure ?? undefined}>
      <Status state="failed" plain>
        {countText(failures)}
      </Status>
    </span>
  )
}
