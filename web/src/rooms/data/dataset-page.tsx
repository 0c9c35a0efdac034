import { useParams } from '@tanstack/react-router'
import { DataTable } from '../../parts/data-table.tsx'
import { Empty } from '../../parts/empty.tsx'
import { Instant } from '../../parts/instant.tsx'
import { Figures } from '../../parts/key-values.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { bytesText, countText } from '../../parts/number-text.ts'
import { Page } from '../../parts/page.tsx'
import { places } from '../../parts/places.ts'
import { Section } from '../../parts/section.tsx'
import { Status } from '../../parts/status.tsx'
import { Tabs, useTab } from '../../parts/tabs.tsx'
import { useUrlText } from '../../parts/url-state.ts'
import { WhyLink } from '../../parts/why-link.tsx'
import { ChosenVersion } from './chosen-version.tsx'
import { type DataVersion, type Dataset, useDataset, useVersions } from './data-reads.ts'
import { DeclaredExpectations } from './declared-expectations.tsx'
import { HoldsSection } from './holds-section.tsx'
import { useHistory } from './keeping-reads.ts'
import { RetentionSection } from './retention-section.tsx'
import { VerdictMark } from './verdict-mark.tsx'
import { VersionTimeline } from './version-timeline.tsx'

const crumbs = [{ to: places.data(), label: 'Data' }]

/** One data set: its versions over time, what is expected of them, and how long they are kept. */
export function DatasetPage() {
  const { dataset: name = '' } = useParams({ strict: false })
  const dataset = useDataset(name)
  const versions = useVersions(name)
  const tabs = [
    { id: 'versions', label: 'History', count: dataset.data?.versions },
    { id: 'expectations', label: 'Expectations', count: dataset.data?.expectations.length },
    { id: 'keeping', label: 'Keeping' },
  ]
  const tab = useTab(tabs)
  return (
    <Page
      title={name}
      crumbs={crumbs}
      actions={<WhyLink subject={`data:${name}`} />}
      facts={dataset.data?.description === '' ? undefined : dataset.data?.description}
      tabs={<Tabs tabs={tabs} label="Parts of the data set" />}
    >
      {tab === 'versions' ? (
        <>
          <Section title="Latest version">
            <Loaded query={dataset} bones={<div style={{ height: 46 }} />}>
              {(data) => <DatasetFigures dataset={data} versions={versions.data?.items ?? []} />}
            </Loaded>
          </Section>
          <Loaded query={versions}>
            {({ items, nextPageToken }) => (
              <Versions dataset={name} versions={items} isCut={nextPageToken !== undefined} />
            )}
          </Loaded>
        </>
      ) : null}
      {tab === 'expectations' ? (
        <Loaded query={dataset}>{(data) => <DeclaredExpectations dataset={data} />}</Loaded>
      ) : null}
      {tab === 'keeping' ? (
        <>
          <RetentionSection dataset={name} />
          <HoldsSection dataset={name} />
        </>
      ) : null}
    </Page>
  )
}

function DatasetFigures({
  dataset,
  versions,
}: {
  dataset: Dataset
  versions: readonly DataVersion[]
}) {
  const latest = versions.find((version) => version.latest)
  return (
    <Figures
      items={[
        ['Version', dataset.latestVersion === null ? '–' : `v${dataset.latestVersion}`],
        ['Rows', latest?.rows === null || latest === undefined ? '–' : countText(latest.rows)],
        ['Size', latest === undefined ? '–' : bytesText(latest.sizeBytes)],
        ['Files', latest === undefined ? '–' : countText(latest.files)],
        ['Quarantined', countText(dataset.quarantined)],
        ['Event time', <code key="timestamp">{dataset.timestamp ?? '–'}</code>],
        ['Known at', <code key="known">{dataset.knownAt ?? dataset.timestamp ?? '–'}</code>],
      ]}
    />
  )
}

interface VersionsProps {
  dataset: string
  versions: readonly DataVersion[]
  isCut: boolean
}

function Versions({ dataset, versions, isCut }: VersionsProps) {
  const history = useHistory(dataset)
  const [text] = useUrlText('version')
  if (versions.length === 0) {
    return (
      <Empty
        icon="data"
        title="No version yet"
        commands={[`gyre data commit ${dataset} -m "First version"`]}
      />
    )
  }
  const marks = history.data?.items ?? []
  const chosen =
    versions.find(({ version }) => String(version) === text) ??
    versions.find(({ latest }) => latest) ??
    versions[0]
  const rank = chosen === undefined ? -1 : versions.indexOf(chosen)
  return (
    <>
      <Section
        title="History"
        hint={`${isCut ? 'The newest 200 versions. ' : ''}Arrow keys choose, Enter opens`}
        flush
      >
        <VersionTimeline
          dataset={dataset}
          versions={versions}
          marks={marks}
          chosen={chosen?.version}
        />
      </Section>
      {chosen === undefined ? null : (
        <ChosenVersion
          version={chosen}
          mark={marks.find(({ version }) => version === chosen.version)}
          before={versions[rank + 1]}
        />
      )}
      <Section title="Versions" flush>
        <VersionTable dataset={dataset} versions={versions} />
      </Section>
    </>
  )
}

function VersionTable({ dataset, versions }: Omit<VersionsProps, 'isCut'>) {
  return (
    <DataTable
      label="Versions"
      rows={versions}
      rowKey={({ version }) => String(version)}
      rowTo={({ version }) => places.dataVersion(dataset, version)}
      rowMark={({ state }) => (state === 'quarantined' ? 'bad' : undefined)}
      columns={[
        { id: 'version', header: 'Version', cell: ({ version }) => `v${version}` },
        { id: 'state', header: 'State', cell: StateCell },
        { id: 'summary', header: 'What changed', prose: true, cell: ({ summary }) => summary },
        {
          id: 'rows',
          header: 'Rows',
          align: 'end',
          cell: ({ rows }) => (rows === null ? '–' : countText(rows)),
        },
        {
          id: 'size',
          header: 'Size',
          secondary: true,
          align: 'end',
          cell: ({ sizeBytes }) => bytesText(sizeBytes),
        },
        {
          id: 'verdict',
          header: 'Expectations',
          cell: (version) => <VerdictMark version={version} />,
        },
        { id: 'at', header: 'Committed', cell: ({ createdAt }) => <Instant at={createdAt} /> },
      ]}
    />
  )
}

function StateCell({ state, latest, released }: DataVersion) {
  if (released !== null) return <Status state="released" tone="warn" />
  return <Status state={state}>{latest ? 'latest' : state}</Status>
}
