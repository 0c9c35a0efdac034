import { DataTable } from '../../parts/data-table.tsx'
import { HistogramPair } from '../../parts/histogram-pair.tsx'
import { metricText, percentText } from '../../parts/number-text.ts'
import { Section } from '../../parts/section.tsx'
import css from './column-changes.module.css'
import { type ColumnChange, type DataVersionDetail, useVersion } from './data-reads.ts'
import { histogramBars } from './profile-bars.ts'

/** How each column's values moved, largest first, with both distributions. */
export function ColumnChanges({ version }: { version: DataVersionDetail }) {
  const { changes, dataset, profile } = version
  const before = useVersion(dataset, String(changes.from), changes.from !== null)
  if (changes.from === null || changes.columns.length === 0) return null
  const rows = changes.columns.toSorted((a, b) => sizeOf(b) - sizeOf(a))
  const profileOf = (name: string) => profile.columns.find((column) => column.name === name)
  const profileBefore = (name: string) =>
    before.data?.profile.columns.find((column) => column.name === name)
  return (
    <Section
      title="Columns"
      hint="Jensen-Shannon distance: 0 is the same distribution, 1 is nothing in common"
      flush
    >
      <DataTable
        label="Changes of columns"
        rows={rows}
        rowKey={({ name }) => name}
        columns={[
          { id: 'name', header: 'Column', cell: ({ name }) => name },
          {
            id: 'arrived',
            header: 'New rows differ by',
            cell: (row) => <DistanceBar value={row.arrivedDistance} />,
          },
          { id: 'all', header: 'All rows', align: 'end', cell: (row) => metricText(row.distance) },
          { id: 'nulls', header: 'Missing', align: 'end', cell: nullsOf },
          {
            id: 'mean',
            header: 'Mean',
            align: 'end',
            cell: (row) => meanOf(row, profileOf(row.name)?.type),
          },
          {
            id: 'histogram',
            header: `v${changes.from} and v${version.version}`,
            width: '200px',
            cell: ({ name }) => (
              <HistogramPair
                label={`${name} in both versions`}
                names={[`v${changes.from}`, `v${version.version}`]}
                bars={histogramBars(profileBefore(name), profileOf(name))}
                height={30}
                axis={false}
              />
            ),
          },
        ]}
      />
    </Section>
  )
}

function sizeOf({ arrivedDistance, distance }: ColumnChange): number {
  return arrivedDistance ?? distance ?? 0
}

export function DistanceBar({ value }: { value: number | null }) {
  if (value === null) return <span className="faint">–</span>
  return (
    <span className={css['distance']}>
      <i>
        <b style={{ width: `${Math.min(1, value) * 100}%` }} />
      </i>
      {metricText(value)}
    </span>
  )
}

function nullsOf({ nullRate, nullRateBefore }: ColumnChange) {
  if (nullRate === nullRateBefore) return percentText(nullRate)
  return `${percentText(nullRateBefore)} → ${percentText(nullRate)}`
}

function meanOf({ mean, meanBefore }: ColumnChange, type: string | undefined) {
  if (mean === null || type === 'timestamp') return <span className="faint">–</span>
  return `${metricText(meanBefore)} → ${metricText(mean)}`
}
