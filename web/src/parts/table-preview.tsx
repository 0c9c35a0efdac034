import { type Column, DataTable } from './data-table.tsx'
import { Empty } from './empty.tsx'
import { utcTimeText } from './time-text.ts'

type Cell = string | number | boolean | null

export interface Preview {
  columns: readonly { name: string; type: string; nativeType: string }[]
  rows: readonly (readonly Cell[])[]
}

interface PreviewRow {
  cells: readonly Cell[]
  index: number
}

/** Rows of a stored table as they are. */
export function TablePreview({ label, preview }: { label: string; preview: Preview }) {
  return (
    <DataTable
      label={label}
      rows={preview.rows.map((cells, index): PreviewRow => ({ cells, index }))}
      rowKey={({ index }) => String(index)}
      empty={<Empty icon="data" title="No rows" />}
      columns={preview.columns.map((column, place): Column<PreviewRow> => ({
        id: column.name,
        header: (
          <>
            {column.name} <span className="faint">{column.nativeType.toLowerCase()}</span>
          </>
        ),
        align: column.type === 'integer' || column.type === 'number' ? 'end' : 'start',
        cell: ({ cells }) => cellText(cells[place], column.type),
      }))}
    />
  )
}

function cellText(value: Cell | undefined, type: string) {
  if (value === null || value === undefined) return <span className="faint">null</span>
  if (type === 'timestamp' && typeof value === 'number') return utcTimeText(value)
  return String(value)
}
