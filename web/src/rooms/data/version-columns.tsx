import { DataTable } from '../../parts/data-table.tsx'
import { Empty } from '../../parts/empty.tsx'
import { compactText, counted, countText, percentText } from '../../parts/number-text.ts'
import { Section } from '../../parts/section.tsx'
import { useUrlText, useUrlWith } from '../../parts/url-state.ts'
import { ColumnDetails } from './column-details.tsx'
import { ColumnShape } from './column-shape.tsx'
import { meanText, valueText } from './column-text.ts'
import type { ColumnProfile, DataVersionDetail } from './data-reads.ts'
import { UnreadFiles } from './unread-files.tsx'

/** The profile of every column; one of them closer. */
export function VersionColumns({ version }: { version: DataVersionDetail }) {
  const { rows, columns, unread } = version.profile
  const [name] = useUrlText('column')
  const chosen = columns.find((column) => column.name === name)
  return (
    <>
      {chosen === undefined ? null : <ColumnDetails key={name} column={chosen} />}
      <Section title="Columns" hint={`${counted(rows, 'row')}; choose one to look closer`} flush>
        <ColumnTable columns={columns} chosen={name} canChoose />
      </Section>
      {unread.length === 0 ? null : <UnreadFiles files={unread} />}
    </>
  )
}

interface ColumnTableProps {
  columns: readonly ColumnProfile[]
  chosen?: string
  canChoose?: boolean
}

export function ColumnTable({ columns, chosen, canChoose = false }: ColumnTableProps) {
  const withTexts = useUrlWith()
  return (
    <DataTable
      label="Columns"
      rows={columns}
      rowKey={({ name }) => name}
      {...(canChoose
        ? {
            rowTo: ({ name }: ColumnProfile) => withTexts({ column: name }),
            rowMark: ({ name }: ColumnProfile) => (name === chosen ? 'chosen' : undefined),
          }
        : {})}
      empty={
        <Empty icon="columns" title="No columns">
          None of the files is a table. Parquet, CSV and JSON have their columns measured when they
          are committed.
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
        { id: 'median', header: 'Median', align: 'end', secondary: true, cell: medianOf },
        {
          id: 'most',
          header: 'Most',
          align: 'end',
          cell: (column) => valueText(column, column.maximum),
        },
        { id: 'mean', header: 'Mean', align: 'end', cell: meanText },
        { id: 'top', header: 'Most frequent', secondary: true, cell: topOf },
        {
          id: 'shape',
          header: 'Distribution',
          width: '180px',
          cell: (column) => <ColumnShape column={column} />,
        },
      ]}
    />
  )
}

function medianOf(column: ColumnProfile) {
  const median = column.quantiles.find(({ probability }) => probability === 0.5)
  return valueText(column, median?.value ?? null)
}

function topOf({ top }: ColumnProfile) {
  const [first] = top
  return first === undefined ? '–' : `${String(first.value)} (${countText(first.count)})`
}
