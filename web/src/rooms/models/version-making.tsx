import { Digest } from '../../parts/copyable.tsx'
import { DownloadLink } from '../../parts/download-link.tsx'
import { DataTable } from '../../parts/data-table.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { KeyValues } from '../../parts/key-values.tsx'
import { bytesText } from '../../parts/number-text.ts'
import { useProject } from '../../parts/project.tsx'
import { Section } from '../../parts/section.tsx'
import { SubjectLink } from '../../parts/subject-link.tsx'
import { VersionOrigin } from './version-origin.tsx'
import { type Licence, type ModelVersion, useLicence } from './model-reads.ts'

/** Data, features, code and options that made a version, and its files. */
export function VersionMaking({ version }: { version: ModelVersion }) {
  const project = useProject()
  const options = Object.entries(version.options).map(
    ([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)] as const,
  )
  return (
    <div className="columns">
      <div className="stack">
        <Section title="Made from">
          <KeyValues
            items={[
              ['Inputs', <SubjectStack key="inputs" subjects={version.inputs} />],
              [
                'Feature service',
                version.featureService === null ? (
                  '–'
                ) : (
                  <SubjectLink key="service" subject={version.featureService} />
                ),
              ],
              [
                'Git commit',
                version.gitCommit === null ? (
                  '–'
                ) : (
                  <Digest key="commit" value={version.gitCommit} />
                ),
              ],
              [
                'Run',
                version.run === null ? (
                  '–'
                ) : (
                  <SubjectLink key="run" subject={`run:${version.run}`} />
                ),
              ],
              ['Target', version.target ?? '–'],
            ]}
          />
        </Section>
        <Section title="Features" hint="In the order of the model’s input">
          <p>{version.features.join(', ')}</p>
        </Section>
        <Section
          title="Files"
          actions={
            <span className="row">
              {version.files.length === 0 ? null : (
                <DownloadLink
                  address={placeOf(project, version, 'archive')}
                  name={`${version.model}-v${version.version}.tar`}
                  text="All files"
                />
              )}
              <DownloadLink
                address={placeOf(project, version, 'export')}
                name={`${version.model}-v${version.version}.gyre-model.tar`}
                text="Export with lineage"
              />
            </span>
          }
          flush
        >
          <DataTable
            label="Files of the version"
            rows={version.files}
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
              {
                id: 'get',
                header: <span className="visually-hidden">Download</span>,
                cell: ({ path }) => (
                  <DownloadLink
                    address={fileAddress(project, version, path)}
                    name={fileName(path)}
                  />
                ),
              },
            ]}
          />
        </Section>
      </div>
      <div className="stack">
        <VersionOrigin version={version} />
        <LicenceSection version={version} />
        <Section title="Options">
          {options.length === 0 ? (
            <p className="quiet">It names no options.</p>
          ) : (
            <KeyValues items={options} />
          )}
        </Section>
      </div>
    </div>
  )
}

/** The licence, how it is known, and those of the libraries. */
function LicenceSection({ version }: { version: ModelVersion }) {
  const licence = useLicence(version.model, version.version)
  return (
    <Loaded query={licence}>
      {(data) => (
        <Section title="Licence" hint={sourceText(data)}>
          <div className="stack-tight">
            <p>{data.licence ?? <span className="quiet">not known</span>}</p>
            {data.libraries.length === 0 ? null : (
              <DataTable
                label="Libraries and their licences"
                rows={data.libraries}
                rowKey={({ name }) => name}
                columns={[
                  { id: 'name', header: 'Library', cell: ({ name }) => name },
                  { id: 'version', header: 'Version', cell: (library) => library.version },
                  {
                    id: 'licence',
                    header: 'Licence',
                    cell: (library) => library.licence ?? <span className="quiet">not known</span>,
                  },
                ]}
              />
            )}
          </div>
        </Section>
      )}
    </Loaded>
  )
}

function sourceText({ source, evidence }: Licence): string {
  if (source === null) return 'Declare it with gyre models licence'
  if (source === 'declared') return 'As it was declared'
  return source === 'tag' ? `As the tag ${evidence} says` : `As the file ${evidence} reads`
}

function SubjectStack({ subjects }: { subjects: readonly string[] }) {
  return (
    <ul>
      {subjects.map((subject) => (
        <li key={subject}>
          <SubjectLink subject={subject} />
        </li>
      ))}
    </ul>
  )
}

function fileAddress(project: string, version: ModelVersion, path: string): string {
  return `${placeOf(project, version, 'files')}?path=${encodeURIComponent(path)}`
}

function placeOf(project: string, { model, version }: ModelVersion, part: string): string {
  const place = [project, 'models', model, 'versions', String(version), part]
  return `/api/v1/projects/${place.map(encodeURIComponent).join('/')}`
}

function fileName(path: string): string {
  return path.split('/').at(-1) ?? path
}
