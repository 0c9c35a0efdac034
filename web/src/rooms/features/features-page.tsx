import { Digest } from '../../parts/copyable.tsx'
import { DataTable } from '../../parts/data-table.tsx'
import { Empty } from '../../parts/empty.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { countText } from '../../parts/number-text.ts'
import { Page } from '../../parts/page.tsx'
import { places } from '../../parts/places.ts'
import { Section } from '../../parts/section.tsx'
import { SubjectLink } from '../../parts/subject-link.tsx'
import { type FeatureService, type FeatureView, useServices, useViews } from './feature-reads.ts'
import { ConsistencyMark, MaterializedMark } from './feature-marks.tsx'

/** Views that compute features, and services that serve them. */
export function FeaturesPage() {
  const views = useViews()
  const services = useServices()
  return (
    <Page title="Features">
      <Section title="Services" hint="What a model asks for, offline and online" flush>
        <Loaded query={services}>{({ items }) => <ServiceTable services={items} />}</Loaded>
      </Section>
      <Section title="Views" hint="Definitions; a version is the digest of its definition" flush>
        <Loaded query={views}>{({ items }) => <ViewTable views={items} />}</Loaded>
      </Section>
    </Page>
  )
}

function ServiceTable({ services }: { services: readonly FeatureService[] }) {
  return (
    <DataTable
      label="Feature services"
      rows={services}
      rowKey={({ name }) => name}
      rowTo={({ name }) => places.service(name)}
      empty={
        <Empty icon="features" title="No feature service yet" commands={['gyre features apply']}>
          Declare views and services in <code>features.yaml</code>; one definition is used for
          training and for serving.
        </Empty>
      }
      columns={[
        { id: 'name', header: 'Name', cell: ({ name }) => name },
        { id: 'version', header: 'Version', cell: ({ version }) => <Digest value={version} /> },
        {
          id: 'features',
          header: 'Features',
          align: 'end',
          cell: ({ features }) => countText(features.length),
        },
        { id: 'keys', header: 'Keys', cell: ({ keys }) => <code>{keys.join(', ')}</code> },
        { id: 'views', header: 'Views', cell: viewsOf },
        {
          id: 'check',
          header: 'Online equals offline',
          cell: ({ name }) => <ConsistencyMark service={name} />,
        },
      ]}
    />
  )
}

function viewsOf({ views }: FeatureService) {
  return (
    <span className="row">
      {views.map(({ name }) => (
        <SubjectLink key={name} subject={`view:${name}`} bare />
      ))}
    </span>
  )
}

function ViewTable({ views }: { views: readonly FeatureView[] }) {
  return (
    <DataTable
      label="Feature views"
      rows={views}
      rowKey={({ name }) => name}
      rowTo={({ name }) => places.view(name)}
      empty={
        <Empty icon="features" title="No feature view yet" commands={['gyre features apply']} />
      }
      columns={[
        { id: 'name', header: 'Name', cell: ({ name }) => name },
        { id: 'version', header: 'Version', cell: ({ version }) => <Digest value={version} /> },
        {
          id: 'entity',
          header: 'Entity',
          cell: ({ entity, keys }) => `${entity} (${keys.join(', ')})`,
        },
        {
          id: 'source',
          header: 'Source',
          cell: ({ source }) => <SubjectLink subject={`data:${source}`} />,
        },
        {
          id: 'features',
          header: 'Features',
          align: 'end',
          cell: ({ features }) => countText(features.length),
        },
        { id: 'online', header: 'Online store', cell: (view) => <MaterializedMark view={view} /> },
      ]}
    />
  )
}
