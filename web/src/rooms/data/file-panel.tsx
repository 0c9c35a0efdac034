import { SegmentedControl } from '@mantine/core'
import { Anchor } from '../../parts/anchor.tsx'
import { DownloadLink } from '../../parts/download-link.tsx'
import { fileKindOf } from '../../parts/file-kind.ts'
import { FileView } from '../../parts/file-view.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { countText } from '../../parts/number-text.ts'
import { useProject } from '../../parts/project.tsx'
import { Section } from '../../parts/section.tsx'
import { useUrlText, useUrlWith } from '../../parts/url-state.ts'
import { contentAddress } from './content-address.ts'
import type { DataVersionDetail } from './data-reads.ts'
import { useFileProfile } from './folder-reads.ts'
import { ColumnTable } from './version-columns.tsx'

const looks = [
  { value: 'rows', label: 'First rows' },
  { value: 'columns', label: 'Columns' },
]

/** A look into one file of a version. */
export function FilePanel({ version, path }: { version: DataVersionDetail; path: string }) {
  const project = useProject()
  const withTexts = useUrlWith()
  const [look, setLook] = useUrlText('look', 'rows')
  const name = path.split('/').at(-1) ?? path
  const isTable = fileKindOf(path) === 'table' || /\.json$/i.test(path)
  return (
    <Section
      title={name}
      actions={
        <span className="row">
          <DownloadLink address={contentAddress(project, version, path)} name={name} />
          <Anchor to={withTexts({ file: '', look: '' })}>Close</Anchor>
        </span>
      }
      flush={fileKindOf(path) === 'table'}
    >
      <div className="stack-tight">
        {isTable ? (
          <div style={fileKindOf(path) === 'table' ? { padding: '10px var(--pad) 0' } : undefined}>
            <SegmentedControl
              size="xs"
              aria-label="What to show of the file"
              data={looks}
              value={look}
              onChange={setLook}
            />
          </div>
        ) : null}
        {isTable && look === 'columns' ? (
          <FileColumns version={version} path={path} />
        ) : (
          <FileContent version={version} path={path} />
        )}
      </div>
    </Section>
  )
}

function FileContent({ version, path }: { version: DataVersionDetail; path: string }) {
  const project = useProject()
  const { dataset } = version
  const params = { project, dataset, version: String(version.version) }
  return (
    <FileView
      path={path}
      reads={{
        key: ['data', project, dataset, version.version, path],
        watch: [],
        content: (client) => client.data.downloadFile({ params, query: { path } }),
        table: (client) => client.data.previewVersion({ params, query: { path, limit: 100 } }),
      }}
    />
  )
}

function FileColumns({ version, path }: { version: DataVersionDetail; path: string }) {
  const profile = useFileProfile(version.dataset, String(version.version), path)
  return (
    <Loaded query={profile}>
      {({ rows, columns }) => (
        <>
          <p className="quiet" style={{ padding: '0 var(--pad)' }}>
            {countText(rows)} rows
          </p>
          <ColumnTable columns={columns} />
        </>
      )}
    </Loaded>
  )
}
