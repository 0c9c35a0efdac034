import { Digest } from '../../parts/copyable.tsx'
import { DownloadLink } from '../../parts/download-link.tsx'
import { DataTable } from '../../parts/data-table.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { bytesText } from '../../parts/number-text.ts'
import { useProject } from '../../parts/project.tsx'
import { Section } from '../../parts/section.tsx'
import { type DataVersionDetail, useFiles } from './data-reads.ts'

/** Every file by its path and digest. */
export function VersionFiles({ version }: { version: DataVersionDetail }) {
  const project = useProject()
  const files = useFiles(version.dataset, String(version.version))
  return (
    <Section
      title="Files"
      hint={files.data?.nextPageToken === undefined ? undefined : 'The first 1,000'}
      flush
    >
      <Loaded query={files}>
        {({ items }) => (
          <DataTable
            label="Files"
            rows={items}
            rowKey={({ path }) => path}
            columns={[
              { id: 'path', header: 'Path', cell: ({ path }) => <code>{path}</code> },
              {
                id: 'size',
                header: 'Size',
                align: 'end',
                cell: ({ sizeBytes }) => bytesText(sizeBytes),
              },
              { id: 'sha256', header: 'sha256', cell: ({ sha256 }) => <Digest value={sha256} /> },
              { id: 'md5', header: 'md5', cell: ({ md5 }) => <Digest value={md5} length={8} /> },
              {
                id: 'get',
                header: <span className="visually-hidden">Download</span>,
                align: 'end',
                cell: ({ path }) => (
                  <DownloadLink
                    address={contentAddress(project, version, path)}
                    name={fileName(path)}
                  />
                ),
              },
            ]}
          />
        )}
      </Loaded>
    </Section>
  )
}

function contentAddress(project: string, version: DataVersionDetail, path: string): string {
  const place = [project, 'datasets', version.dataset, 'versions', String(version.version)]
  return `/api/v1/projects/${place.map(encodeURIComponent).join('/')}/content?path=${encodeURIComponent(path)}`
}

function fileName(path: string): string {
  return path.split('/').at(-1) ?? path
}
