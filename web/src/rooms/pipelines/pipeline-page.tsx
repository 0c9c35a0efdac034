import { Button } from '@mantine/core'
import { useParams } from '@tanstack/react-router'
import { BoneBlock } from '../../parts/bones.tsx'
import { useAct } from '../../parts/client.tsx'
import { FailureLine } from '../../parts/failure.tsx'
import { Failure } from '../../parts/failure.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { Page } from '../../parts/page.tsx'
import { places } from '../../parts/places.ts'
import { useProject } from '../../parts/project.tsx'
import { Section } from '../../parts/section.tsx'
import { WhyLink } from '../../parts/why-link.tsx'
import { ExecutionTable } from './execution-table.tsx'
import { type Pipeline, useExecution, usePipeline } from './pipeline-reads.ts'
import { StageGraph } from './stage-graph.tsx'
import { StageTable } from './stage-table.tsx'

const crumbs = [{ to: places.pipelines(), label: 'Pipelines' }]

/** One pipeline: its stages as they last ran. */
export function PipelinePage() {
  const { pipeline: name = '' } = useParams({ strict: false })
  const pipeline = usePipeline(name)
  return (
    <Page
      title={name}
      crumbs={crumbs}
      actions={
        <>
          <RunButton pipeline={name} />
          <WhyLink subject={`pipeline:${name}`} />
        </>
      }
      facts={
        pipeline.data === undefined ? (
          ''
        ) : (
          <code>{`${pipeline.data.directory}/${pipeline.data.file}`}</code>
        )
      }
    >
      <Loaded query={pipeline} bones={<BoneBlock height={420} />}>
        {(data) => <PipelineView pipeline={data} />}
      </Loaded>
      <ExecutionTable pipeline={name} title="Executions" limit={50} />
    </Page>
  )
}

function PipelineView({ pipeline }: { pipeline: Pipeline }) {
  const last = useExecution(pipeline.lastExecution ?? undefined)
  return (
    <>
      {pipeline.problem === null ? null : <Failure error={new Error(pipeline.problem)} />}
      <Section
        title="Stages"
        hint={last.data === undefined ? 'Not executed yet' : 'As they were in the last execution'}
        flush
      >
        <StageGraph
          stages={pipeline.stages.map(({ name, after }) => ({ stage: name, after }))}
          runs={last.data?.stages ?? []}
          execution={last.data?.id}
        />
      </Section>
      <StageTable stages={pipeline.stages} />
    </>
  )
}

function RunButton({ pipeline }: { pipeline: string }) {
  const project = useProject()
  const start = useAct((client) =>
    client.pipelines.startExecution({
      params: { project, pipeline },
      body: { reason: 'Started from the page.' },
    }),
  )
  return (
    <>
      <FailureLine error={start.error} />
      <Button size="compact-md" loading={start.isPending} onClick={() => start.mutate(undefined)}>
        Run
      </Button>
    </>
  )
}
