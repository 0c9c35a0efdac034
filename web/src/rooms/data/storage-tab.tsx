import { DataTable } from '../../parts/data-table.tsx'
import { Empty } from '../../parts/empty.tsx'
import { Figures } from '../../parts/key-values.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { bytesText, counted, countText, percentText } from '../../parts/number-text.ts'
import { places } from '../../parts/places.ts'
import { useMay } from '../../parts/rights.ts'
import { Section } from '../../parts/section.tsx'
import { GarbageSection } from './garbage-section.tsx'
import { type ProjectUsage, useUsage } from './storage-reads.ts'
import { StoreSection } from './store-section.tsx'

/** What data takes, and what of it could be freed. */
export function StorageTab() {
  const usage = useUsage()
  const keepsStore = useMay('admin', 'everywhere')
  return (
    <>
      <Section title="In this project" hint="What versions share is counted once">
        <Loaded query={usage}>{(data) => <UsageFigures usage={data} />}</Loaded>
      </Section>
      <Section title="By data set" flush>
        <Loaded query={usage}>{(data) => <UsageTable usage={data} />}</Loaded>
      </Section>
      {keepsStore ? (
        <>
          <StoreSection />
          <GarbageSection />
        </>
      ) : (
        <p className="quiet">
          The store of all projects, its garbage and its damage are shown to admins of every
          project.
        </p>
      )}
    </>
  )
}

function UsageFigures({ usage }: { usage: ProjectUsage }) {
  const addedUp = usage.datasets.reduce((sum, { versionBytes }) => sum + versionBytes, 0)
  const shared = addedUp - usage.content.sizeBytes
  return (
    <Figures
      items={[
        ['Files of data sets', bytesText(usage.content.sizeBytes)],
        ['Different files', countText(usage.content.blobs)],
        ['Versions added up', bytesText(addedUp)],
        [
          'Shared',
          addedUp === 0 ? '–' : `${bytesText(shared)} (${percentText(shared / addedUp, 0)})`,
        ],
        ['DVC remotes', bytesText(usage.remotes.sizeBytes)],
        ['Ever uploaded', bytesText(usage.uploads.sizeBytes)],
      ]}
    />
  )
}

function UsageTable({ usage }: { usage: ProjectUsage }) {
  const rows = usage.datasets.toSorted((a, b) => b.content.sizeBytes - a.content.sizeBytes)
  return (
    <DataTable
      label="What data sets take"
      rows={rows}
      rowKey={({ dataset }) => dataset}
      rowTo={({ dataset }) => `${places.dataset(dataset)}?tab=keeping`}
      empty={
        <Empty
          icon="data"
          title="No data sets yet"
          commands={['gyre data add data/flights', 'gyre data commit flights -m "First week"']}
        >
          As soon as a version is committed, what it takes stands here.
        </Empty>
      }
      columns={[
        { id: 'name', header: 'Data set', cell: ({ dataset }) => dataset },
        {
          id: 'versions',
          header: 'Versions',
          align: 'end',
          cell: ({ versions, expired }) =>
            expired === 0 ? countText(versions) : `${countText(versions)}, ${expired} given up`,
        },
        {
          id: 'sum',
          header: 'Added up',
          align: 'end',
          secondary: true,
          cell: ({ versionBytes }) => bytesText(versionBytes),
        },
        {
          id: 'once',
          header: 'Each file once',
          align: 'end',
          cell: ({ content }) => bytesText(content.sizeBytes),
        },
        {
          id: 'shared',
          header: 'Shared between versions',
          align: 'end',
          secondary: true,
          cell: ({ versionBytes, content }) =>
            versionBytes === 0 ? '–' : percentText(1 - content.sizeBytes / versionBytes, 0),
        },
        {
          id: 'own',
          header: 'Only in this data set',
          align: 'end',
          cell: ({ own }) => `${bytesText(own.sizeBytes)} in ${counted(own.blobs, 'file')}`,
        },
      ]}
    />
  )
}
