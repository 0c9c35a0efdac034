import { useParams } from '@tanstack/react-router'
import { Page } from '../../parts/page.tsx'
import { PageOf } from '../../parts/page-of.tsx'
import { places } from '../../parts/places.ts'
import { Status } from '../../parts/status.tsx'
import { SubjectLink } from '../../parts/subject-link.tsx'
import { Tabs, useTab } from '../../parts/tabs.tsx'
import { WhyLink } from '../../parts/why-link.tsx'
import { EndpointOverview } from './endpoint-overview.tsx'
import { EndpointPolicy } from './endpoint-policy.tsx'
import { type EndpointDetail, useEndpoint } from './endpoint-reads.ts'
import { PredictionLog } from './prediction-log.tsx'
import { RolloutTable } from './rollout-table.tsx'
import { TryIt } from './try-it.tsx'

const crumbs = [{ to: places.endpoints(), label: 'Endpoints' }]
const tabs = [
  { id: 'overview', label: 'Overview' },
  { id: 'try', label: 'Try it' },
  { id: 'rollouts', label: 'Rollouts' },
  { id: 'predictions', label: 'Predictions' },
  { id: 'policy', label: 'Policy' },
]

/** One endpoint: what it serves, how well, and how its versions come and go. */
export function EndpointPage() {
  const { endpoint: name = '' } = useParams({ strict: false })
  const endpoint = useEndpoint(name)
  return (
    <PageOf
      query={endpoint}
      title={name}
      crumbs={crumbs}
      tabs={<Tabs tabs={tabs} label="Parts of the endpoint" />}
    >
      {(data) => <EndpointFrame endpoint={data} />}
    </PageOf>
  )
}

function EndpointFrame({ endpoint }: { endpoint: EndpointDetail }) {
  const tab = useTab(tabs)
  return (
    <Page
      title={endpoint.name}
      crumbs={crumbs}
      beside={<EndpointState endpoint={endpoint} />}
      actions={<WhyLink subject={`endpoint:${endpoint.name}`} />}
      facts={<EndpointFacts endpoint={endpoint} />}
      tabs={<Tabs tabs={tabs} label="Parts of the endpoint" />}
    >
      {tab === 'overview' ? <EndpointOverview endpoint={endpoint} /> : null}
      {tab === 'try' ? <TryIt endpoint={endpoint} /> : null}
      {tab === 'rollouts' ? <RolloutTable endpoint={endpoint.name} /> : null}
      {tab === 'predictions' ? <PredictionLog endpoint={endpoint.name} /> : null}
      {tab === 'policy' ? <EndpointPolicy endpoint={endpoint} /> : null}
    </Page>
  )
}

function EndpointState({ endpoint: { rollout, champion } }: { endpoint: EndpointDetail }) {
  if (rollout !== null)
    return <Status state={rollout.state} tone="moving">{`releasing v${rollout.version}`}</Status>
  return champion === null ? (
    <Status state="waiting">no version yet</Status>
  ) : (
    <Status state="serving" />
  )
}

function EndpointFacts({ endpoint }: { endpoint: EndpointDetail }) {
  return (
    <>
      <SubjectLink
        subject={`model:${endpoint.model}${endpoint.champion === null ? '' : `@${endpoint.champion}`}`}
      />
      {endpoint.featureService === null ? null : (
        <span className="row">
          features from <SubjectLink subject={`service:${endpoint.featureService}`} />
        </span>
      )}
    </>
  )
}
