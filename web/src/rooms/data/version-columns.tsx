import { DataTable } from '../../parts/data-table.tsx'
import { Empty } from '../../parts/empty.tsx'
import { compactText, countText, metricText, percentText } from '../../parts/number-text.ts'
import { Section } from '../../parts/section.tsx'
import { utcTimeText } from '../../parts/time-text.ts'
import { ColumnShape } from './column-shape.tsx'
import type { ColumnProfile, DataVersionDetail } from './data-reads.ts'

/** The profile of every column. */
export function VersionColumns({ version }: { version: DataVersionDetail }) {
  return (
    <Section title="Columns" hint={`${countText(version.profile.rows)} rows`} flush>
      <DataTable
        label="Columns"
        rows={version.profile.columns}
        rowKey={({ name }) => name}
        empty={
          <Empty icon="columns" title="No columns">
            None of the files is a table.
          </Empty>
        }
        columns={[
          { id: 'name', header: 'Column', cell: ({ name }) => <b>{name}</b> },
          { id: 'type', header: 'Type', cell: ({ type }) => type },
          {
            id: 'nulls',
            header: 'Missing',
            align: 'end',
            cell: ({ nulls, rows }) => percentText(rows === 0 ? 0 : nulls / rows),
          },
          {
            id: 'distinct',
            header: 'Distinct',
            align: 'end',
            cell: ({ distinct, rows }) => compactText(Math.min(distinct, rows)),
          },
          {
            id: 'least',
            header: 'Least',
            align: 'end',
            cell: (column) => valueText(column, column.minimum),
          },
          {
            id: 'most',
            header: 'Most',
            align: 'end',
            cell: (column) => valueText(column, column.maximum),
          },
          { id: 'mean', header: 'Mean', align: 'end', cell: meanOf },
          {
            id: 'shape',
            header: 'Distribution',
            width: '220px',
            cell: (column) => <ColumnShape column={column} />,
          },
        ]}
      />
    </Section>
  )
}

function valueText({ type }: ColumnProfile, value: ColumnProfile['minimum']) {
  if (value === null) return <span className="faint">–</span>
  if (typeof value === 'number')
    return type === 'timestamp' ? utcTimeText(value) : metricText(value)
  return String(value)
}

function meanOf({ mean, standardDeviation, type }: ColumnProfile) {
  if (mean === null || type === 'timestamp') return <span className="faint">–</span>
  return `${metricText(mean)} ± ${metricText(standardDeviation)}`
}
