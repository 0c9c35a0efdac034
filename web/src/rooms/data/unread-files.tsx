import { DataTable } from '../../parts/data-table.tsx'
import { counted } from '../../parts/number-text.ts'
import { Section } from '../../parts/section.tsx'
import type { DataVersionDetail } from './data-reads.ts'

const mostShown = 100

/** Files that are versioned, and that nothing was measured of. */
export function UnreadFiles({ files }: { files: DataVersionDetail['profile']['unread'] }) {
  return (
    <Section
      title="Not measured"
      hint={`${counted(files.length, 'file')} of the version${files.length > mostShown ? `, the first ${mostShown}` : ''}`}
      flush
    >
      <DataTable
        label="Files that were not measured"
        rows={files.slice(0, mostShown)}
        rowKey={({ path }) => path}
        columns={[
          { id: 'path', header: 'File', cell: ({ path }) => <code>{path}</code> },
          { id: 'reason', header: 'Why', prose: true, cell: ({ reason }) => reason },
        ]}
      />
    </Section>
  )
}
