import { useParams } from '@tanstack/react-router'
import { Anchor } from '../../parts/anchor.tsx'
import { Digest } from '../../parts/copyable.tsx'
import { Instant, Took } from '../../parts/instant.tsx'
import { Page } from '../../parts/page.tsx'
import { PageOf } from '../../parts/page-of.tsx'
import { places } from '../../parts/places.ts'
import { Status } from '../../parts/status.tsx'
import { Tabs, useTab } from '../../parts/tabs.tsx'
import { WhyLink } from '../../parts/why-link.tsx'
import { ContinueRun } from './continue-run.tsx'
import { RunArtifacts } from './run-artifacts.tsx'
import { RunCharts } from './run-charts.tsx'
import { RunOverview } from './run-overview.tsx'
import { type Run, useRun } from './run-reads.ts'

const crumbs = [{ to: places.runs(), label: 'Runs' }]

/** One run: what it was given, what it measured, what it made. */
export function RunPage() {
  const { run: id = '' } = useParams({ strict: false })
  const run = useRun(id)
  return (
    <PageOf query={run} title="Run" crumbs={crumbs}>
      {(data) => <RunFrame run={data} />}
    </PageOf>
  )
}

function RunFrame({ run }: { run: Run }) {
  const tabs = [
    { id: 'overview', label: 'Overview' },
    {
      id: 'charts',
      label: 'Charts',
      count: run.metricSummaries.filter(({ count }) => count > 1).length,
    },
    { id: 'artifacts', label: 'Artifacts' },
  ]
  const tab = useTab(tabs)
  return (
    <Page
      title={run.name}
      crumbs={crumbs}
      beside={<Status state={run.status} />}
      actions={
        <>
          {run.state === 'active' ? <ContinueRun run={run} /> : null}
          <WhyLink subject={`run:${run.id}`} />
        </>
      }
      facts={<RunFacts run={run} />}
      tabs={<Tabs tabs={tabs} label="Parts of the run" />}
    >
      {tab === 'overview' ? <RunOverview run={run} /> : null}
      {tab === 'charts' ? <RunCharts run={run} /> : null}
      {tab === 'artifacts' ? <RunArtifacts run={run.id} /> : null}
    </Page>
  )
}

function RunFacts({ run }: { run: Run }) {
  return (
    <>
      <span>
        in{' '}
        <Anchor to={`${places.runs()}?experiment=${run.experiment}`}>{run.experimentName}</Anchor>
      </span>
      {run.startedAt === null ? null : (
        <span>
          started <Instant at={run.startedAt} />, took{' '}
          <Took from={run.startedAt} to={run.endedAt} />
        </span>
      )}
      <span>by {run.user}</span>
      {run.forkedFrom === null ? null : (
        <span className="sentences">
          continues <Anchor to={places.run(run.forkedFrom.run)}>{run.forkedFrom.name}</Anchor>
        </span>
      )}
      {run.parent === null ? null : <Anchor to={places.run(run.parent)}>parent run</Anchor>}
      <Digest value={run.id} length={32} />
    </>
  )
}
