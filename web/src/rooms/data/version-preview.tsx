import { type Column, DataTable } from '../../parts/data-table.tsx'
import { Empty } from '../../parts/empty.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { Section } from '../../parts/section.tsx'
import { utcTimeText } from '../../parts/time-text.ts'
import { type DataVersionDetail, usePreview } from './data-reads.ts'

interface PreviewRow {
  cells: readonly (string | number | boolean | null)[]
  index: number
}

/** The first rows as they are. */
export function VersionPreview({ version }: { version: DataVersionDetail }) {
  const preview = usePreview(version.dataset, String(version.version))
  return (
    <Section title="First rows" flush>
      <Loaded query={preview}>
        {({ columns, rows }) => (
          <DataTable
            label="First rows"
            rows={rows.map((cells, index): PreviewRow => ({ cells, index }))}
            rowKey={({ index }) => String(index)}
            empty={<Empty icon="data" title="No rows" />}
            columns={columns.map((column, place): Column<PreviewRow> => ({
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
        )}
      </Loaded>
    </Section>
  )
}

function cellText(value: string | number | boolean | null | undefined, type: string) {
  if (value === null || value === undefined) return <span className="faint">null</span>
  if (type === 'timestamp' && typeof value === 'number') return utcTimeText(value)
  return String(value)
}
