import { DataTable } from '../../parts/data-table.tsx'
import { Empty } from '../../parts/empty.tsx'
import { Instant } from '../../parts/instant.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { countText } from '../../parts/number-text.ts'
import { Page } from '../../parts/page.tsx'
import { places } from '../../parts/places.ts'
import { Section } from '../../parts/section.tsx'
import { Sparkline } from '../../parts/sparkline.tsx'
import { Status } from '../../parts/status.tsx'
import { Tabs, useTab } from '../../parts/tabs.tsx'
import { type Dataset, useDatasets, useVersions } from './data-reads.ts'
import { RemotesTab } from './remotes-tab.tsx'
import { StorageTab } from './storage-tab.tsx'

const tabs = [
  { id: 'sets', label: 'Data sets' },
  { id: 'storage', label: 'Storage' },
  { id: 'remotes', label: 'DVC remotes' },
]

/** All data sets of the project, what they take, and the remotes that DVC pushes to. */
export function DataPage() {
  const tab = useTab(tabs)
  return (
    <Page title="Data" tabs={<Tabs tabs={tabs} label="Parts of the data room" />}>
      {tab === 'sets' ? <DatasetsSection /> : null}
      {tab === 'storage' ? <StorageTab /> : null}
      {tab === 'remotes' ? <RemotesTab /> : null}
    </Page>
  )
}

function DatasetsSection() {
  const datasets = useDatasets()
  return (
    <Section title="Data sets" hint="Every version is immutable and says what changed" flush>
      <Loaded query={datasets}>
        {({ items }) => (
          <DataTable
            label="Data sets"
            rows={items}
            rowKey={({ name }) => name}
            rowTo={({ name }) => places.dataset(name)}
            empty={<NoData />}
            columns={[
              { id: 'name', header: 'Name', cell: ({ name }) => name },
              {
                id: 'latest',
                header: 'Latest',
                align: 'end',
                cell: ({ latestVersion }) => (latestVersion === null ? '–' : `v${latestVersion}`),
              },
              {
                id: 'versions',
                header: 'Versions',
                align: 'end',
                cell: ({ versions }) => countText(versions),
              },
              { id: 'rows', header: 'Rows', cell: (set) => <RowHistory dataset={set} /> },
              {
                id: 'checks',
                header: 'Expectations',
                align: 'end',
                cell: (set) => set.expectations.length,
              },
              { id: 'quarantine', header: 'Quarantine', cell: QuarantineCell },
              {
                id: 'updated',
                header: 'Changed',
                cell: ({ updatedAt }) => <Instant at={updatedAt} />,
              },
            ]}
          />
        )}
      </Loaded>
    </Section>
  )
}

function RowHistory({ dataset }: { dataset: Dataset }) {
  const versions = useVersions(dataset.name, 60)
  const rows = (versions.data?.items ?? [])
    .filter(({ state }) => state === 'committed')
    .flatMap(({ rows: count }) => count ?? [])
  return (
    <span className="row">
      <Sparkline label={`Rows of ${dataset.name} by version`} values={rows.toReversed()} />
      <span>{rows[0] === undefined ? '' : countText(rows[0])}</span>
    </span>
  )
}

function QuarantineCell({ quarantined }: Dataset) {
  if (quarantined === 0) return <Status state="clean" tone="good" plain />
  return <Status state="quarantined">{quarantined} quarantined</Status>
}

function NoData() {
  return (
    <Empty
      icon="data"
      title="No data sets yet"
      commands={['gyre data add data/flights', 'gyre data commit flights -m "First week"']}
    >
      A data set is a file or a folder of your repository. Add it, then commit its first version.
    </Empty>
  )
}
