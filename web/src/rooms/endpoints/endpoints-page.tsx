import { DataTable } from '../../parts/data-table.tsx'
import { Empty } from '../../parts/empty.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { compactText, durationText, percentText } from '../../parts/number-text.ts'
import { Page } from '../../parts/page.tsx'
import { places } from '../../parts/places.ts'
import { Section } from '../../parts/section.tsx'
import { Status } from '../../parts/status.tsx'
import { SubjectLink } from '../../parts/subject-link.tsx'
import { type EndpointSummary, useEndpoints } from './endpoint-reads.ts'
import { TrafficSplit } from './traffic-split.tsx'

/** All endpoints with what they serve now. */
export function EndpointsPage() {
  const endpoints = useEndpoints()
  return (
    <Page title="Endpoints">
      <Section title="Endpoints" hint="The numbers are of the last hour" flush>
        <Loaded query={endpoints}>
          {({ items }) => (
            <DataTable
              label="Endpoints"
              rows={items}
              rowKey={({ name }) => name}
              rowTo={({ name }) => places.endpoint(name)}
              empty={<NoEndpoints />}
              columns={[
                { id: 'name', header: 'Name', cell: ({ name }) => name },
                { id: 'state', header: 'State', cell: stateOf },
                {
                  id: 'model',
                  header: 'Model',
                  cell: ({ model }) => <SubjectLink subject={`model:${model}`} />,
                },
                {
                  id: 'split',
                  header: 'Traffic',
                  width: '260px',
                  cell: (each) => <TrafficSplit endpoint={each} />,
                },
                {
                  id: 'requests',
                  header: 'Requests',
                  align: 'end',
                  cell: ({ lastHour }) => compactText(lastHour.requests),
                },
                { id: 'errors', header: 'Errors', align: 'end', cell: errorsOf },
                { id: 'p99', header: 'p99', align: 'end', cell: latencyOf },
              ]}
            />
          )}
        </Loaded>
      </Section>
    </Page>
  )
}

function stateOf({ rollout, champion }: EndpointSummary) {
  if (rollout !== null)
    return (
      <Status
        state={rollout.state}
        tone="moving"
        plain
      >{`v${rollout.version} ${rollout.state}`}</Status>
    )
  if (champion === null)
    return (
      <Status state="waiting" plain>
        no version yet
      </Status>
    )
  return <Status state="serving" plain />
}

function errorsOf({ lastHour }: EndpointSummary) {
  if (lastHour.requests === 0) return <span className="faint">–</span>
  return percentText(lastHour.errors / lastHour.requests, 2)
}

function latencyOf({ lastHour }: EndpointSummary) {
  return lastHour.p99Ms === null ? <span className="faint">–</span> : durationText(lastHour.p99Ms)
}

function NoEndpoints() {
  return (
    <Empty
      icon="endpoints"
      title="No endpoint yet"
      commands={['gyre deploy late-flights --model late-flights', 'gyre apply']}
    >
      An endpoint serves one model: warmed, checked, and released step by step. Deploy one, or
      declare it under <code>endpoints:</code> in <code>gyre.yaml</code>.
    </Empty>
  )
}
