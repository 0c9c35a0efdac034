import { Anchor } from '../../parts/anchor.tsx'
import { Digest } from '../../parts/copyable.tsx'
import { DownloadLink } from '../../parts/download-link.tsx'
import { DataTable } from '../../parts/data-table.tsx'
import { Empty } from '../../parts/empty.tsx'
import { Icon } from '../../parts/icon.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { bytesText } from '../../parts/number-text.ts'
import { useProject } from '../../parts/project.tsx'
import { Section } from '../../parts/section.tsx'
import { useUrlText, useUrlWith } from '../../parts/url-state.ts'
import { ArtifactPreview } from './artifact-preview.tsx'
import { type ArtifactEntry, useArtifacts } from './run-reads.ts'
import css from './run-artifacts.module.css'

/** The files that a run stored, folder by folder, with a look into the texts among them. */
export function RunArtifacts({ run }: { run: string }) {
  const [path] = useUrlText('path')
  const [file] = useUrlText('file')
  const artifacts = useArtifacts(run, path)
  return (
    <div className={file === '' ? 'stack' : 'columns'}>
      <Section title={<PathCrumbs path={path} />} flush>
        <Loaded query={artifacts}>{({ items }) => <FileTable run={run} entries={items} />}</Loaded>
      </Section>
      {file === '' ? null : <ArtifactPreview run={run} path={file} />}
    </div>
  )
}

function FileTable({ run, entries }: { run: string; entries: readonly ArtifactEntry[] }) {
  const withTexts = useUrlWith()
  const [file] = useUrlText('file')
  const project = useProject()
  return (
    <DataTable
      label="Artifacts"
      rows={entries}
      rowKey={({ path }) => path}
      rowTo={({ path, isDirectory }) =>
        withTexts(isDirectory ? { path, file: '' } : { file: path })
      }
      rowMark={({ path }) => (path === file ? 'chosen' : undefined)}
      empty={
        <Empty icon="file" title="No artifacts">
          Files that the run stores show here: models, plots, logs.
        </Empty>
      }
      columns={[
        { id: 'name', header: 'Name', cell: (entry) => <FileName entry={entry} /> },
        {
          id: 'size',
          header: 'Size',
          align: 'end',
          cell: ({ sizeBytes }) => (sizeBytes === null ? '' : bytesText(sizeBytes)),
        },
        {
          id: 'sha256',
          header: 'sha256',
          cell: ({ sha256 }) => (sha256 === null ? '' : <Digest value={sha256} length={10} />),
        },
        {
          id: 'get',
          header: <span className="visually-hidden">Download</span>,
          align: 'end',
          cell: (entry) =>
            entry.isDirectory ? null : (
              <DownloadLink
                address={contentAddress(project, run, entry.path)}
                name={fileName(entry.path)}
              />
            ),
        },
      ]}
    />
  )
}

function FileName({ entry }: { entry: ArtifactEntry }) {
  return (
    <span className={css['name']}>
      <Icon name={entry.isDirectory ? 'right' : 'file'} size={14} />
      {entry.path.split('/').at(-1)}
      {entry.isDirectory ? '/' : ''}
    </span>
  )
}

function PathCrumbs({ path }: { path: string }) {
  const withTexts = useUrlWith()
  const parts = path === '' ? [] : path.split('/')
  return (
    <span className={css['crumbs']}>
      <Anchor to={withTexts({ path: '', file: '' })}>Artifacts</Anchor>
      {parts.map((part, index) => (
        <span key={parts.slice(0, index + 1).join('/')}>
          {' / '}
          <Anchor to={withTexts({ path: parts.slice(0, index + 1).join('/'), file: '' })}>
            {part}
          </Anchor>
        </span>
      ))}
    </span>
  )
}

function contentAddress(project: string, run: string, path: string): string {
  const place = [project, 'runs', run].map(encodeURIComponent)
  return `/api/v1/projects/${place.join('/')}/artifacts/content?path=${encodeURIComponent(path)}`
}

function fileName(path: string): string {
  return path.split('/').at(-1) ?? path
}
