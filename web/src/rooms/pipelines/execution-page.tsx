import { Button } from '@mantine/core'
import { useParams } from '@tanstack/react-router'
import { useAct } from '../../parts/client.tsx'
import { Digest } from '../../parts/copyable.tsx'
import { DataTable } from '../../parts/data-table.tsx'
import { FailureLine } from '../../parts/failure.tsx'
import { Instant, Took } from '../../parts/instant.tsx'
import { bytesText } from '../../parts/number-text.ts'
import { Page } from '../../parts/page.tsx'
import { PageOf } from '../../parts/page-of.tsx'
import { places } from '../../parts/places.ts'
import { useProject } from '../../parts/project.tsx'
import { Section } from '../../parts/section.tsx'
import { Status } from '../../parts/status.tsx'
import { SubjectLink } from '../../parts/subject-link.tsx'
import { useUrlText, useUrlWith } from '../../parts/url-state.ts'
import { WhyLink } from '../../parts/why-link.tsx'
import { type ExecutionDetail, type StageRun, useExecution } from './pipeline-reads.ts'
import { StageGraph } from './stage-graph.tsx'
import { StageLog } from './stage-log.tsx'

/** One execution: its stages as they go, and what they say. */
export function ExecutionPage() {
  const { execution: id = '' } = useParams({ strict: false })
  const execution = useExecution(id)
  return (
    <PageOf
      query={execution}
      title="Execution"
      crumbs={[{ to: places.pipelines(), label: 'Pipelines' }]}
    >
      {(data) => <ExecutionFrame execution={data} />}
    </PageOf>
  )
}

function ExecutionFrame({ execution }: { execution: ExecutionDetail }) {
  const [named] = useUrlText('stage')
  const stage =
    execution.stages.find((each) => each.stage === named) ?? stageOfInterest(execution.stages)
  return (
    <Page
      title={`Execution of ${execution.pipeline}`}
      crumbs={[
        { to: places.pipelines(), label: 'Pipelines' },
        { to: places.pipeline(execution.pipeline), label: execution.pipeline },
      ]}
      beside={<Status state={execution.state} />}
      actions={
        <>
          <CancelButton execution={execution} />
          <WhyLink subject={`execution:${execution.id}`} />
        </>
      }
      facts={<ExecutionFacts execution={execution} />}
    >
      <Section title="Stages" flush>
        <StageGraph
          stages={execution.stages}
          runs={execution.stages}
          execution={execution.id}
          {...(stage === undefined ? {} : { chosen: stage.stage })}
        />
      </Section>
      <StageRuns stages={execution.stages} chosen={stage?.stage} />
      {stage === undefined ? null : (
        <Section
          title={`Output of ${stage.stage}`}
          hint={stage.reason}
          actions={<Status state={stage.state} plain />}
        >
          <StageLog
            key={stage.stage}
            execution={execution.id}
            stage={stage.stage}
            running={stage.state === 'running'}
          />
        </Section>
      )}
    </Page>
  )
}

/** What one wants to read first: what runs, else what failed, else what came last. */
function stageOfInterest(stages: readonly StageRun[]): StageRun | undefined {
  return (
    stages.find(({ state }) => state === 'running') ??
    stages.find(({ state }) => state === 'failed') ??
    stages.findLast(({ logLength }) => logLength > 0) ??
    stages[0]
  )
}

function ExecutionFacts({ execution }: { execution: ExecutionDetail }) {
  const { startedAt, endedAt, createdAt, cause, gitCommit } = execution
  return (
    <>
      {cause === null ? <span>by {execution.actor}</span> : <SubjectLink subject={cause} />}
      <span>
        asked for <Instant at={createdAt} />
      </span>
      {startedAt === null ? null : (
        <span>
          took <Took from={startedAt} to={endedAt} />
        </span>
      )}
      {gitCommit === null ? null : <Digest value={gitCommit} length={8} />}
      <span>{execution.reason}</span>
    </>
  )
}

function StageRuns({
  stages,
  chosen,
}: {
  stages: readonly StageRun[]
  chosen: string | undefined
}) {
  const withTexts = useUrlWith()
  return (
    <Section title="What happened" flush>
      <DataTable
        label="Stages of the execution"
        rows={stages}
        rowKey={({ stage }) => stage}
        rowTo={({ stage }) => withTexts({ stage })}
        rowMark={({ stage }) => (stage === chosen ? 'chosen' : undefined)}
        columns={[
          { id: 'stage', header: 'Stage', cell: ({ stage }) => stage },
          { id: 'state', header: 'State', cell: ({ state }) => <Status state={state} plain /> },
          { id: 'reason', header: 'Because', prose: true, cell: ({ reason }) => reason },
          { id: 'took', header: 'Took', align: 'end', cell: tookOf },
          { id: 'memory', header: 'Memory', align: 'end', cell: memoryOf },
          {
            id: 'exit',
            header: 'Exit code',
            align: 'end',
            cell: ({ exitCode }) => exitCode ?? '–',
          },
        ]}
      />
    </Section>
  )
}

function tookOf({ startedAt, endedAt }: StageRun) {
  return startedAt === null ? '–' : <Took from={startedAt} to={endedAt} />
}

function memoryOf({ peakMemoryBytes }: StageRun) {
  return peakMemoryBytes === null ? '–' : bytesText(peakMemoryBytes)
}

function CancelButton({ execution }: { execution: ExecutionDetail }) {
  const project = useProject()
  const cancel = useAct((client) =>
    client.pipelines.cancelExecution({
      params: { project, execution: execution.id },
      body: { reason: 'Cancelled from the page.' },
    }),
  )
  if (execution.endedAt !== null) return null
  return (
    <>
      <FailureLine error={cancel.error} />
      <Button
        size="compact-md"
        variant="default"
        loading={cancel.isPending}
        onClick={() => cancel.mutate(undefined)}
      >
        Cancel
      </Button>
    </>
  )
}
