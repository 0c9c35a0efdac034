import { DataTable } from '../../parts/data-table.tsx'
import { Empty } from '../../parts/empty.tsx'
import { Failure } from '../../parts/failure.tsx'
import { Figures } from '../../parts/key-values.tsx'
import { bytesText, countText, signedText } from '../../parts/number-text.ts'
import { Section } from '../../parts/section.tsx'
import { Status } from '../../parts/status.tsx'
import { ColumnChanges } from './column-changes.tsx'
import type { ChangeReport, DataVersionDetail } from './data-reads.ts'

/** This version beside the one before it. */
export function VersionChanges({ version }: { version: DataVersionDetail }) {
  const { changes } = version
  return (
    <>
      {version.state === 'quarantined' ? <Quarantine version={version} /> : null}
      <Section
        title={changes.from === null ? 'First version' : `Compared with v${changes.from}`}
        hint={changes.sentence}
      >
        <ChangeFigures changes={changes} />
      </Section>
      {changes.schema.length === 0 ? null : <SchemaSection changes={changes} />}
      <ColumnChanges version={version} />
      {changes.files.changes.length === 0 ? null : <FileSection changes={changes} />}
    </>
  )
}

function Quarantine({ version }: { version: DataVersionDetail }) {
  const failed = version.verdict?.results.filter(({ success }) => !success) ?? []
  const told = failed.map(({ sentence }) => sentence).join(' ')
  return (
    <Failure
      error={
        new Error(
          `This version is in quarantine: nothing is trained on it or served from it. ${told} ` +
            'Mend the batch and commit again, or let it through with a reason.',
        )
      }
    />
  )
}

function ChangeFigures({ changes }: { changes: ChangeReport }) {
  const grown = (changes.rows ?? 0) - (changes.rowsBefore ?? 0)
  return (
    <Figures
      items={[
        ['Rows', changes.rows === null ? '–' : countText(changes.rows)],
        ['Difference', changes.rows === null ? '–' : signedText(grown)],
        ['Rows arrived', changes.rowsArrived === null ? '–' : countText(changes.rowsArrived)],
        ['New bytes', bytesText(changes.bytesNew)],
        ['Files added', countText(changes.files.added)],
        ['Modified', countText(changes.files.modified)],
        ['Removed', countText(changes.files.removed)],
        ['Unchanged', countText(changes.files.unchanged)],
      ]}
    />
  )
}

function SchemaSection({ changes }: { changes: ChangeReport }) {
  return (
    <Section title="Schema" flush>
      <DataTable
        label="Changes of the schema"
        rows={changes.schema}
        rowKey={({ column }) => column}
        empty={<Empty title="The schema is the same" />}
        columns={[
          { id: 'column', header: 'Column', cell: ({ column }) => column },
          { id: 'change', header: 'Change', cell: ({ change }) => change },
          { id: 'from', header: 'From', cell: ({ from }) => from ?? '–' },
          { id: 'to', header: 'To', cell: ({ to }) => to ?? '–' },
          {
            id: 'breaking',
            header: 'Readers',
            cell: ({ breaking }) => (
              <Status state={breaking ? 'broken' : 'ok'} tone={breaking ? 'bad' : 'good'} plain>
                {breaking ? 'break' : 'go on'}
              </Status>
            ),
          },
        ]}
      />
    </Section>
  )
}

function FileSection({ changes }: { changes: ChangeReport }) {
  return (
    <Section title="Changed files" flush>
      <DataTable
        label="Changed files"
        rows={changes.files.changes}
        rowKey={({ path }) => path}
        columns={[
          { id: 'path', header: 'Path', cell: ({ path }) => <code>{path}</code> },
          { id: 'change', header: 'Change', cell: ({ change }) => change },
          {
            id: 'size',
            header: 'Size',
            align: 'end',
            cell: ({ sizeBytes }) => bytesText(sizeBytes),
          },
        ]}
      />
    </Section>
  )
}
