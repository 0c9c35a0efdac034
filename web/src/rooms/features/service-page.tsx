import { useParams } from '@tanstack/react-router'
import { Digest } from '../../parts/copyable.tsx'
import { DataTable } from '../../parts/data-table.tsx'
import { Page } from '../../parts/page.tsx'
import { PageOf } from '../../parts/page-of.tsx'
import { places } from '../../parts/places.ts'
import { Section } from '../../parts/section.tsx'
import { SubjectLink } from '../../parts/subject-link.tsx'
import { Tabs, useTab } from '../../parts/tabs.tsx'
import { WhyLink } from '../../parts/why-link.tsx'
import { ConsistencySection } from './consistency-section.tsx'
import { type FeatureService, useService } from './feature-reads.ts'
import { TrainingSetTable } from './training-set-table.tsx'
import { TryLookup } from './try-lookup.tsx'

const crumbs = [{ to: places.features(), label: 'Features' }]
const tabs = [
  { id: 'features', label: 'Features' },
  { id: 'consistency', label: 'Online equals offline' },
  { id: 'lookup', label: 'Try a lookup' },
  { id: 'sets', label: 'Training sets' },
]

/** One service: its features, whether both sides agree, and its values right now. */
export function ServicePage() {
  const { service: name = '' } = useParams({ strict: false })
  const service = useService(name)
  return (
    <PageOf query={service} title={name} crumbs={crumbs}>
      {(data) => <ServiceFrame service={data} />}
    </PageOf>
  )
}

function ServiceFrame({ service }: { service: FeatureService }) {
  const tab = useTab(tabs)
  return (
    <Page
      title={service.name}
      crumbs={crumbs}
      actions={<WhyLink subject={`service:${service.name}@${service.version}`} />}
      facts={<Digest value={service.version} />}
      tabs={<Tabs tabs={tabs} label="Parts of the service" />}
    >
      {tab === 'features' ? <FeatureTable service={service} /> : null}
      {tab === 'consistency' ? <ConsistencySection service={service.name} /> : null}
      {tab === 'lookup' ? <TryLookup service={service} /> : null}
      {tab === 'sets' ? <TrainingSetTable service={service.name} /> : null}
    </Page>
  )
}

function FeatureTable({ service }: { service: FeatureService }) {
  const given = [
    ...service.keys.map((key) => `${key} (key)`),
    ...service.request.map(({ name, type }) => `${name} (${type})`),
  ]
  return (
    <Section
      title="Features"
      hint={`In the order in which they are served. A request gives ${given.join(', ')}.`}
      flush
    >
      <DataTable
        label="Features of the service"
        rows={service.features}
        rowKey={({ name }) => name}
        columns={[
          { id: 'name', header: 'Feature', cell: ({ name }) => <b>{name}</b> },
          { id: 'type', header: 'Type', cell: ({ type }) => type },
          {
            id: 'from',
            header: 'From',
            cell: ({ view }) =>
              view === null ? 'the request' : <SubjectLink subject={`view:${view}`} />,
          },
          {
            id: 'expression',
            header: 'Expression',
            cell: ({ expression }) => (expression === null ? '' : <code>{expression}</code>),
          },
        ]}
      />
    </Section>
  )
}
