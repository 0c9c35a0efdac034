import { useParams } from '@tanstack/react-router'
import { BoneBlock } from '../../parts/bones.tsx'
import { Digest } from '../../parts/copyable.tsx'
import { DataTable } from '../../parts/data-table.tsx'
import { Empty } from '../../parts/empty.tsx'
import { Instant } from '../../parts/instant.tsx'
import { KeyValues } from '../../parts/key-values.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { countText, durationText, spanText } from '../../parts/number-text.ts'
import { Page } from '../../parts/page.tsx'
import { places } from '../../parts/places.ts'
import { Section } from '../../parts/section.tsx'
import { Status } from '../../parts/status.tsx'
import { SubjectLink } from '../../parts/subject-link.tsx'
import { utcTimeText } from '../../parts/time-text.ts'
import { WhyLink } from '../../parts/why-link.tsx'
import { type FeatureView, useViewVersions, type ViewFeature } from './feature-reads.ts'

/** One view: what it computes, and what of it is online. */
export function ViewPage() {
  const { view: reference = '' } = useParams({ strict: false })
  const name = reference.split('@')[0] ?? reference
  const versions = useViewVersions(name)
  const current = versions.data?.items.find((view) => view.current) ?? versions.data?.items[0]
  return (
    <Page
      title={name}
      crumbs={[{ to: places.features(), label: 'Features' }]}
      actions={
        <WhyLink
          subject={current === undefined ? `view:${name}` : `view:${name}@${current.version}`}
        />
      }
      facts={current === undefined ? '' : <Digest value={current.version} />}
    >
      <Loaded query={versions} bones={<BoneBlock height={460} />}>
        {({ items }) =>
          current === undefined ? (
            <Empty
              icon="features"
              title={`There is no view ${name}`}
              commands={['gyre features apply']}
            />
          ) : (
            <ViewParts view={current} versions={items} />
          )
        }
      </Loaded>
    </Page>
  )
}

function ViewParts({ view, versions }: { view: FeatureView; versions: readonly FeatureView[] }) {
  return (
    <>
      <div className="columns">
        <Section title="Definition">
          <KeyValues
            items={[
              ['Entity', `${view.entity} (${view.keys.join(', ')})`],
              ['Source', <SubjectLink key="source" subject={`data:${view.source}`} />],
              ['Event time', <code key="time">{view.timestamp}</code>],
              ['Known at', <code key="known">{view.knownAt}</code>],
              ['Latest values hold', view.ttlMs === null ? 'for ever' : spanText(view.ttlMs)],
              ['Used by', <ServiceList key="services" services={view.services} />],
            ]}
          />
        </Section>
        <Section title="Online store">
          <OnlineFacts view={view} />
        </Section>
      </div>
      <Section title="Features" hint="Of rows that were known at the moment asked for" flush>
        <DataTable
          label="Features of the view"
          rows={view.features}
          rowKey={({ name }) => name}
          columns={[
            { id: 'name', header: 'Feature', cell: ({ name }) => <b>{name}</b> },
            { id: 'what', header: 'Computed as', cell: formulaOf },
            {
              id: 'window',
              header: 'Over',
              cell: ({ windowMs }) =>
                windowMs === null ? 'the latest row' : `the last ${spanText(windowMs)}`,
            },
          ]}
        />
      </Section>
      {versions.length < 2 ? null : <VersionSection versions={versions} />}
    </>
  )
}

function ServiceList({ services }: { services: readonly string[] }) {
  if (services.length === 0) return 'no service'
  return services.map((service) => <SubjectLink key={service} subject={`service:${service}`} />)
}

function formulaOf({ kind, function: name, expression }: ViewFeature) {
  if (kind === 'latest') return <code>{`latest(${expression ?? ''})`}</code>
  return <code>{`${name ?? ''}(${expression ?? '*'})`}</code>
}

function OnlineFacts({ view: { materialized, source } }: { view: FeatureView }) {
  if (materialized === null) {
    return (
      <Empty
        icon="features"
        title="Not materialised yet"
        commands={['gyre features materialize']}
      />
    )
  }
  return (
    <KeyValues
      items={[
        [
          'Up to',
          <SubjectLink key="data" subject={`data:${source}@${materialized.dataVersion}`} />,
        ],
        ['Entities', countText(materialized.entities)],
        ['Tiles', countText(materialized.tiles)],
        [
          'Newest event',
          materialized.newestEvent === null ? '–' : `${utcTimeText(materialized.newestEvent)} UTC`,
        ],
        ['Materialised', <Instant key="at" at={materialized.materializedAt} />],
        ['Took', durationText(materialized.durationMs)],
      ]}
    />
  )
}

function VersionSection({ versions }: { versions: readonly FeatureView[] }) {
  return (
    <Section title="Versions" flush>
      <DataTable
        label="Versions of the view"
        rows={versions}
        rowKey={({ version }) => version}
        columns={[
          { id: 'version', header: 'Version', cell: ({ version }) => <Digest value={version} /> },
          {
            id: 'state',
            header: 'State',
            cell: ({ current }) => <Status state={current ? 'current' : 'superseded'} plain />,
          },
          {
            id: 'features',
            header: 'Features',
            cell: ({ features }) => features.map(({ name }) => name).join(', '),
          },
          { id: 'at', header: 'Applied', cell: ({ createdAt }) => <Instant at={createdAt} /> },
        ]}
      />
    </Section>
  )
}
